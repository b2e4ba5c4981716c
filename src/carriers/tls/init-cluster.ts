/**
 * Makes what a first cluster needs, in one folder: an authority, a certificate and key for each
 * node, and a spec that finds them all on this machine.
 *
 * What is there already is used and never overwritten, so that running it again adds what is
 * missing, as for a further node that has been added to the spec. Everything found is examined
 * before anything is made, so that a folder in disorder is left as it was. The file names are those
 * of the Go tool.
 *
 * With `renew` the certificates of nodes are made anew, with new keys: those that cannot be used as
 * they are, say because they have ended or have their identity in the common name, and the others
 * too. The files before stay beside the new ones, with `.old` at the end of their names.
 *
 * Private keys are created readable by their owner alone; they are at no moment anything else.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { ReignError } from "../../core/errors.ts";
import { checkBoolean, checkWhole } from "../../core/option-values.ts";
import {
  type CertificateAuthority,
  checkAuthorityOptions,
  checkText,
  createCertificateAuthority,
  openCertificateAuthority,
} from "./certificate-authority.ts";
import { checkChain, checkClusterCertificates } from "./certificate-chain.ts";
import {
  checkDates,
  checkKeyKind,
  checkKeyMatches,
  invalidCertificate,
  parseCertificates,
  parsePrivateKey,
  type SourcedCertificate,
} from "./certificate-checks.ts";
import { createFile, readFileIfThere } from "./certificate-files.ts";
import { defaultIdentity } from "./default-identity.ts";
import { hasIdentity, subjectAlternativeNames } from "./identity.ts";
import { type KeyPairFiles, replacePair } from "./replace-pair.ts";

/** What `initCluster` is to make. Everything has a default. */
export interface InitOptions {
  /**
   * How many nodes: certificates are made for 1 to this number. 1 to 255. Default: the highest id
   * in the `cluster.json` that is there, else 2.
   */
  readonly nodes?: number;
  /** Shown in the certificates, and of no other effect. Default `reign_user`. */
  readonly organization?: string;
  /** How long new certificates are valid; never beyond their authority. 1 to 36500; default 365. */
  readonly days?: number;
  /** Where the files are; made if it is not there. Default: the current folder. */
  readonly dir?: string;
  /** The name of the cluster: `[a-z0-9-]{1,63}`, default `reign`. */
  readonly cluster?: string;
  /**
   * Make the nodes' certificates and keys anew where they are there already. The authority stays,
   * and has to be there for it. Default false.
   */
  readonly renew?: boolean;
}

/** What `initCluster` has made. */
export interface InitResult {
  /** The files that were made, in that order. */
  readonly made: readonly string[];
  /** The files that were there and are used as they are. */
  readonly kept: readonly string[];
  /** The spec, to be given to `createFromSpecFile`. Among the others too. */
  readonly specFile: string;
  /** For how many nodes that is. */
  readonly nodes: number;
}

interface FoundPair {
  readonly keyPem: string;
  readonly certPem: string;
  readonly certificates: readonly SourcedCertificate[];
}

/** As much of a spec that is there as decides whether it can stay. */
interface FoundSpec {
  readonly cluster?: unknown;
  readonly nodes?: unknown;
}

type Settings = Required<InitOptions>;

const firstPort = 20_000;
const nodesByDefault = 2;
const mostNodes = 255;

/**
 * Makes certificates for a cluster of `nodes` nodes, and its `cluster.json`.
 *
 * Existing files are used, but for those of nodes under `renew`: an authority to issue from, and
 * certificates that it issued. A `cluster.json` is kept if it is for the same cluster and names all
 * the nodes.
 *
 * Throws a `TypeError` or `RangeError` that names the option at fault. Rejects with
 * `REIGN_INVALID_CERTIFICATE` when a file that is there cannot be used or its partner is missing,
 * and with `REIGN_INVALID_SPEC` when the `cluster.json` that is there is for something else;
 * nothing has been made then. Rejects with the system's error when a file cannot be written; what
 * was made before it stays, and the next run goes on from there.
 */
export function initCluster(options: InitOptions = {}): Promise<InitResult> {
  const {
    nodes,
    organization = "reign_user",
    days = 365,
    dir = ".",
    cluster = "reign",
    renew = false,
  } = options;
  const settings = { organization, days, dir, cluster, renew };
  if (nodes !== undefined) checkWhole("nodes", nodes, 1, mostNodes);
  checkText("dir", dir);
  checkAuthorityOptions(settings);
  checkBoolean("renew", renew);
  return makeFiles(settings, nodes);
}

async function makeFiles(
  given: Omit<Settings, "nodes">,
  nodesGiven: number | undefined,
): Promise<InitResult> {
  const { dir } = given;
  const specFile = join(dir, "cluster.json");
  await mkdir(dir, { recursive: true });
  const nodes = nodesGiven ?? (await countNodes(specFile));
  const settings: Settings = { ...given, nodes };

  const foundAuthority = await findAuthority(settings);
  const usable = new Set<number>();
  for (let node = 1; node <= nodes; node++) {
    if (await findNode(settings, node, foundAuthority)) usable.add(node);
  }
  const foundSpec = await findSpec(settings, specFile);

  const made: string[] = [];
  const kept: string[] = [];
  const authority = await takeUpAuthority(settings, foundAuthority, made, kept);
  for (let node = 1; node <= nodes; node++) {
    const files = nodeFiles(dir, node);
    if (usable.has(node)) kept.push(files.keyFile, files.certFile);
    else if (settings.renew) made.push(...(await replacePair(files, await authority.issue(node))));
    else await writePair(files, await authority.issue(node), made);
  }
  if (foundSpec) {
    kept.push(specFile);
  } else {
    await createFile(specFile, specText(settings), 0o644);
    made.push(specFile);
  }
  return { made, kept, specFile, nodes };
}

/** The highest id of the spec that is there, of those that are the numbers of files. */
async function countNodes(specFile: string): Promise<number> {
  const text = await readFileIfThere(specFile);
  const ids = text === undefined ? [] : namedNodes(parseObject(text, specFile).nodes);
  const numbers = ids.map(Number).filter((id) => Number.isInteger(id) && id >= 1);
  return numbers.length === 0 ? nodesByDefault : Math.min(mostNodes, Math.max(...numbers));
}

async function takeUpAuthority(
  settings: Settings,
  found: FoundPair | undefined,
  made: string[],
  kept: string[],
): Promise<CertificateAuthority> {
  const files = authorityFiles(settings.dir);
  if (found !== undefined) {
    kept.push(files.keyFile, files.certFile);
    return openCertificateAuthority(settings, found, files.certFile);
  }
  const authority = await createCertificateAuthority(settings);
  await writePair(files, authority, made);
  return authority;
}

/** The key first: a certificate without its key is of no use to anybody. */
async function writePair(
  { keyFile, certFile }: KeyPairFiles,
  { keyPem, certPem }: { readonly keyPem: string; readonly certPem: string },
  made: string[],
): Promise<void> {
  await createFile(keyFile, keyPem, 0o600);
  made.push(keyFile);
  await createFile(certFile, certPem, 0o644);
  made.push(certFile);
}

async function findAuthority({ dir }: Settings): Promise<FoundPair | undefined> {
  const files = authorityFiles(dir);
  const remedy = "begin in an empty folder, since everything it issued has to be made anew.";
  const found = await findPair(files, "the authority", remedy);
  if (found === undefined) return undefined;
  checkClusterCertificates(
    found.certificates,
    Date.now(),
    "Everything it issued has to be made anew: begin in an empty folder.",
  );
  return found;
}

/** Whether the node has a certificate that stays: one that this run would have made. */
async function findNode(
  { dir, cluster, renew }: Settings,
  node: number,
  authority: FoundPair | undefined,
): Promise<boolean> {
  const { keyFile, certFile } = nodeFiles(dir, node);
  if (renew && authority !== undefined) return false;
  const files = { keyFile, certFile };
  const renewed = "have both made anew with `reign init --renew`.";
  const found = await findPair(files, `node ${node}`, renewed);
  const [leaf, ...intermediates] = found?.certificates ?? [];
  if (leaf === undefined) return false;

  const remedy = "`reign init --renew` makes new ones, and keeps the old ones beside them.";
  if (authority === undefined) {
    const { certFile: authorityFile } = authorityFiles(dir);
    throw invalidCertificate(
      authorityFile,
      "missing",
      `${certFile} is there, but ${authorityFile}, which should have issued it, is not. Bring ` +
        "the authority's two files into the folder, or begin in an empty one.",
    );
  }
  checkIdentity(leaf, defaultIdentity(cluster, String(node)), remedy);
  checkKeyKind(leaf);
  checkDates(leaf, Date.now(), remedy);
  checkChain({ leaf, intermediates, roots: authority.certificates }, Date.now(), remedy);
  return true;
}

function checkIdentity(leaf: SourcedCertificate, identity: string, remedy: string): void {
  const verdict = hasIdentity(leaf.certificate, identity);
  if (verdict.ok) return;
  const oldForm = subjectAlternativeNames(leaf.certificate).length === 0;
  const found = oldForm ? "it has none, and the common name is not read" : verdict.reason;
  throw invalidCertificate(
    leaf.source,
    oldForm ? "old_form" : "wrong_identity",
    `Expected ${leaf.source} to carry the subject alternative name ${identity}, but ${found}. ` +
      remedy,
  );
}

/** Both files of a pair, or neither. One alone means that something got lost: better to ask. */
async function findPair(
  files: KeyPairFiles,
  owner: string,
  remedy: string,
): Promise<FoundPair | undefined> {
  const { keyFile, certFile } = files;
  const keyPem = await readFileIfThere(keyFile);
  const certPem = await readFileIfThere(certFile);
  if (keyPem === undefined && certPem === undefined) return undefined;
  if (keyPem === undefined || certPem === undefined) {
    const [missing, there] = keyPem === undefined ? [keyFile, certFile] : [certFile, keyFile];
    throw invalidCertificate(
      missing,
      "missing",
      `${there} of ${owner} is there, but ${missing} is not. Bring the missing file back, or ` +
        remedy,
    );
  }
  const certificates = parseCertificates(certPem, certFile);
  const [leaf] = certificates;
  if (leaf !== undefined) checkKeyMatches(leaf, parsePrivateKey(keyPem, keyFile), keyFile);
  return { keyPem, certPem, certificates };
}

/** Whether there is a spec, which is then one for this cluster with all the nodes asked for. */
async function findSpec(settings: Settings, specFile: string): Promise<boolean> {
  const text = await readFileIfThere(specFile);
  if (text === undefined) return false;
  const spec = parseObject(text, specFile);
  const cluster = spec.cluster ?? "reign";
  if (cluster !== settings.cluster) {
    throw otherSpec(specFile, "cluster", `is for the cluster ${JSON.stringify(cluster)}`, settings);
  }
  const named = new Set(namedNodes(spec.nodes));
  const missing = nodeNumbers(settings).filter((node) => !named.has(String(node)));
  if (missing.length > 0) {
    throw otherSpec(specFile, "nodes", `has no node ${missing.join(", ")}`, settings);
  }
  return true;
}

function parseObject(text: string, specFile: string): FoundSpec {
  try {
    const spec: unknown = JSON.parse(text);
    if (typeof spec === "object" && spec !== null) return { ...spec };
  } catch {
    // Said below, as for any JSON that is no object.
  }
  const message = "Expected a JSON object. Correct the file, or move it away to have one made.";
  throw new ReignError("REIGN_INVALID_SPEC", `${specFile} is no cluster spec: ${message}`, {
    problems: [{ path: "", message }],
  });
}

/**
 * The ids in a spec's `nodes`, a list or a map. No more is looked at: loading the spec checks it.
 */
function namedNodes(nodes: unknown): readonly string[] {
  if (typeof nodes !== "object" || nodes === null) return [];
  if (!Array.isArray(nodes)) return Object.keys(nodes);
  return nodes.map((node: unknown) =>
    typeof node === "object" && node !== null ? String(Reflect.get(node, "id")) : "",
  );
}

function otherSpec(
  specFile: string,
  path: string,
  difference: string,
  { cluster, nodes }: Settings,
): ReignError {
  const message =
    `It ${difference}, and certificates are made for nodes 1 to ${nodes} of "${cluster}". ` +
    "Change the file accordingly, or move it away to have one made.";
  return new ReignError("REIGN_INVALID_SPEC", `${specFile} is there already. ${message}`, {
    problems: [{ path, message }],
  });
}

function specText(settings: Settings): string {
  const nodes = nodeNumbers(settings).map((id) => ({
    id,
    address: `127.0.0.1:${firstPort + id - 1}`,
  }));
  const spec = {
    cluster: settings.cluster,
    nodes,
    node_key_path: "reign_node.%d.key",
    node_cert_path: "reign_node.%d.crt",
    cluster_cert_path: "reign_ca.crt",
  };
  return `${JSON.stringify(spec, null, 2)}\n`;
}

function nodeNumbers({ nodes }: Settings): readonly number[] {
  return Array.from({ length: nodes }, (_, index) => index + 1);
}

function authorityFiles(dir: string): KeyPairFiles {
  return { keyFile: join(dir, "reign_ca.key"), certFile: join(dir, "reign_ca.crt") };
}

function nodeFiles(dir: string, node: number): KeyPairFiles {
  return {
    keyFile: join(dir, `reign_node.${node}.key`),
    certFile: join(dir, `reign_node.${node}.crt`),
  };
}
