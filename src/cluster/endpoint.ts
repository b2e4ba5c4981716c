/**
 * The `host:port` of a cluster spec, taken apart. Nothing is resolved here: that happens at each
 * dial.
 */
import { isIP, isIPv6 } from "node:net";

/** Where something listens or is reached, by TCP. */
export interface Endpoint {
  /** A host name or an IP address, an IPv6 address without its brackets. */
  readonly host: string;
  readonly port: number;
}

/** Where a node listens: an empty `host` is every interface, `port` 0 any port that is free. */
export type ListenEndpoint = Endpoint;

/** Where a node dials from. Without `port` the system chooses one. */
export interface LocalEndpoint {
  readonly host: string;
  readonly port?: number;
}

/** An endpoint, or what was expected instead: the end of a sentence that begins with "Expected". */
export type Parsed<T> = { readonly value: T } | { readonly expected: string };

const greatestPort = 65_535;
const longestName = 253;
const nameLabel = /^[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/;
const forms = "host:port or [v6]:port";

/** Where others reach a node: a host and a port from 1 to 65535. */
export function parseAddress(text: string): Parsed<Endpoint> {
  const parsed = parseEndpoint(text, forms);
  if ("expected" in parsed) return parsed;
  if (parsed.value.host === "")
    return { expected: `${forms}, with a host that others reach it by` };
  if (parsed.value.port === 0) return { expected: `${forms}, with a port from 1 to 65535` };
  return parsed;
}

/**
 * Where a node listens. `:port` listens on every interface. Port 0 is for a node that only dials:
 * nobody can know which port it got.
 */
export function parseListenAddress(text: string): Parsed<ListenEndpoint> {
  return parseEndpoint(text, `${forms}, or :port for every interface`);
}

/** Where a node dials from: an IP address of this machine, with or without a port. */
export function parseLocalAddress(text: string): Parsed<LocalEndpoint> {
  const expected = "an IP address of this machine, alone or as host:port or [v6]:port";
  const bare = text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text;
  if (isIP(bare) !== 0) return { value: { host: bare } };
  const parsed = parseEndpoint(text, expected);
  if ("expected" in parsed) return parsed;
  const { host, port } = parsed.value;
  if (isIP(host) === 0) return { expected };
  return { value: port === 0 ? { host } : { host, port } };
}

function parseEndpoint(text: string, expected: string): Parsed<Endpoint> {
  const colon = text.lastIndexOf(":");
  if (colon < 0) return { expected: `${expected}, with a port` };
  const host = parseHost(text.slice(0, colon));
  if (host === undefined) {
    return {
      expected: isIPv6(text) ? `brackets around an IPv6 address, as in [${text}]:20000` : expected,
    };
  }
  const digits = text.slice(colon + 1);
  const port = Number(digits);
  if (!/^[0-9]{1,5}$/.test(digits) || port > greatestPort) {
    return { expected: `${expected}, with a port from 1 to ${greatestPort}` };
  }
  return { value: { host, port } };
}

function parseHost(text: string): string | undefined {
  if (text.startsWith("[")) {
    const inside = text.endsWith("]") ? text.slice(1, -1) : "";
    return isIPv6(inside) ? inside : undefined;
  }
  if (text === "" || isIP(text) === 4) return text;
  return isHostName(text) ? text : undefined;
}

/** Labels between dots, and perhaps one dot at the end. */
function isHostName(text: string): boolean {
  const labels = text.replace(/\.$/, "").split(".");
  const last = labels.at(-1) ?? "";
  // What ends in a number is an IPv4 address or nothing: 10.0.0.300 is not to be looked up.
  if (text.length > longestName || /^[0-9]+$/.test(last)) return false;
  return labels.every((label) => nameLabel.test(label));
}
