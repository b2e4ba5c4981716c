/**
 * The cluster spec: a file from its bytes to a config, or to a list of its mistakes.
 *
 * Input: a byte that says which node asks and how the file comes; its bytes.
 */
import { isDeepStrictEqual } from "node:util";
import { type ParsedJson, parseJson } from "../../src/cluster/json-text.ts";
import { readSpec } from "../../src/cluster/read-spec.ts";
import { type ClusterConfig, validateSpec } from "../../src/cluster/spec.ts";
import { ReignError } from "../../src/core/errors.ts";
import { isNodeId } from "../../src/core/mailbox-id.ts";
import { joined, utf8 } from "../bytes.ts";
import { Draw } from "../draw.ts";
import { cutAnywhere, seedOf } from "../frame-bytes.ts";
import { expectThat, Finding, Outcome, type Target, type Trial } from "../target.ts";

/** What is fuzzed, so that a test can put a worse one in its place. */
export type ParserOf = (text: string) => ParsedJson;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** So many inputs are read as a file is, from chunks: once in so many. */
const asFile = 16;
const longestMistake = 4_000;

export function specTarget(parse: ParserOf = parseJson): Target {
  return {
    name: "spec",
    held:
      "the same JSON as JSON.parse makes of it, but for keys that are there twice and depth; a " +
      "REIGN_INVALID_SPEC whose mistakes name places of the spec, or a config that holds this " +
      "node, and comes to itself again; the same from chunks",
    maxBytes: 2_048,
    share: 0.75,
    tokens: [
      ...['"nodes":', '"cluster":', '"id":', '"address":', '"listen_address":', '"identity":'],
      ...['"permitted_protocols":', '"node_key_pem":"x"', "null", "true", "[]", "{}", "-0", "1e9"],
      ...[
        '"__proto__":',
        '"constructor":',
        '"\\u0000"',
        '"\\u000"',
        '"\\x"',
        '"id":1,',
        '"\\ud800"',
        "\ufeff",
        "[[[[[[[[",
        " ",
      ],
    ].map(utf8),
    make: makeSpec,
    open: () => new SpecTrial(parse),
  };
}

const addresses = ["127.0.0.1:20000", "[::1]:1", "host:65536", "host", ":1", "a.b:0", "x:1"];
const identities = ["DNS:a.example", "URI:spiffe://a/b", "URI:reign://reign/2", "CN:a", ""];
const odd: readonly unknown[] = [null, true, -1, 1.5, 1e21, "", "  ", [], {}, [null], "é"];

function makeSpec(draw: Draw): Uint8Array {
  const nodes = Array.from({ length: draw.size(4) }, (_, i) => ({
    id: draw.oneIn(6) ? draw.of([1, "1", "web-3", "a b"]) : i + 1,
    address: draw.oneIn(3) ? draw.of(addresses) : `127.0.0.1:${20_000 + i}`,
    ...(draw.oneIn(4) ? { listen_address: draw.of(addresses) } : {}),
    ...(draw.oneIn(4) ? { local_address: draw.of(["127.0.0.1", "[::1]:5", "x:1"]) } : {}),
    ...(draw.oneIn(4) ? { identity: draw.of(identities) } : {}),
    ...(draw.oneIn(12) ? { [draw.of(["adress", "__proto__", "0"])]: draw.of(odd) } : {}),
  }));
  const byId = Object.fromEntries(nodes.map((node) => [node.id, { ...node, id: undefined }]));
  const spec: Record<string, unknown> = {
    nodes: draw.oneIn(3) ? byId : nodes,
    ...(draw.oneIn(2) ? { cluster: draw.of(["reign", "Test", "a".repeat(63)]) } : {}),
    ...(draw.oneIn(2) ? {} : certificates(draw)),
    ...(draw.oneIn(6) ? { permitted_protocols: draw.of([["TLS_AES_128_GCM_SHA256"], ["x"]]) } : {}),
  };
  const keys = Object.keys(spec);
  if (draw.oneIn(4)) spec[draw.of([...keys, "node", "constructor"])] = draw.of(odd);
  const text = JSON.stringify(spec, undefined, draw.oneIn(2) ? 1 : undefined);
  const twice = draw.oneIn(20) ? text.replace(/"\w+":/, (key) => `${key}1,${key}`) : text;
  return joined(Uint8Array.of(draw.below(256)), utf8(twice));
}

function certificates(draw: Draw): Record<string, string> {
  return {
    node_key_path: "%d.key",
    node_cert_path: draw.oneIn(8) ? "" : "%d.crt",
    ...(draw.oneIn(8) ? { node_cert_pem: "x" } : {}),
    cluster_cert_path: "ca.crt",
  };
}

class SpecTrial implements Trial {
  readonly #parse: ParserOf;

  constructor(parse: ParserOf) {
    this.#parse = parse;
  }

  run(input: Uint8Array): number | Promise<number> {
    const [options = 0] = input;
    const bytes = input.subarray(1);
    const text = textOf(bytes);
    const outcome = new Outcome().add(options & 3);
    const parsed = text === undefined ? undefined : this.#parse(text);
    if (text === undefined || parsed === undefined) outcome.text("not UTF-8");
    else {
      checkJson(text, parsed);
      if ("mistake" in parsed) outcome.text(parsed.mistake.message.slice(0, 20));
      else judge(parsed.value, options, outcome);
    }
    if (options >= asFile) return outcome.value;
    return expectSameFromChunks(bytes, parsed).then(() => outcome.value);
  }
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

function checkJson(text: string, parsed: ParsedJson): void {
  const wanted = platformsJson(text);
  if ("value" in parsed) {
    expectThat(wanted !== undefined, "what JSON.parse refuses is taken");
    expectThat(isDeepStrictEqual(parsed.value, wanted.value), "another value than JSON.parse's");
    expectThat(keysIn(text) === keysOf(parsed.value), "a key that is there twice is taken");
    return;
  }
  const { line, column, message } = parsed.mistake;
  const lines = text.split("\n");
  const inside = line >= 1 && column >= 1 && column <= (lines[line - 1]?.length ?? -1) + 1;
  expectThat(inside, `line ${line}, column ${column} is not in the text`);
  const ours = / is there twice\.$|^Nested more than/.test(message);
  expectThat(ours || wanted === undefined, `what JSON.parse takes is refused: ${message}`);
}

/** How many keys stand in a text that is JSON. */
function keysIn(text: string): number {
  return [...text.matchAll(/"(?:[^"\\]|\\.)*"([ \t\n\r]*:)?/g)].filter(([, colon]) => colon).length;
}

function keysOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const parts: readonly unknown[] = Object.values(value);
  const own = Array.isArray(value) ? 0 : parts.length;
  return parts.reduce<number>((sum, part) => sum + keysOf(part), own);
}

function platformsJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text.replace(/^\ufeff/, "")) };
  } catch {
    return undefined;
  }
}

const askers = [1, "web-3", "1", 2] as const;

function judge(spec: unknown, options: number, outcome: Outcome): void {
  const asker = askers[options & 3] ?? 1;
  const ownCarrier = (options & 4) !== 0;
  let config: ClusterConfig;
  try {
    config = validateSpec(spec, asker, { ownCarrier });
  } catch (thrown) {
    if (!ReignError.is(thrown, "REIGN_INVALID_SPEC")) throw thrown;
    const { problems } = thrown.details;
    expectThat(problems.length > 0, "no mistake is named");
    for (const { path, message } of problems) {
      expectPlace(spec, path);
      expectThat(message.length > 0 && message.length < longestMistake, "a message of no length");
      outcome.text(path.replaceAll(/\.[^.]*\./g, ".")).text(message.slice(0, 16));
    }
    return;
  }
  checkConfig(config, String(asker));
  expectReturn(config, asker);
  outcome.text(config.name.slice(0, 1)).count(config.nodes.size).add(config.tlsSuites.length);
}

/** A path begins with what is there, or says what is missing. */
function expectPlace(spec: unknown, path: string): void {
  if (path === "") return;
  let place: unknown = spec;
  let rest = path;
  while (rest !== "" && typeof place === "object" && place !== null) {
    const keys = Object.keys(place);
    const next = keys
      .filter((key) => rest === key || rest.startsWith(`${key}.`))
      .toSorted((a, b) => b.length - a.length)[0];
    // The last part may be a key that should be there.
    if (next === undefined) {
      expectThat(/^[a-z_]+$/.test(rest), `${JSON.stringify(path)} is no place of the spec`);
      return;
    }
    place = Reflect.get(place, next);
    rest = rest.slice(next.length + 1);
  }
}

function checkConfig({ name, nodes, thisNode, tlsSuites }: ClusterConfig, asker: string): void {
  expectThat(/^[a-z0-9-]{1,63}$/.test(name), `the cluster is ${name}`);
  expectThat(thisNode === asker && nodes.has(asker), "this node is not among the nodes");
  expectThat(tlsSuites.length > 0, "no cipher suites are left");
  const identities = new Set<string>();
  for (const [id, node] of nodes) {
    const { address, listenAddress, identity } = node;
    expectThat(isNodeId(id) && node.id === id, `a node is ${id}`);
    expectThat(address.port >= 1 && address.port <= 65_535, `a port is ${address.port}`);
    expectThat(listenAddress.port >= 0 && listenAddress.port <= 65_535, "a port to listen on");
    expectThat(/^(URI|DNS):/.test(identity), `an identity is ${identity}`);
    identities.add(identity);
  }
  expectThat(identities.size === nodes.size, "two nodes have one identity");
}

/** Written as a spec, a config is the same again. */
function expectReturn(config: ClusterConfig, asker: number | string): void {
  const text = ({ host, port }: { readonly host: string; readonly port?: number }): string =>
    `${host.includes(":") ? `[${host}]` : host}${port === undefined ? "" : `:${port}`}`;
  const nodes = [...config.nodes.values()].map((node) => ({
    id: node.id,
    address: text(node.address),
    listen_address: text(node.listenAddress),
    ...(node.localAddress === undefined ? {} : { local_address: text(node.localAddress) }),
    identity: node.identity,
  }));
  const again = validateSpec({ cluster: config.name, nodes }, asker, { ownCarrier: true });
  expectThat(isDeepStrictEqual(again.nodes, config.nodes), "written again it has other nodes");
}

/** As a file is read. A byte order mark is the decoder's there, and not the parser's. */
async function expectSameFromChunks(
  bytes: Uint8Array,
  parsed: ParsedJson | undefined,
): Promise<void> {
  let value: unknown;
  try {
    value = await readSpec(cutAnywhere(bytes, new Draw(seedOf(bytes))));
  } catch (thrown) {
    if (!ReignError.is(thrown, "REIGN_INVALID_SPEC")) throw thrown;
    if (parsed !== undefined && "value" in parsed) {
      throw new Finding(`refused from chunks: ${thrown.message}`);
    }
    return;
  }
  // Two byte order marks: one is the decoder's, and one the parser's.
  if (bytes[0] === 0xef) return;
  const same = parsed !== undefined && "value" in parsed && isDeepStrictEqual(parsed.value, value);
  expectThat(same, "another value from chunks");
}
