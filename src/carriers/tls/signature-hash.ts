/**
 * Whether the signature of a certificate rests on a hash that others can find a second text for.
 *
 * Node.js 20 does not tell the algorithm, and OpenSSL looks at that of the own certificate in some
 * versions only; peers refuse such a one in all of them. So the one field is read here, from the
 * DER of a certificate that has been parsed, hence is well formed.
 */
import type { X509Certificate } from "node:crypto";

/** Object identifiers as DER has them. */
const weakAlgorithms: ReadonlyMap<string, string> = new Map([
  ["2a864886f70d010104", "MD5"],
  ["2a864886f70d010105", "SHA-1"],
  ["2b0e03021d", "SHA-1"],
  ["2a8648ce380403", "SHA-1"],
  ["2a8648ce3d0401", "SHA-1"],
]);

/** The name of the hash, if it is a weak one. */
export function weakHashOf({ raw }: X509Certificate): string | undefined {
  const certificate = elementAt(raw, 0);
  const signed = elementAt(raw, certificate.begin);
  const algorithm = elementAt(raw, signed.end);
  const identifier = elementAt(raw, algorithm.begin);
  return weakAlgorithms.get(raw.toString("hex", identifier.begin, identifier.end));
}

/** Where the content of the element at `at` begins, and where it ends. */
function elementAt(der: Buffer, at: number): { readonly begin: number; readonly end: number } {
  const first = der.readUInt8(at + 1);
  if (first < 0x80) return { begin: at + 2, end: at + 2 + first };
  const lengthBytes = first & 0x7f;
  const begin = at + 2 + lengthBytes;
  return { begin, end: begin + der.readUIntBE(at + 2, lengthBytes) };
}
