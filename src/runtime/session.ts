/**
 * A link that is up: hands what the peer says to those whom it concerns, and says what this node
 * has to say.
 *
 * What a peer can say is in the table of `core/frame-places.ts`; anything else ends the link. In
 * which order this node's own frames go is the business of `core/outbox.ts`.
 */
import type { Assembled } from "../core/assembly.ts";
import type { CloseReason } from "../core/close-notice.ts";
import { DecodeError } from "../core/errors.ts";
import { BodyReader, frameType, pieceBytes, VarintReader } from "../core/frame.ts";
import { isTaken, noHandler, type TypeTaken } from "../core/frame-places.ts";
import type { Agreement } from "../core/handshake.ts";
import { UnknownTypeError } from "../core/instance-form.ts";
import type { LinkAccount } from "../core/link-account.ts";
import type { LossCause } from "../core/loss.ts";
import type { Epoch, MailboxRef, NodeId } from "../core/mailbox-id.ts";
import { maxNameBytes } from "../core/name-table.ts";
import type { LinkEnd } from "../ports/carrier.ts";
import type { Clock } from "../ports/clock.ts";
import type { Codec, Decoder, DecoderPorts } from "../ports/codec.ts";
import {
  checkNumber,
  checkOrigin,
  last,
  mailboxNumber,
  reasonOf,
  takeDefinition,
} from "./body-values.ts";
import { FrameSender } from "./frame-sender.ts";
import { IncomingPieces } from "./incoming-pieces.ts";
import type { Ledger } from "./ledger.ts";
import { Liveness } from "./liveness.ts";
import type { LossDetails } from "./loss-stream.ts";
import type { PeerChannel } from "./peer-channel.ts";
import { Receipts } from "./receipts.ts";
import type { ServiceSettings } from "./settings.ts";
import { Syncs } from "./syncs.ts";
import type { Wire, WireListener } from "./wire.ts";
import { WriteDeadline } from "./write-deadline.ts";

/** Whom the words of a peer concern. All are called in the order of its stream. */
export interface SessionEvents {
  onMessage(channel: PeerChannel, mailbox: number, message: unknown, bytes: number): void;
  /** Whether that mailbox is there, so that the pieces of a message for it are to be kept. */
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
  readonly coding: DecoderPorts;
  readonly settings: ServiceSettings;
  readonly ledger: Ledger;
  readonly account: LinkAccount;
  readonly events: SessionEvents;
}

type MessageType = (typeof frameType)["message" | "begin" | "piece" | "define"];
type ControlType = Exclude<TypeTaken<"up">, MessageType>;

/** So many bytes of notices, names and answers may wait beside the messages. */
const controlReserveBytes = 32 * 1024 * 1024;
const doesNotRead = "the peer does not read what it is sent";
const reserveUsedUp = "more notices, names and answers wait for the peer than may";

export class Session implements PeerChannel, WireListener {
  readonly peer: NodeId;
  readonly epoch: Epoch;
  pendingNameChanges = 0;
  readonly #wire: Wire;
  readonly #ports: SessionPorts;
  readonly #sender: FrameSender;
  readonly #liveness: Liveness;
  readonly #receipts: Receipts;
  readonly #writeDeadline: WriteDeadline | undefined;
  readonly #decoder: Decoder;
  readonly #pieces: IncomingPieces;
  readonly #varint = new VarintReader();
  readonly #syncs = new Syncs();
  /** Behind a goodbye nothing of the peer counts. */
  #state: "up" | "ending" = "up";
  #closeReason: string | undefined;

  constructor(wire: Wire, agreement: Agreement, ports: SessionPorts) {
    const { settings, clock, codec, coding, account } = ports;
    const { maxMessageBytes } = agreement;
    const { maxPendingBytes, overload, writeDeadline } = settings;
    this.#wire = wire;
    this.#ports = ports;
    this.peer = agreement.peer;
    this.epoch = agreement.epoch;
    this.#decoder = codec.createDecoder(coding);
    this.#pieces = new IncomingPieces({
      limitBytes: settings.maxMessageBytes,
      decoder: this.#decoder,
      wants: (mailbox) => ports.events.wants(mailbox),
      onTaken: (bytes) => this.#sender.number(frameType.taken, bytes),
      onWhole: (mailbox, message) => this.#onWhole(mailbox, message),
    });
    wire.promote(this, maxMessageBytes);
    const limits = { maxMessageBytes, maxPendingBytes, controlReserveBytes };
    this.#sender = new FrameSender({
      wire,
      limits,
      createEncoder: (define) => codec.createEncoder({ ...coding, define }),
      onReserveUsedUp: () => this.destroy(reserveUsedUp),
    });
    this.#liveness = new Liveness({
      clock,
      settings,
      receivedBytes: () => wire.receivedBytes,
      ping: (token) => this.#sender.number(frameType.ping, token),
      gone: () => this.destroy("no sign of life from the peer"),
    });
    this.#receipts = new Receipts(clock, account, (received) =>
      this.#sender.number(frameType.received, received),
    );
    this.#writeDeadline =
      overload === "refuse"
        ? undefined
        : new WriteDeadline({
            clock,
            deadlineMs: writeDeadline,
            takenBytes: () => wire.takenBytes,
            onMissed: () => this.destroy(doesNotRead),
          });
  }

  get maxMessageBytes(): number {
    return this.#sender.limits.maxMessageBytes;
  }

  get full(): boolean {
    return this.#sender.full;
  }

  get pendingBytes(): number {
    return this.#wire.pendingBytes;
  }

  get idle(): boolean {
    return this.#wire.idle;
  }

  sendMessage(mailbox: number, message: unknown): LossCause | undefined {
    return this.#sender.message(mailbox, message);
  }

  get refusedBytes(): number | undefined {
    return this.#sender.refusedBytes;
  }

  sendMonitor(ref: number, mailbox: number): void {
    this.#sender.monitor(ref, mailbox);
  }

  sendDemonitor(ref: number): void {
    this.#sender.number(frameType.demonitor, ref);
  }

  sendDown(ref: number, reason: CloseReason): void {
    this.#sender.down(ref, reason);
  }

  sendClaim(name: string, mailbox: number): void {
    this.pendingNameChanges += 1;
    this.#sender.nameChange(frameType.claim, name, mailbox);
  }

  sendRelease(name: string, mailbox: number): void {
    this.pendingNameChanges += 1;
    this.#sender.nameChange(frameType.release, name, mailbox);
  }

  sync(done: () => void): () => void {
    return this.#syncs.ask((token) => this.#sender.number(frameType.sync, token), done);
  }

  /** Asks the peer for a sign of life. `done` is called once: with whether it came in time. */
  probe(timeoutMs: number, done: (alive: boolean) => void): void {
    this.#liveness.probe(timeoutMs, done);
  }

  /** Ends the link for good, with a goodbye after everything appended so far. */
  close(reason: string): void {
    if (this.#wire.ended) return;
    this.#closeReason = reason;
    this.#receipts.tell();
    this.#sender.goodbye();
    this.#wire.part();
  }

  /** Ends the link at once. */
  destroy(reason: string): void {
    this.#closeReason ??= reason;
    this.#wire.destroy();
  }

  /** Takes the link for down, whatever its carrier still does with it. */
  giveUp(reason: string): void {
    this.#wire.onDown({ reason, refused: false });
  }

  onRead(): void {
    this.#liveness.onRead();
  }

  onFrame(type: number, bytes: Uint8Array, start: number, end: number, restBytes: number): void {
    if (!isTaken(this.#state, type)) return;
    if (type === frameType.message) this.#onMessage(bytes, start, end);
    else if (type === frameType.piece) this.#pieces.onPiece(bytes, start, end, restBytes);
    else if (type === frameType.begin) this.#pieces.onBegin(bytes, start, end, restBytes);
    else if (type === frameType.define) takeDefinition(this.#decoder, bytes, start, end);
    else this.#onControl(type, new BodyReader(bytes, start, end));
  }

  onRest(bytes: Uint8Array, start: number, end: number, restBytes: number): void {
    if (this.#state === "up") this.#pieces.onRest(bytes, start, end, restBytes);
  }

  onHanded(messages: number): void {
    this.#ports.account.onHanded(messages);
    this.#liveness.onSent();
    this.#writeDeadline?.onHanded();
    if (this.#wire.outbox.controlEmpty) this.pendingNameChanges = 0;
  }

  onAllTaken(): void {
    this.#writeDeadline?.end();
  }

  onDrain(): void {
    if (this.#sender.roomy) this.#ports.events.onRoom();
  }

  onViolation(rule: string): void {
    this.#closeReason ??= `protocol violation: ${rule}`;
    this.#ports.ledger.violations += 1;
    this.#ports.events.onViolation(rule);
  }

  onDown({ reason }: LinkEnd): void {
    const { ledger, account, events } = this.#ports;
    this.#writeDeadline?.end();
    this.#receipts.end();
    const details = { from: ledger.self.nodeId };
    ledger.lost("link_lost", details, this.#wire.outbox.messages);
    ledger.lost("in_doubt", details, account.onDown());
    events.onDown(this, this.#closeReason ?? reason);
    this.#liveness.end();
    this.#syncs.end();
  }

  #onMessage(bytes: Uint8Array, start: number, end: number): void {
    this.#varint.read(bytes, start, end);
    const { value: mailbox, next } = this.#varint;
    checkNumber(mailbox);
    if (end - next > pieceBytes) throw new DecodeError("a message that is too long for one frame");
    this.#receive(mailbox, bytes, next, end, end - next);
  }

  #onWhole(mailbox: number, { bytes, end, size, attachments }: Assembled): void {
    if (bytes === undefined) {
      this.#receipts.onMessage();
      this.#ports.ledger.lost("closed", this.#detailsOf(mailbox, size));
    } else this.#receive(mailbox, bytes, 0, end, size, attachments);
  }

  /** A message is here as a whole. It counts as received whatever becomes of it. */
  #receive(
    mailbox: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    size: number,
    attachments?: readonly ArrayBuffer[],
  ): void {
    const { events, settings, ledger } = this.#ports;
    if (size > settings.maxMessageBytes) {
      throw new DecodeError("a message is larger than this node takes");
    }
    this.#receipts.onMessage();
    let message: unknown;
    try {
      message = this.#decoder.decode(bytes, start, end, attachments);
      if (message === undefined) throw new DecodeError("undefined is no message");
    } catch (error) {
      ledger.undecoded(error, this.#detailsOf(mailbox, size));
      if (error instanceof UnknownTypeError) return;
      throw error;
    }
    events.onMessage(this, mailbox, message, size);
  }

  #detailsOf(number: number, size: number): LossDetails {
    return { from: this.peer, to: this.#ports.ledger.mailbox(number), size };
  }

  /** Each frame is read to its end before anything is done about it. */
  #onControl(type: ControlType, body: BodyReader): void {
    const { events } = this.#ports;
    switch (type) {
      case frameType.ping:
        this.#sender.number(frameType.pong, last(body, body.varint()));
        break;
      case frameType.pong:
        // That it came was the answer.
        last(body, body.varint());
        break;
      case frameType.received:
        this.#ports.account.onReceipt(last(body, body.varint()));
        break;
      case frameType.taken:
        this.#onTaken(last(body, body.varint()));
        break;
      case frameType.monitor:
        events.onMonitor(this, body.varint(), last(body, mailboxNumber(body)));
        break;
      case frameType.demonitor:
        events.onDemonitor(this, last(body, body.varint()));
        break;
      case frameType.down:
        events.onNotice(this, body.varint(), last(body, reasonOf(body.byte())));
        break;
      case frameType.claim:
        events.onClaim(this.#claimant(body), last(body, body.text(maxNameBytes)));
        break;
      case frameType.release:
        events.onRelease(this.#claimant(body), last(body, body.text(maxNameBytes)));
        break;
      case frameType.sync:
        this.#sender.number(frameType.synced, last(body, body.varint()));
        break;
      case frameType.synced:
        this.#syncs.answered(last(body, body.varint()));
        break;
      case frameType.goodbye:
        body.end();
        this.#onGoodbye();
        break;
      case frameType.routed:
        this.#onRouted(body);
        break;
      default:
        noHandler(type);
    }
  }

  #onTaken(bytes: number): void {
    this.#wire.outbox.pieceWindow.onTaken(bytes);
    this.#wire.appended();
  }

  /**
   * The peer says nothing more. Whoever began ends the link then, with a last word on what it has
   * had; the other one says what it still has to say, and waits for that.
   */
  #onGoodbye(): void {
    this.#state = "ending";
    const began = this.#wire.ended;
    this.#receipts.tell();
    if (began) {
      this.#wire.close();
      return;
    }
    this.#closeReason ??= "the peer stopped";
    this.#sender.goodbye();
    this.#wire.part();
  }

  /** A frame that names its two ends. This node stands before nobody, so it is not passed on. */
  #onRouted(body: BodyReader): void {
    checkOrigin(body, { nodeId: this.peer, epoch: this.epoch });
    if (body.byte() === frameType.message) {
      this.#ports.ledger.lost("unreadable", { from: this.peer });
    }
  }

  #claimant(body: BodyReader): MailboxRef {
    return { nodeId: this.peer, epoch: this.epoch, number: mailboxNumber(body) };
  }
}
