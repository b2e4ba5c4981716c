/**
 * Turns `permitted_protocols` of a cluster spec into the cipher suites of TLS 1.3.
 *
 * Links are TLS 1.3 alone, whose suites name a cipher and a hash and no key exchange. A spec
 * written for the Go library names suites of TLS 1.2: where such a suite has a cipher that TLS 1.3
 * has too, what it asks for can be given, and more. The others are what TLS 1.3 was made to be rid
 * of; they are refused rather than replaced, since somebody asked for them by name.
 */
import { nearKey } from "../core/near-key.ts";

/** The suites of TLS 1.3 that links use when the spec asks for none, the preferred first. */
export const tls13Suites: readonly string[] = Object.freeze([
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
  "TLS_AES_128_GCM_SHA256",
]);

export type ReadProtocol =
  | { readonly suite: string; readonly notice?: string }
  | { readonly problem: string };

/** What a suite of TLS 1.2 is called before its cipher: how keys were agreed on and proven. */
const formerPrefix = /^TLS_(?:RSA|ECDHE_RSA|ECDHE_ECDSA)_WITH_/;
const counterparts: ReadonlyMap<string, string> = new Map([
  ["AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256"],
  ["AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384"],
  ["CHACHA20_POLY1305", "TLS_CHACHA20_POLY1305_SHA256"],
  ["CHACHA20_POLY1305_SHA256", "TLS_CHACHA20_POLY1305_SHA256"],
]);
const refusals: ReadonlyArray<{ readonly pattern: RegExp; readonly reason: string }> = [
  { pattern: /_RC4_/, reason: "RC4 is broken: what it encrypts can be recovered" },
  { pattern: /_3DES_/, reason: "3DES has blocks so small that long connections leak (Sweet32)" },
  { pattern: /_CBC_/, reason: "CBC suites have been open to padding attacks again and again" },
  {
    pattern: /_CCM/,
    reason: "the CCM suites are for small devices, and TLS libraries leave them off",
  },
  { pattern: /_NULL_|_NULL$/, reason: "it encrypts nothing" },
];

/** What one entry of `permitted_protocols` means. */
export function readProtocol(name: string): ReadProtocol {
  if (tls13Suites.includes(name)) return { suite: name };
  const [prefix] = formerPrefix.exec(name) ?? [];
  const suite = prefix === undefined ? undefined : counterparts.get(name.slice(prefix.length));
  if (suite !== undefined) {
    return { suite, notice: `${name} of TLS 1.2 stands for ${suite}` };
  }
  const choice = `Expected one of ${tls13Suites.join(", ")}`;
  const refused = refusals.find(({ pattern }) => pattern.test(name));
  if (refused !== undefined) {
    return { problem: `${name} is refused: ${refused.reason}. ${choice}.` };
  }
  const near = nearKey(name, tls13Suites);
  const hint = near === undefined ? "" : ` Did you mean ${near}?`;
  return { problem: `${choice}, got ${JSON.stringify(name.slice(0, 100))}.${hint}` };
}

/** The suites for a whole list, each once, and one notice if any of them was another's stand-in. */
export function permittedSuites(names: readonly string[]): {
  readonly suites: readonly string[];
  readonly notices: readonly string[];
} {
  const read = names.map(readProtocol);
  const suites = [...new Set(read.flatMap((entry) => ("suite" in entry ? [entry.suite] : [])))];
  const replaced = read.flatMap((entry) =>
    "notice" in entry && entry.notice !== undefined ? [entry.notice] : [],
  );
  const notices =
    replaced.length === 0
      ? []
      : [`permitted_protocols: links are TLS 1.3; ${[...new Set(replaced)].join("; ")}.`];
  return { suites: suites.length === 0 ? tls13Suites : suites, notices };
}
