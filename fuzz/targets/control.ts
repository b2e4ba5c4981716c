/**
 * A node with two peers: one says what the input has, the other must not notice.
 *
 * Input: a byte that says how the stream is cut and what comes behind it; the stream, as it comes
 * when the link has just come up.
 */
import { createTermCodec } from "../../src/codecs/term/term-codec.ts";
import type { MailboxClosed } from "../../src/core/close-notice.ts";
import { frameType } from "../../src/core/frame.ts";
import { decodeWelcome, encodeHandshake, type Hello } from "../../src/core/hello.ts";
import { MultipleClaim } from "../../src/core/multiple-claim.ts";
import type { Carrier, Link } from "../../src/ports/carrier.ts";
import type { Mailbox } from "../../src/runtime/mailbox.ts";
import { Service } from "../../src/runtime/service.ts";
import { resolveSettings } from "../../src/runtime/settings.ts";
import { createRecordingTelemetry } from "../../src/testing/recording-telemetry.ts";
import { createSeededRandom } from "../../src/testing/seeded-random.ts";
import { createVirtualClock } from "../../src/testing/virtual-clock.ts";
import { joined } from "../bytes.ts";
import { Draw } from "../draw.ts";
import { cutAnywhere, frameBytes, seedOf, textBytes, varintBytes } from "../frame-bytes.ts";
import { HandLink } from "../hand-link.ts";
import { expectThat, Outcome, type Target, type Trial } from "../target.ts";
import {
  bigMessage,
  controlFrame,
  inboxNumber,
  names,
  otherEpoch,
  peerEpoch,
  seedOfNode,
} from "./control-frames.ts";

/** What is fuzzed, so that a test can put a worse one in its place. */
export type ServiceOf = (ports: ConstructorParameters<typeof Service>[0]) => Service;

const options = {
  /** The stream is cut in pieces, each of which comes in a turn of its own. */
  cut: 1,
  /** Behind it comes a message in pieces. */
  big: 2,
} as const;

const { hello, welcome, confirm, sync, synced, ping, pong, goodbye, claim, release } = frameType;
const { message, routed, begin, piece } = frameType;
const mostMessages = 16;
const mostTimers = 8;
/** So many mailboxes stand between that for messages and the one that watches. */
const farAway = 300;
const stepMs = 1;

export function controlTarget(serviceOf: ServiceOf = (ports) => new Service(ports)): Target {
  return {
    name: "control",
    held:
      "the link ends with one violation counted and told, or with a goodbye, or answers as " +
      "before; the other link answers and hears nothing of it; only its own claims are in the " +
      "names; each watch gets one notice; messages are delivered or lost once",
    maxBytes: 1_024,
    share: 1.5,
    tokens: [
      ...[1, 2, 3, 5].map((type) => frameBytes(type)),
      ...names.map((name) => frameBytes(claim, varintBytes(1), textBytes(name))),
      ...names.map((name) => frameBytes(release, varintBytes(1), textBytes(name))),
      ...[0, 1, 2, 3, 2 ** 53 - 1, 2 ** 53].map(varintBytes),
    ],
    make: (draw) => {
      const frames = Array.from({ length: 1 + draw.size(8) }, () => controlFrame(draw));
      const given = draw.below(2) | (draw.oneIn(16) ? options.big : 0);
      return joined(Uint8Array.of(given), ...frames);
    },
    open: () => new ControlTrial(serviceOf),
  };
}

const watchedIds = [1, 2].map((number) => `2:${peerEpoch}:${number}`);
const theirId = `3:${otherEpoch}:5`;

class ControlTrial implements Trial {
  readonly #clock = createVirtualClock();
  readonly #telemetry = createRecordingTelemetry();
  readonly #service: Service;
  readonly #inbox: Mailbox<unknown>;
  readonly #watcher: Mailbox<MailboxClosed>;
  #accept: (link: Link) => void = () => {};
  #other: HandLink | undefined;
  #token = 0;

  constructor(serviceOf: ServiceOf) {
    const carrier: Carrier = {
      listen: async (accept) => {
        this.#accept = accept;
        return { address: "nowhere", close: async () => {} };
      },
      // Nobody answers: the peers dial.
      dial: () => new Promise(() => {}),
    };
    this.#service = serviceOf({
      clusterName: "test",
      nodeId: "1",
      peers: ["2", "3"],
      settings: resolveSettings({}),
      clock: this.#clock,
      random: createSeededRandom(seedOfNode),
      telemetry: this.#telemetry,
      carrier,
      codecs: [createTermCodec()],
    });
    this.#inbox = this.#service.newMailbox({ maxMessages: mostMessages }).mailbox;
    for (let i = 0; i < farAway; i++) this.#service.newMailbox().mailbox.close();
    this.#watcher = this.#service.newMailbox<MailboxClosed>().mailbox;
    this.#service.names.register("mine", this.#inbox.address);
  }

  run(input: Uint8Array): number | Promise<number> {
    if (this.#other === undefined) return this.#start().then(() => this.#play(input));
    return this.#play(input);
  }

  async #start(): Promise<void> {
    await this.#service.start();
    const other = this.#join("3", otherEpoch);
    this.#other = other;
    other.push(frameBytes(claim, varintBytes(5), textBytes("theirs")));
    this.#service.address(theirId).onCloseNotify(this.#watcher.address);
    this.#clock.runSoon();
    other.sent = [];
  }

  #play(input: Uint8Array): number {
    this.#telemetry.clear();
    const [given = 0] = input;
    const stream = input.subarray(1);
    const said = framesOf(stream);
    const before = this.#service.stats();
    const link = this.#join("2", peerEpoch);
    for (const id of watchedIds) this.#service.address(id).onCloseNotify(this.#watcher.address);
    this.#clock.runSoon();
    link.sent = [];
    const cut = (given & options.cut) !== 0;
    for (const chunk of cut ? cutAnywhere(stream, new Draw(seedOf(input))) : [stream]) {
      link.push(chunk);
      this.#clock.runSoon();
    }
    if ((given & options.big) !== 0) {
      link.push(bigMessage());
      this.#clock.runSoon();
    } else if (link.end === undefined && said.whole && !said.types.includes(goodbye)) {
      this.#expectAnswer(link, "the link");
    }
    const outcome = new Outcome().add(given & 3);
    this.#checkEnd(link, said.types);
    this.#checkWhileUp(said.names);
    link.down();
    this.#clock.runSoon();
    this.#checkAfterwards(said, before, (given & options.big) !== 0 ? 1 : 0);
    for (const { type } of link.sent) outcome.add(type);
    for (const event of this.#telemetry.events) {
      outcome.text(event.type);
      if (event.type === "protocol_violation") outcome.text(event.rule);
    }
    return outcome.value;
  }

  /** A peer comes, and its link is up. */
  #join(nodeId: string, epoch: string): HandLink {
    const link = new HandLink(nodeId);
    this.#accept(link);
    const body: Hello = {
      versions: [1, 1],
      cluster: "test",
      from: nodeId,
      epoch,
      to: "1",
      codecs: ["term-3"],
      capabilities: [],
      maxMessageBytes: 2 ** 24,
    };
    link.push(frameBytes(hello, encodeHandshake(body)));
    this.#clock.runSoon();
    const answer = link.sent[0];
    expectThat(answer?.type === welcome, `a peer that comes gets ${answer?.type}`);
    const { epoch: answers } = decodeWelcome(answer.body);
    link.push(frameBytes(confirm, encodeHandshake({ answers })));
    this.#clock.runSoon();
    expectThat(link.admitted, "a peer that comes is not let in");
    return link;
  }

  /** Whatever the peer said before, it is answered. */
  #expectAnswer(link: HandLink, whose: string): void {
    const token = varintBytes(1_000_000 + (this.#token++ % 1_000));
    const before = link.sent.length;
    link.push(frameBytes(sync, token));
    this.#clock.runSoon();
    const answers = link.sent
      .slice(before)
      .filter(({ type, body }) => type === synced && Buffer.compare(body, token) === 0);
    expectThat(answers.length === 1, `${whose} answers ${answers.length} times`);
  }

  /** A link ends because of a violation or of a goodbye, and a violation is counted and told. */
  #checkEnd(link: HandLink, types: readonly number[]): void {
    const told = this.#telemetry.eventsOf("protocol_violation");
    expectThat(told.length <= 1, "more than one violation is told");
    expectThat(
      told.every(({ peer }) => peer === "2"),
      "a violation of the other peer",
    );
    if (told.length === 1) expectThat(link.end === "destroy", "a violation, and the link stays");
    else expectThat(link.end === undefined || types.includes(goodbye), "the link ends for nothing");
  }

  /** What node 1 knows while the link is up, or has just ended. */
  #checkWhileUp(said: readonly string[]): void {
    const other = this.#other;
    expectThat(other !== undefined && other.end === undefined, "the other link has ended");
    this.#clock.advance(stepMs);
    this.#clock.runSoon();
    this.#expectAnswer(other, "the other link");
    for (const { type } of other.sent) {
      const usual = type === synced || type === ping || type === frameType.received;
      expectThat(usual, `the other peer hears a frame of type ${type}`);
    }
    for (const { type, body } of other.sent) if (type === ping) other.push(frameBytes(pong, body));
    other.sent = [];
    for (const name of said) {
      for (const { nodeId, id } of this.#service.names.lookupAll(name)) {
        const own = nodeId === "2" && id.startsWith(`2:${peerEpoch}:`);
        const known = own || this.#rightful(name).includes(id);
        expectThat(known, `${id} claims ${JSON.stringify(name)}`);
      }
    }
    this.#expectRightful((ids, wanted) => wanted.every((id) => ids.includes(id)));
  }

  #checkAfterwards(said: Said, before: ReturnType<Service["stats"]>, more: number): void {
    const [seen] = [this.#service.names.seenNames(...said.names.filter((name) => !isOurs(name)))];
    expectThat(!seen.includes(true), "a claim outlives its link");
    this.#expectRightful((ids, wanted) => ids.join() === wanted.join());
    const { multipleClaimCount } = this.#service.names;
    expectThat(multipleClaimCount === 0, `${multipleClaimCount} names with several claimants`);
    const notices = contentOf(this.#watcher).map(({ id }) => id);
    if (!said.toWatcher) {
      const wanted = notices.toSorted().join() === watchedIds.join();
      expectThat(wanted, `the notices are of ${notices.join(" ")}`);
    }
    const content = contentOf(this.#inbox);
    // Those that the node itself puts in are not counted, and a peer may send one that is.
    const claims = content.filter((one) => one instanceof MultipleClaim).length;
    const after = this.#service.stats();
    const counted = after.delivered - before.delivered;
    const there = counted <= content.length && counted >= content.length - claims;
    expectThat(there || said.toWatcher, `${counted} delivered, ${content.length} there`);
    const lost = (["closed", "unreadable", "unknown_type", "mailbox_full"] as const)
      .map((cause) => after.lost[cause] - before.lost[cause])
      .reduce((sum, count) => sum + count, 0);
    expectThat(lost >= 0 && lost + counted <= said.messages + more, `${lost} lost of fewer`);
    const violations = after.violations - before.violations;
    const told = this.#telemetry.eventsOf("protocol_violation").length;
    expectThat(violations === told, `${violations} violations counted, ${told} told`);
    const down = this.#telemetry.eventsOf("link_down").map(({ peer }) => peer);
    expectThat(down.join() === "2", `links down to ${down.join(" ")}`);
    expectThat(this.#clock.pendingTimers <= mostTimers, `${this.#clock.pendingTimers} timers`);
  }

  #rightful(name: string): readonly string[] {
    if (name === "mine") return [this.#inbox.address.id];
    return name === "theirs" ? [theirId] : [];
  }

  #expectRightful(holds: (ids: readonly string[], wanted: readonly string[]) => boolean): void {
    for (const name of ["mine", "theirs"]) {
      const ids = this.#service.names.lookupAll(name).map(({ id }) => id);
      expectThat(holds(ids, this.#rightful(name)), `${name} is claimed by ${ids.join(" ")}`);
    }
  }
}

function isOurs(name: string): boolean {
  return name === "mine" || name === "theirs";
}

function contentOf<M>(mailbox: Mailbox<M>): M[] {
  return Array.from({ length: mailbox.messageCount }, () => mailbox.tryReceive() as M);
}

interface Said {
  readonly types: readonly number[];
  /** So many frames may be messages, or end one. */
  readonly messages: number;
  /** The names that it may have claimed. */
  readonly names: readonly string[];
  /** Whether it ends with the end of a frame. */
  readonly whole: boolean;
  /** Whether a message in it may be for the mailbox that watches, which takes any. */
  readonly toWatcher: boolean;
}

const watcherBytes = Buffer.from(varintBytes(inboxNumber + farAway + 1));

const decoder = new TextDecoder();

function framesOf(stream: Uint8Array): Said {
  const view = new DataView(stream.buffer, stream.byteOffset, stream.length);
  const types: number[] = [];
  const found = new Set<string>(names);
  let at = 0;
  while (at + 5 <= stream.length) {
    const end = at + 4 + view.getUint32(at);
    if (end > stream.length || end === at + 4) break;
    const type = stream[at + 4] ?? 0;
    types.push(type);
    if (type === claim) addNames(stream.subarray(at + 5, end), found);
    at = end;
  }
  const carriers: readonly number[] = [message, routed, begin, piece];
  const messages = types.filter((type) => carriers.includes(type)).length;
  const toWatcher = Buffer.from(stream).includes(watcherBytes);
  return { types, messages, names: [...found], whole: at === stream.length, toWatcher };
}

/** Wherever its number ends, the name is one of these. */
function addNames(body: Uint8Array, found: Set<string>): void {
  for (let at = 1; at <= Math.min(body.length, 10); at++) {
    found.add(decoder.decode(body.subarray(at)));
  }
}
