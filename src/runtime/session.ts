/**
 * A link that is up: puts what this node says into frames, and hands what the peer says to those
 * whom it concerns.
 *
 * Frames of all kinds share one stream and keep their order in it. That is what makes a close
 * notice come after the messages sent before it, and a name be gone before the notice of its
 * mailbox. What a peer can say is in the table of `frame-places.ts`; anything else ends the link.
 */
import type { Address } from "../core/address.ts";
import { type ByteWriter, TooManyBytes } from "../core/byte-writer.ts";
import { type CloseReason, closeReasons } from "../core/close-notice.ts";
import { DecodeError } from "../core/errors.ts";
import { FaultDetector } from "../core/fault-detector.ts";
import {
  BodyReader,
  beginFrame,
  endFrame,
  frameType,
  VarintReader,
  writeFrame,
  writeText,
} from "../core/frame.ts";
import { isTaken, noHandler, type TypeTaken } from "../core/frame-places.ts";
import type { Agreement } from "../core/handshake.ts";
import type { LossCause } from "../core/loss.ts";
import type { Epoch, MailboxRef, NodeId } from "../core/mailbox-id.ts";
import { maxNameBytes } from "../core/name-table.ts";
import type { LinkEnd } from "../ports/carrier.ts";
import type { Clock } from "../ports/clock.ts";
import type { Codec, CodecLimits, Decoder, Encoder } from "../ports/codec.ts";
import type { Counters } from "./counters.ts";
import type { PeerChannel } from "./peer-channel.ts";
import type { ServiceSettings } from "./settings.ts";
import type { Wire, WireListener } from "./wire.ts";

/** Whom the words of a peer concern. All are called in the order of its stream. */
export interface SessionEvents {
  onMessage(mailbox: number, message: unknown): void;
  /** Whether a message for that mailbox can be delivered at all, before it is decoded. */
  wants(mailbox: number): boolean;
  onMonitor(channel: PeerChannel, ref: number, mailbox: number): void;
  onDemonitor(channel: PeerChannel, ref: number): void;
  onNotice(channel: PeerChannel, ref: number, reason: CloseReason): void;
  onClaim(claimant: MailboxRef, name: string): void;
  onRelease(claimant: MailboxRef, name: string): void;
  /** There is room again for what `ready` waits for. */
  onRoom(): void;
  onViolation(rule: string): void;
  /** The last event, exactly once. */
  onDown(channel: PeerChannel, reason: string): void;
}

export interface SessionPorts {
  readonly clock: Clock;
  readonly codec: Codec;
  readonly codecLimits: CodecLimits;
  readonly settings: ServiceSettings;
  readonly counters: Counters;
  readonly events: SessionEvents;
  readonly addressOf: (ref: MailboxRef) => Address;
}

/** Room for everything of a frame but the message: type, mailbox number, the heads of a route. */
const frameOverheadBytes = 256;
/** So many bytes of notices, names and answers may wait beyond what messages may. */
const controlReserveBytes = 32 * 1024 * 1024;

export class Session implements PeerChannel, WireListener {
  readonly peer: NodeId;
  readonly epoch: Epoch;
  readonly maxMessageBytes: number;
  pendingNameChanges = 0;
  readonly #wire: Wire;
  readonly #ports: SessionPorts;
  readonly #maxPendingBytes: number;
  readonly #encoder: Encoder;
  readonly #decoder: Decoder;
  readonly #varint = new VarintReader();
  readonly #detector: FaultDetector;
  #timer: Disposable | undefined;
  /** Those who wait for the answer to a ping or a sync, oldest first. */
  readonly #probes = new Map<number, (alive: boolean) => void>();
  readonly #syncs = new Map<number, () => void>();
  #nextToken = 1;
  #closeReason: string | undefined;

  constructor(wire: Wire, agreement: Agreement, ports: SessionPorts) {
    const { settings, clock, codec, codecLimits } = ports;
    this.#wire = wire;
    this.#ports = ports;
    this.peer = agreement.peer;
    this.epoch = agreement.epoch;
    this.maxMessageBytes = agreement.maxMessageBytes;
    this.#maxPendingBytes = settings.maxPendingBytes;
    this.#encoder = codec.createEncoder(codecLimits);
    this.#decoder = codec.createDecoder(codecLimits, ports.addressOf);
    this.#detector = new FaultDetector(
      {
        pingIntervalMs: settings.pingInterval,
        deadlineMs: settings.deadlineInterval,
        maxPingFailures: settings.maxSequentialPingFailures,
      },
      clock.now(),
    );
    wire.promote(this, settings.maxMessageBytes + frameOverheadBytes);
    this.#scheduleCheck(settings.pingInterval);
  }

  get full(): boolean {
    return this.#wire.pendingBytes >= this.#maxPendingBytes;
  }

  sendMessage(mailbox: number, message: unknown): LossCause | undefined {
    const { full } = this;
    const out = this.#wire.beginMessage();
    let cause: LossCause | undefined;
    try {
      cause = this.#writeMessage(out, full, mailbox, message);
    } finally {
      this.#wire.endMessage(out);
    }
    if (cause === undefined) this.#wire.appended(1);
    return cause;
  }

  sendMonitor(ref: number, mailbox: number): void {
    const mark = beginFrame(this.#wire.out, frameType.monitor);
    this.#wire.out.varint(ref);
    this.#wire.out.varint(mailbox);
    endFrame(this.#wire.out, mark);
    this.#controlAppended();
  }

  sendDemonitor(ref: number): void {
    this.#control(frameType.demonitor, ref);
  }

  sendDown(ref: number, reason: CloseReason): void {
    const mark = beginFrame(this.#wire.out, frameType.down);
    this.#wire.out.varint(ref);
    this.#wire.out.byte(closeReasons.indexOf(reason));
    endFrame(this.#wire.out, mark);
    this.#controlAppended();
  }

  sendClaim(name: string, mailbox: number): void {
    this.#nameChange(frameType.claim, name, mailbox);
  }

  sendRelease(name: string, mailbox: number): void {
    this.#nameChange(frameType.release, name, mailbox);
  }

  sync(done: () => void): () => void {
    const token = this.#nextToken++;
    this.#syncs.set(token, done);
    this.#control(frameType.sync, token);
    return () => void this.#syncs.delete(token);
  }

  /** Asks the peer for a sign of life. `done` is called once: with whether it came in time. */
  probe(timeoutMs: number, done: (alive: boolean) => void): void {
    const token = this.#nextToken++;
    const timer = this.#ports.clock.after(timeoutMs, () => answer(false));
    const answer = (alive: boolean) => {
      timer[Symbol.dispose]();
      if (this.#probes.delete(token)) done(alive);
    };
    this.#probes.set(token, answer);
    this.#control(frameType.ping, token);
  }

  /** Ends the link after everything appended so far, with a goodbye if it is for good. */
  close(reason: string, goodbye = false): void {
    if (this.#wire.ended) return;
    this.#closeReason = reason;
    if (goodbye) writeFrame(this.#wire.out, frameType.goodbye);
    this.#wire.close();
  }

  /** Ends the link at once. */
  destroy(reason: string): void {
    this.#closeReason ??= reason;
    this.#wire.destroy();
  }

  onRead(): void {
    this.#detector.onRead(this.#ports.clock.now());
    // Any byte is a sign of life, also one that was sent before the question arrived.
    for (const answer of [...this.#probes.values()]) answer(true);
  }

  onFrame(type: number, bytes: Uint8Array, start: number, end: number): void {
    if (!isTaken("up", type)) return;
    if (type === frameType.message) this.#onMessage(bytes, start, end);
    else this.#onControl(type, new BodyReader(bytes, start, end));
  }

  onFlush(): void {
    this.pendingNameChanges = 0;
    this.#detector.onSent(this.#ports.clock.now());
  }

  onDrain(): void {
    this.#ports.events.onRoom();
  }

  onViolation(rule: string): void {
    this.#closeReason ??= `protocol violation: ${rule}`;
    this.#ports.counters.violations += 1;
    this.#ports.events.onViolation(rule);
  }

  onDown({ reason }: LinkEnd): void {
    this.#timer?.[Symbol.dispose]();
    this.#ports.counters.lost("link_lost", this.#wire.pendingMessages);
    this.#ports.events.onDown(this, this.#closeReason ?? reason);
    for (const answer of [...this.#probes.values()]) answer(false);
    for (const done of [...this.#syncs.values()]) done();
    this.#syncs.clear();
  }

  #onMessage(bytes: Uint8Array, start: number, end: number): void {
    const { events, counters } = this.#ports;
    this.#varint.read(bytes, start, end);
    const { value: mailbox, next } = this.#varint;
    if (end - next > this.#ports.settings.maxMessageBytes) {
      throw new DecodeError("a message is larger than this node takes");
    }
    let message: unknown;
    try {
      message = this.#decoder.decode(bytes, next, end);
    } catch (error) {
      counters.lost("unreadable");
      throw error;
    }
    if (message === undefined) throw new DecodeError("undefined is no message");
    if (events.wants(mailbox)) events.onMessage(mailbox, message);
    else counters.lost("closed");
  }

  #onControl(type: Exclude<TypeTaken<"up">, typeof frameType.message>, body: BodyReader): void {
    const { events } = this.#ports;
    switch (type) {
      case frameType.ping:
        this.#control(frameType.pong, body.varint());
        break;
      case frameType.pong:
        this.#probes.get(body.varint())?.(true);
        break;
      case frameType.monitor:
        events.onMonitor(this, body.varint(), mailboxNumber(body));
        break;
      case frameType.demonitor:
        events.onDemonitor(this, body.varint());
        break;
      case frameType.down:
        events.onNotice(this, body.varint(), this.#reason(body.byte()));
        break;
      case frameType.claim:
        events.onClaim(this.#claimant(body), body.text(maxNameBytes));
        break;
      case frameType.release:
        events.onRelease(this.#claimant(body), body.text(maxNameBytes));
        break;
      case frameType.sync:
        this.#control(frameType.synced, body.varint());
        break;
      case frameType.synced:
        this.#onSynced(body.varint());
        break;
      case frameType.goodbye:
        this.destroy("the peer stopped");
        break;
      case frameType.routed:
        this.#onRouted(body);
        return;
      default:
        noHandler(type);
    }
    body.end();
  }

  /** A frame that names its two ends. This node stands before nobody, so it is not passed on. */
  #onRouted(body: BodyReader): void {
    body.incarnation();
    const origin = body.incarnation();
    if (origin.nodeId !== this.peer || origin.epoch !== this.epoch) {
      throw new DecodeError("a peer speaks for another node");
    }
    if (body.byte() === frameType.message) this.#ports.counters.lost("unreadable");
  }

  #onSynced(token: number): void {
    const done = this.#syncs.get(token);
    this.#syncs.delete(token);
    done?.();
  }

  #claimant(body: BodyReader): MailboxRef {
    return { nodeId: this.peer, epoch: this.epoch, number: mailboxNumber(body) };
  }

  #reason(index: number): CloseReason {
    const reason = closeReasons[index];
    if (reason === undefined) throw new DecodeError("a notice with an unknown reason");
    return reason;
  }

  #nameChange(type: number, name: string, mailbox: number): void {
    const mark = beginFrame(this.#wire.out, type);
    this.#wire.out.varint(mailbox);
    writeText(this.#wire.out, name);
    endFrame(this.#wire.out, mark);
    this.pendingNameChanges += 1;
    this.#controlAppended();
  }

  #control(type: number, value: number): void {
    writeFrame(this.#wire.out, type, value);
    this.#controlAppended();
  }

  /** Leaves a whole frame in `out`, or nothing. Also a message that is refused is written first. */
  #writeMessage(
    out: ByteWriter,
    full: boolean,
    mailbox: number,
    message: unknown,
  ): LossCause | undefined {
    const mark = beginFrame(out, frameType.message);
    out.varint(mailbox);
    const bodyMark = out.mark();
    // An enormous message is given up before memory is made for it.
    out.ceiling = bodyMark + this.maxMessageBytes;
    try {
      this.#encoder.encode(message, out);
    } catch (error) {
      out.rollback(mark);
      if (error instanceof TooManyBytes) return "too_large";
      throw error;
    } finally {
      out.ceiling = Number.POSITIVE_INFINITY;
    }
    const tooLarge = out.mark() - bodyMark > this.maxMessageBytes;
    if (full || tooLarge || this.#wire.ended) {
      out.rollback(mark);
      if (this.#wire.ended) return "no_connection";
      return tooLarge ? "too_large" : "queue_full";
    }
    endFrame(out, mark);
    return undefined;
  }

  /**
   * Control frames are never refused: a notice that was dropped would be a promise broken. A peer
   * that makes this node say more and more and does not listen loses its link instead.
   */
  #controlAppended(): void {
    this.#wire.appended(0);
    const forMessages = this.#maxPendingBytes + this.maxMessageBytes;
    if (this.#wire.pendingBytes <= forMessages + controlReserveBytes) return;
    if (!this.#wire.ended) this.destroy("the peer does not read what it is sent");
  }

  #scheduleCheck(delayMs: number): void {
    this.#timer = this.#ports.clock.after(delayMs, () => this.#check());
  }

  #check(): void {
    const check = this.#detector.check(this.#ports.clock.now());
    if (check.type === "suspect") {
      // Timers run before sockets are read: let what is waiting come in before the verdict.
      this.#ports.clock.soon(() => this.#judge());
      return;
    }
    if (check.type === "ping") this.#control(frameType.ping, 0);
    this.#scheduleCheck(check.delayMs);
  }

  #judge(): void {
    if (this.#wire.ended) return;
    const verdict = this.#detector.gone(this.#ports.clock.now());
    if (verdict === true) {
      this.destroy("no sign of life from the peer");
      return;
    }
    // While this process stood still it sent no pings: the peer may wait for one, as this node
    // does.
    this.#control(frameType.ping, 0);
    this.#scheduleCheck(verdict.delayMs);
  }
}

/** Mailboxes are numbered from 1. */
function mailboxNumber(body: BodyReader): number {
  const number = body.varint();
  if (number === 0) throw new DecodeError("a mailbox has no number");
  return number;
}
