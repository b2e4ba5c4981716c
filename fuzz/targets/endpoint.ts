/**
 * The endpoints of a spec: where a node is reached, listens and dials from.
 *
 * Input: a byte that says which of the three; the text in UTF-8.
 */
import { isIP } from "node:net";
import {
  type Endpoint,
  type LocalEndpoint,
  type Parsed,
  parseAddress,
  parseListenAddress,
  parseLocalAddress,
} from "../../src/cluster/endpoint.ts";
import { joined, utf8 } from "../bytes.ts";
import type { Draw } from "../draw.ts";
import { expectThat, Outcome, type Target, type Trial } from "../target.ts";

/** What is fuzzed, so that a test can put a worse one in its place. */
export type Parsers = readonly ((text: string) => Parsed<Endpoint | LocalEndpoint>)[];

const decoder = new TextDecoder();
const parts = [
  ...["127.0.0.1", "::1", "[::1]", "[fe80::1%eth0]", "::ffff:1.2.3.4", "localhost", "a.b-c.d."],
  ...["10.0.0.300", "_x.y", "-a", "0x7f.1", "1e3", "", ".", "a".repeat(64), "☃.example"],
];
const ports = ["0", "1", "20000", "65535", "65536", "00080", "-1", "+1", "1.0", " 1", ""];

export function endpointTarget(
  parsers: Parsers = [parseAddress, parseListenAddress, parseLocalAddress],
): Target {
  return {
    name: "endpoint",
    held:
      "what was expected instead, or a host that is an address or a name, and a port in range, " +
      "which come to themselves again",
    maxBytes: 300,
    share: 1,
    tokens: [...parts, ...ports, ":", "[", "]", "."].map(utf8),
    make: makeEndpoint,
    open: () => new EndpointTrial(parsers),
  };
}

function makeEndpoint(draw: Draw): Uint8Array {
  const host = draw.of(parts);
  const colon = draw.oneIn(8) ? "" : ":";
  const port = draw.oneIn(2) ? draw.of(ports) : String(draw.below(70_000));
  return joined(Uint8Array.of(draw.below(3)), utf8(`${host}${colon}${port}`));
}

class EndpointTrial implements Trial {
  readonly #parsers: Parsers;

  constructor(parsers: Parsers) {
    this.#parsers = parsers;
  }

  run(input: Uint8Array): number {
    const which = (input[0] ?? 0) % 3;
    const text = decoder.decode(input.subarray(1));
    const parsed = this.#parse(which, text);
    const outcome = new Outcome().add(which);
    if ("expected" in parsed) {
      expectThat(parsed.expected.length > 10, "it does not say what was expected");
      return outcome.text(parsed.expected.slice(0, 60)).value;
    }
    const { host, port } = parsed.value;
    expectThat(isHost(host) || (host === "" && which === 1), `${JSON.stringify(host)} is no host`);
    const least = which === 1 ? 0 : 1;
    const inRange = Number.isInteger(port) && Number(port) >= least && Number(port) <= 65_535;
    expectThat(inRange || (port === undefined && which === 2), `${port} is no port`);
    expectThat(which !== 2 || isIP(host) !== 0, `${host} is no address of this machine`);
    const bracketed = isIP(host) === 6 ? `[${host}]` : host;
    const written = port === undefined ? bracketed : `${bracketed}:${port}`;
    const again = this.#parse(which, written);
    const back = "value" in again ? again.value : undefined;
    expectThat(back?.host === host && back.port === port, `${written} comes to something else`);
    return outcome.add(isIP(host)).count(host.length).value;
  }

  #parse(which: number, text: string): Parsed<Endpoint | LocalEndpoint> {
    return this.#parsers[which]?.(text) ?? { expected: "a parser" };
  }
}

/** A name as the resolver may be asked for, or an address. */
function isHost(host: string): boolean {
  if (isIP(host) !== 0) return true;
  return host.length <= 253 && /^[\w-]+(\.[\w-]+)*\.?$/.test(host) && !/(^|\.)\d+\.?$/.test(host);
}
