/**
 * Judges the certificate of the other end of a connection, once TLS has verified who issued it.
 *
 * Both ends ask for the same: exactly the name of a node, and leave to be both ends of a
 * connection. TLS by itself asks a server for the one use and a client for the other, so that a
 * certificate with one of them would do as long as the right side dials. Nothing here throws: it
 * runs inside a handshake of Node.js, where what is thrown ends the process.
 */
import { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import type { NodeId } from "../../core/mailbox-id.ts";
import { hasIdentity, nodeOf } from "./identity.ts";
import { describeTlsFailure, wrongIdentity, wrongUse } from "./refusal.ts";

const neededUses: Readonly<Record<string, string>> = {
  "1.3.6.1.5.5.7.3.1": "serverAuth",
  "1.3.6.1.5.5.7.3.2": "clientAuth",
};

/**
 * The uses that a node needs and the certificate does not allow. One that is not limited to any
 * allows all.
 */
export function missingUses(certificate: X509Certificate): readonly string[] {
  const uses: readonly string[] | undefined = certificate.keyUsage;
  if (uses === undefined) return [];
  return Object.entries(neededUses).flatMap(([oid, name]) => (uses.includes(oid) ? [] : [name]));
}

/**
 * The certificate of the other end, in DER. Not by `getPeerX509Certificate`, which on Node.js 20
 * leaves five kilobytes behind that nothing frees, for each connection.
 */
export function certificateOf(socket: TLSSocket): Uint8Array | undefined {
  // An empty object when there is none.
  const { raw }: { readonly raw?: Uint8Array } = socket.getPeerCertificate(false) ?? {};
  return raw;
}

/** Why the certificate, in DER, is not that of the node dialled; nothing if it is. */
export function refusalOf(der: Uint8Array, identity: string): Error | undefined {
  try {
    const certificate = new X509Certificate(der);
    if (missingUses(certificate).length > 0) return refusal(wrongUse);
    const verdict = hasIdentity(certificate, identity);
    return verdict.ok ? undefined : refusal(wrongIdentity, verdict.reason);
  } catch {
    return refusal(wrongIdentity, unreadable);
  }
}

/** Which one of the nodes has dialled, by its certificate. */
export function callerOf(
  der: Uint8Array,
  nodes: ReadonlyMap<NodeId, { readonly identity: string }>,
): { readonly peer: NodeId } | { readonly reason: string } {
  try {
    const certificate = new X509Certificate(der);
    if (missingUses(certificate).length > 0) return { reason: describeTlsFailure(wrongUse) };
    return nodeOf(certificate, nodes);
  } catch {
    return { reason: unreadable };
  }
}

const unreadable = "the certificate cannot be read";

function refusal(code: string, reason = describeTlsFailure(code)): Error {
  return Object.assign(new Error(reason), { code });
}
