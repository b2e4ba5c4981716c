/** What a peer says of messages in pieces, and what it is told of having been heard. */
import { type Assembled, Assembly } from "../core/assembly.ts";
import { BodyReader, VarintReader } from "../core/frame.ts";
import { TakenPieces } from "../core/piece-window.ts";
import type { Decoder } from "../ports/codec.ts";
import { mailboxNumber } from "./body-values.ts";

export interface IncomingPiecesPorts {
  readonly limitBytes: number;
  readonly decoder: Decoder;
  /** Whether that mailbox is there, so that the pieces of a message for it are to be kept. */
  readonly wants: (mailbox: number) => boolean;
  /** So many bytes of pieces have come, which is to be said to the peer. */
  readonly onTaken: (bytes: number) => void;
  readonly onWhole: (mailbox: number, message: Assembled) => void;
}

/** The frames of pieces, of each of which `restBytes` are still to come. */
export class IncomingPieces {
  readonly #ports: IncomingPiecesPorts;
  readonly #assembly: Assembly;
  readonly #takenPieces = new TakenPieces();
  readonly #varint = new VarintReader();
  /** Whose piece came last, of which more may come. */
  #mailbox = 0;

  constructor(ports: IncomingPiecesPorts) {
    this.#ports = ports;
    this.#assembly = new Assembly(ports.limitBytes, ports.decoder);
  }

  onBegin(bytes: Uint8Array, start: number, end: number, restBytes: number): void {
    const body = new BodyReader(bytes, start, end);
    this.#mailbox = mailboxNumber(body);
    this.#assembly.begin(this.#mailbox, body.varint(), this.#ports.wants(this.#mailbox));
    this.onRest(bytes, body.position, end, restBytes);
  }

  onPiece(bytes: Uint8Array, start: number, end: number, restBytes: number): void {
    this.#varint.read(bytes, start, end);
    this.#mailbox = this.#varint.value;
    this.onRest(bytes, this.#varint.next, end, restBytes);
  }

  onRest(bytes: Uint8Array, start: number, end: number, restBytes: number): void {
    const mailbox = this.#mailbox;
    const whole = this.#assembly.add(mailbox, bytes, start, end, restBytes);
    const taken = this.#takenPieces.onTaken(end - start);
    if (taken !== undefined) this.#ports.onTaken(taken);
    if (whole !== undefined) this.#ports.onWhole(mailbox, whole);
  }
}
