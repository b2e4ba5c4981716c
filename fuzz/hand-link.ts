/**
 * A link whose other end is here: what is pushed comes in at once, and what the node writes is kept
 * as frames. Everything happens within the call, so that hundreds of thousands fit in a second.
 */
import { FrameReader, type FrameSink } from "../src/core/frame-reader.ts";
import type { Link, LinkEvents } from "../src/ports/carrier.ts";

export interface SentFrame {
  readonly type: number;
  readonly body: Uint8Array;
}

export class HandLink implements Link, FrameSink {
  readonly peer: string;
  readonly pendingBytes = 0;
  /** What the node has written. */
  sent: SentFrame[] = [];
  admitted = false;
  /** How the node has ended it. */
  end: "close" | "destroy" | undefined;
  #events: LinkEvents | undefined;
  #told = false;
  readonly #reader = new FrameReader(2 ** 24);

  constructor(peer: string) {
    this.peer = peer;
  }

  subscribe(events: LinkEvents): void {
    this.#events = events;
  }

  write(bytes: Uint8Array): void {
    this.#reader.push(bytes, this);
  }

  admit(): void {
    this.admitted = true;
  }

  close(): void {
    this.end ??= "close";
  }

  destroy(): void {
    this.end ??= "destroy";
  }

  onFrame(type: number, bytes: Uint8Array, start: number, end: number): boolean {
    this.sent.push({ type, body: bytes.slice(start, end) });
    return true;
  }

  /** The other end says this. Nothing comes in on a link that is over. */
  push(bytes: Uint8Array): void {
    if (this.end === undefined && !this.#told) this.#events?.onBytes(bytes);
  }

  /** The link goes down, as the other end or the node has wanted it. */
  down(): void {
    if (this.#told) return;
    this.#told = true;
    this.#events?.onDown({ reason: "the other end is gone", refused: false });
  }
}
