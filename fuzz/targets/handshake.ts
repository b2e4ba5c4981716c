/**
 * The handshake: what a peer says before its link is up, to both roles, driven as by a node.
 *
 * Input: a byte that says the role, the verdict, who the peer is, and whether the rest is the
 * stream, or lines, each of them the type and the body of a frame; the rest.
 */
import { frameType } from "../../src/core/frame.ts";
import type { Agreement, Introduction } from "../../src/core/handshake.ts";
import { maxHelloBytes } from "../../src/core/hello.ts";
import { Negotiation, type NegotiationEvents } from "../../src/runtime/negotiation.ts";
import type { Wire, WireListener } from "../../src/runtime/wire.ts";
import { createVirtualClock } from "../../src/testing/virtual-clock.ts";
import { joined, utf8 } from "../bytes.ts";
import { Draw } from "../draw.ts";
import { cutAnywhere, frameBytes, seedOf } from "../frame-bytes.ts";
import { HandLink } from "../hand-link.ts";
import { expectThat, Outcome, type Target, type Trial } from "../target.ts";

const ourEpoch = "0123456789abcdef";
const theirEpoch = "fedcba9876543210";
const us: Introduction = {
  versions: [1, 3],
  cluster: "test",
  from: "1",
  epoch: ourEpoch,
  codecs: ["term-3", "v8"],
  capabilities: ["a", "b"],
  maxMessageBytes: 2 ** 20,
};
const timeoutMs = 5_000;
const lineEnd = Uint8Array.of(0x0a);
const options = { dialler: 1, other: 2, lines: 128 } as const;
const verdicts = ["accept", "accept", "simultaneous", "duplicate_node"] as const;

/** What a node lets another in for, so that a test can let in more. */
export type JudgeUp = (agreement: Agreement) => Agreement;

export function handshakeTarget(judge: JudgeUp = (agreement) => agreement): Target {
  return {
    name: "handshake",
    held:
      "up only after the frames that say so, with the peer, run, cluster, version and codec that " +
      "they say; else refused or out of time, with nothing said after it; the same in one chunk " +
      "and in pieces",
    maxBytes: 4_096,
    share: 1,
    tokens: [
      ...['"from":"2"', '"from":"1"', '"to":"1"', '"cluster":"test"', '"versions":[1,1]'],
      ...['"codecs":["v8"]', '"codec":"v8"', '"version":3', `"answers":"${ourEpoch}"`, "null"],
      ...['"__proto__":{"a":1}', '"received":{"epoch":"', "1e999", "{}", "[]", '"\\u0000"', "-0"],
    ].map(utf8),
    make: makeConversation,
    open: () => new HandshakeTrial(judge),
  };
}

const odd: readonly unknown[] = [
  ...[null, true, 0, -1, 1.5, 2 ** 31, 2 ** 53, "", "1", "2", "x".repeat(64), [], {}, [1, 1]],
  ...[["term-3"], ["TERM"], Array(65).fill("a"), ourEpoch, theirEpoch, { epoch: ourEpoch }],
];

/** The fields of a welcome, of which a hello, a confirm and a refusal are parts. */
function fields(draw: Draw): Record<string, unknown> {
  const body: Record<string, unknown> = {
    versions: [1, 1 + draw.below(3)],
    cluster: "test",
    from: draw.oneIn(16) ? "3" : "2",
    epoch: theirEpoch,
    to: "1",
    codecs: ["term-3"],
    capabilities: draw.oneIn(2) ? [] : ["b", "c"],
    maxMessageBytes: 1 + draw.size(2 ** 31 - 1),
    version: 1 + draw.below(3),
    codec: "term-3",
    answers: ourEpoch,
    reason: "stopping",
  };
  if (draw.oneIn(3)) body["received"] = { epoch: ourEpoch, messages: draw.below(100) };
  const keys = Object.keys(body);
  for (let lies = Math.max(0, draw.below(5) - 2); lies > 0; lies--) {
    const key = draw.of(keys);
    if (draw.oneIn(4)) delete body[key];
    else body[key] = draw.of(odd);
  }
  return body;
}

const { hello, welcome, confirm, refuse, received } = frameType;

function makeConversation(draw: Draw): Uint8Array {
  const usual = draw.oneIn(2) ? [hello, confirm] : [welcome];
  const types = draw.oneIn(4)
    ? Array.from({ length: 1 + draw.below(4) }, () =>
        draw.of([hello, welcome, confirm, refuse, received, draw.below(256)]),
      )
    : usual;
  const inLines = draw.oneIn(2);
  const frames = types.map((type) => {
    const body = utf8(JSON.stringify(fields(draw)));
    return inLines ? joined(Uint8Array.of(type), body, lineEnd) : frameBytes(type, body);
  });
  const verdict = draw.oneIn(4) ? draw.below(4) << 2 : 0;
  const given =
    (types[0] === welcome ? options.dialler : 0) |
    (draw.oneIn(16) ? options.other : 0) |
    (inLines ? options.lines : 0);
  return joined(Uint8Array.of(given | verdict), ...frames);
}

/** Lengths of their own keep what is changed in a body from changing what is a frame. */
function streamOf(lines: Uint8Array): Uint8Array {
  const frames: Uint8Array[] = [];
  for (let from = 0; from < lines.length; ) {
    const end = lines.indexOf(lineEnd[0] ?? 0, from);
    const to = end < 0 ? lines.length : end;
    frames.push(frameBytes(lines[from] ?? 0, lines.subarray(from + 1, to)));
    from = to + 1;
  }
  return joined(...frames);
}

interface End {
  readonly link: HandLink;
  readonly events: Recorder;
}

class HandshakeTrial implements Trial {
  readonly #judge: JudgeUp;

  constructor(judge: JudgeUp) {
    this.#judge = judge;
  }

  run(input: Uint8Array): number {
    const [given = 0] = input;
    const rest = input.subarray(1);
    const stream = (given & options.lines) === 0 ? rest : streamOf(rest);
    const whole = this.#play(given, [stream]);
    const draw = new Draw(seedOf(input));
    const pieces = this.#play(given, cutAnywhere(stream, draw));
    expectThat(
      summaryOf(whole) === summaryOf(pieces),
      `one chunk comes to ${summaryOf(whole)}, several to ${summaryOf(pieces)}`,
    );
    const { link, events } = whole;
    const outcome = new Outcome().add(given & options.dialler).text(events.failed[0] ?? "");
    for (const { type } of link.sent) outcome.add(type);
    return outcome.count(events.ups.length).value;
  }

  #play(given: number, chunks: readonly Uint8Array[]): End {
    const role = (given & options.dialler) === 0 ? "acceptor" : "dialler";
    const link = new HandLink((given & options.other) === 0 ? "2" : "3");
    const clock = createVirtualClock();
    const events = new Recorder(verdicts[(given >> 2) & 3] ?? "accept", this.#judge);
    const negotiation = new Negotiation(link, us, role, { clock, timeoutMs, events });
    negotiation.begin();
    clock.runSoon();
    for (const chunk of chunks) {
      link.push(chunk);
      clock.runSoon();
    }
    const heard = joined(...chunks);
    const sentInTime = link.sent.length;
    const waited = events.ups.length + events.failed.length === 0;
    clock.advance(timeoutMs);
    link.down();
    clock.runSoon();
    expectThat(link.sent.length === sentInTime, "something is said after the end");
    expectThat(clock.pendingTimers === 0, "a timer is left");
    this.#checkEnd({ link, events }, role, waited);
    for (const agreement of events.ups) checkUp(agreement, role, link.peer, heard);
    return { link, events };
  }

  #checkEnd({ link, events }: End, role: string, waited: boolean): void {
    const { ups, failed } = events;
    const types = link.sent.map(({ type }) => type);
    const refusals = types.filter((type) => type === refuse).length;
    expectThat(ups.length + failed.length === 1, `it ends ${ups.length + failed.length} times`);
    expectThat(ups.length === 1 || link.end !== undefined, "it fails, and the link stays");
    expectThat(refusals <= 1, "it refuses more than once");
    expectThat(refusals === 0 || (ups.length === 0 && types.at(-1) === refuse), "up and refused");
    expectThat(!waited || (failed[0] ?? "").includes("in time"), "it waits for ever");
    const first = types.find((type) => type !== refuse);
    const own = role === "dialler" ? hello : welcome;
    expectThat(first === undefined || first === own, `the ${role} begins with ${first}`);
    expectThat(ups.length === 0 || types.length === (role === "dialler" ? 2 : 1), "says more");
  }
}

/** The frames that led to it, read again by plain rules, must say what was agreed. */
function checkUp(agreement: Agreement, role: string, peer: string, heard: Uint8Array): void {
  const bodies = bodiesOf(heard);
  const said = bodies.find(({ type }) => type === (role === "dialler" ? welcome : hello))?.json;
  const what = JSON.stringify(said ?? null).slice(0, 200);
  const holds = (fact: boolean, name: string): void =>
    expectThat(fact, `up with another ${name} than said: ${what}`);
  const { from, to, epoch, cluster, codecs, codec, version, versions } = said ?? {};
  holds(agreement.peer === peer && from === peer, "peer");
  holds(to === us.from, "node");
  holds(agreement.epoch === epoch && /^[0-9a-f]{16}$/.test(String(epoch)), "run");
  holds(cluster === us.cluster, "cluster");
  holds(us.codecs.includes(agreement.codec), "codec");
  holds(agreement.version >= us.versions[0] && agreement.version <= us.versions[1], "version");
  holds(agreement.maxMessageBytes <= Number(said?.["maxMessageBytes"]), "limit");
  holds(agreement.maxMessageBytes <= us.maxMessageBytes, "limit");
  if (role === "dialler") {
    holds(agreement.codec === codec && agreement.version === version, "choice");
    holds(said?.["answers"] === us.epoch, "question");
    return;
  }
  holds(Array.isArray(codecs) && codecs.includes(agreement.codec), "codec");
  holds(Array.isArray(versions) && agreement.version <= Number(versions[1]), "version");
  const confirmed = bodies.find(({ type }) => type === confirm)?.json;
  expectThat(confirmed?.["answers"] === us.epoch, "up without a confirm that answers");
}

interface Said {
  readonly type: number;
  readonly json: { readonly [key: string]: unknown };
}

function bodiesOf(stream: Uint8Array): Said[] {
  const view = new DataView(stream.buffer, stream.byteOffset, stream.length);
  const found: Said[] = [];
  for (let at = 0; at + 5 <= stream.length; ) {
    const end = at + 4 + view.getUint32(at);
    if (end > stream.length || end > at + 4 + maxHelloBytes || end === at + 4) break;
    try {
      const json: unknown = JSON.parse(Buffer.from(stream.subarray(at + 5, end)).toString());
      found.push({ type: stream[at + 4] ?? 0, json: Object(json) as Said["json"] });
    } catch {
      break;
    }
    at = end;
  }
  return found;
}

function summaryOf({ link, events }: End): string {
  const ups = events.ups.map((agreement) => JSON.stringify(agreement));
  return [...link.sent.map(({ type }) => type), ...events.failed, ...ups].join(" ");
}

class Recorder implements NegotiationEvents {
  readonly ups: Agreement[] = [];
  readonly failed: string[] = [];
  readonly #verdict: (typeof verdicts)[number];
  readonly #judgeUp: JudgeUp;

  constructor(verdict: (typeof verdicts)[number], judgeUp: JudgeUp) {
    this.#verdict = verdict;
    this.#judgeUp = judgeUp;
  }

  onJudge(negotiation: Negotiation): void {
    negotiation.verdict(this.#verdict);
  }

  onUp(_negotiation: Negotiation, wire: Wire, agreement: Agreement): void {
    this.ups.push(this.#judgeUp(agreement));
    wire.promote(new SilentListener(), agreement.maxMessageBytes);
  }

  onFailed(_negotiation: Negotiation, { reason }: { readonly reason: string }): void {
    this.failed.push(reason);
  }

  onGone(): void {}
}

/** Takes the place of a session. */
class SilentListener implements WireListener {
  onFrame(): void {}

  onRead(): void {}

  onHanded(): void {}

  onAllTaken(): void {}

  onDrain(): void {}

  onViolation(): void {}

  onDown(): void {}
}
