/**
 * Decides whether a certificate is a given node's.
 *
 * A node is known by one subject alternative name of its certificate, compared as a whole and
 * exactly. The common name grants nothing: verifiers that fall back to it have been talked past
 * their own name constraints. Node.js gives the names as one line of text in which a hostile
 * certificate may try to smuggle a second name; it puts such an entry into quotes (CVE-2021-44532),
 * and here a quoted or otherwise odd entry is never equal to an identity and spoils the certificate
 * it is in.
 */
import type { X509Certificate } from "node:crypto";
import type { NodeId } from "../../core/mailbox-id.ts";

export type IdentityVerdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: string };

/** One entry of the list: its kind, then either a quoted text or one without quotes and commas. */
const entryPattern = /([A-Za-z0-9 ]+):("(?:[^"\\]|\\.)*"|[^,"]*)(?:, |$)/y;
/** What an entry may consist of where it names a node: visible ASCII without quotes, `,` or `\`. */
const plainName = /^(?:URI|DNS):[!#-&(-+\--[\]-~]+$/;
const unreadable = "unreadable:";
const maxNamesShown = 4;
const maxNameShown = 100;

/**
 * The subject alternative names of a certificate, each as `URI:…`, `DNS:…` or `IP Address:…`. What
 * cannot be read ends the list as `unreadable:…`.
 */
export function subjectAlternativeNames(cert: X509Certificate): readonly string[] {
  const text = cert.subjectAltName ?? "";
  const names: string[] = [];
  for (let at = 0; at < text.length; ) {
    entryPattern.lastIndex = at;
    const [entry, kind, value] = entryPattern.exec(text) ?? [];
    const plain = value === undefined ? undefined : unquote(value);
    if (entry === undefined || plain === undefined) {
      names.push(unreadable + text.slice(at));
      break;
    }
    names.push(`${kind}:${plain}`);
    at += entry.length;
  }
  return names;
}

/**
 * Whether the certificate names exactly `identity`, which is `URI:…` or `DNS:…`. It says nothing of
 * who signed the certificate or until when it holds; that is verified before.
 */
export function hasIdentity(cert: X509Certificate, identity: string): IdentityVerdict {
  const names = soundNames(cert);
  if ("reason" in names) return { ok: false, reason: names.reason };
  if (names.includes(identity)) return { ok: true };
  return { ok: false, reason: `the certificate is for ${listed(names)}, not for ${identity}` };
}

/** Which one of the nodes the certificate is for: it must name exactly one of them. */
export function nodeOf(
  cert: X509Certificate,
  nodes: ReadonlyMap<NodeId, { readonly identity: string }>,
): { readonly peer: NodeId } | { readonly reason: string } {
  const names = soundNames(cert);
  if ("reason" in names) return names;
  const found = [...nodes].filter(([, { identity }]) => names.includes(identity));
  const [peer, ...more] = found.map(([nodeId]) => nodeId);
  if (peer === undefined) {
    return { reason: `the certificate is for ${listed(names)}, which is no node of this cluster` };
  }
  if (more.length === 0) return { peer };
  return { reason: `the certificate is for several nodes at once: ${listed([peer, ...more])}` };
}

/** The names, if the certificate may name anybody at all. */
function soundNames(cert: X509Certificate): readonly string[] | { readonly reason: string } {
  const names = subjectAlternativeNames(cert);
  const reason = names.length === 0 ? withoutNames(cert) : oddity(names);
  return reason === undefined ? names : { reason };
}

/** The names for a message: a few of them, in one line. */
function listed(names: readonly string[]): string {
  const shown = names.slice(0, maxNamesShown).map(printable);
  if (names.length > maxNamesShown) shown.push(`${names.length - maxNamesShown} more`);
  return shown.join(" and ");
}

/** What a stranger wrote, cut and without characters that could pass for something else. */
function printable(text: string): string {
  const cut = text.length > maxNameShown ? `${text.slice(0, maxNameShown)}...` : text;
  return /^[ -~]+$/.test(cut) ? cut : JSON.stringify(cut).replace(/[^ -~]/g, "?");
}

/** Why a certificate may name nobody, whatever else it says. */
function oddity(names: readonly string[]): string | undefined {
  const odd = names.find(
    (name) => name.startsWith(unreadable) || (/^(?:URI|DNS):/.test(name) && !plainName.test(name)),
  );
  if (odd !== undefined) {
    const where = "the certificate has a subject alternative name with characters that no name has";
    return `${where}: ${printable(odd)}`;
  }
  const nodes = names.filter((name) => /^URI:reign:/i.test(name));
  if (nodes.length > 1) {
    return `the certificate is for several nodes at once: ${listed(nodes)}`;
  }
  return undefined;
}

function withoutNames(cert: X509Certificate): string {
  const none = "the certificate has no subject alternative name";
  const commonName = /^CN=(.*)$/m.exec(cert.subject)?.[1];
  if (commonName === undefined) return none;
  return (
    `${none}, only the common name "${printable(commonName)}", which is not read. ` +
    'It is of the old form: remove it and its key, and have "reign init" make new ones'
  );
}

/** Takes off the quotes that Node.js puts around what is not plain; undefined if it cannot be. */
function unquote(value: string): string | undefined {
  if (!value.startsWith('"')) return value;
  try {
    const text: unknown = JSON.parse(value);
    return typeof text === "string" ? text : undefined;
  } catch {
    return undefined;
  }
}
