/**
 * The memory that what goes to one peer is put together in. It is used again when the link has let
 * go of it: new memory for every message costs more than copying the message does, most of it in
 * the garbage collector.
 *
 * Slabs that are full leave in the order in which their last bytes are handed to the link. As long
 * as much waits for the peer they come back; what is too much, or not needed when nothing waits any
 * more, is left to the garbage collector.
 */
import { BatchQueue } from "./batch-queue.ts";

type Slab = Uint8Array<ArrayBuffer>;

/** As much as may wait for a peer by default. */
const mostSpareBytes = 8 * 1024 * 1024;
/** What is kept when nothing waits. */
const idleSpareBytes = 256 * 1024;

export class Slabs {
  readonly #leaving = new BatchQueue<{ readonly slab: Slab; readonly handedAt: number }>();
  #spare: Slab[] = [];
  #spareBytes = 0;
  /** Where the batch lies that was handed over last. */
  #current: ArrayBuffer | undefined;

  get spareBytes(): number {
    return this.#spareBytes;
  }

  /** A slab of at least `neededBytes`; a new one has `roomBytes`. What is in it means nothing. */
  make(neededBytes: number, roomBytes: number): Slab {
    const most = Math.max(roomBytes, neededBytes + (neededBytes >> 1));
    const fitting = this.#spare.findIndex(({ length }) => length >= neededBytes && length <= most);
    const [slab] = fitting < 0 ? [] : this.#spare.splice(fitting, 1);
    this.#spareBytes -= slab?.length ?? 0;
    return slab ?? new Uint8Array(roomBytes);
  }

  /** Nothing is added to a slab any more. The link has been handed all of it by `handedAt`. */
  leave(memory: ArrayBuffer, handedAt: number): void {
    this.#leaving.push({ slab: new Uint8Array(memory), handedAt });
  }

  /** A batch that lies in `memory` is handed over next: a slab before that has no more of them. */
  goOn(memory: ArrayBuffer, handedAt: number): void {
    if (memory === this.#current) return;
    if (this.#current !== undefined) this.leave(this.#current, handedAt);
    this.#current = memory;
  }

  /** The link has let go of everything that it was handed before `handedAt`. */
  release(handedAt: number): void {
    for (let { first } = this.#leaving; first !== undefined; { first } = this.#leaving) {
      if (first.handedAt > handedAt) return;
      this.#leaving.shift();
      this.giveBack(first.slab);
    }
  }

  /** A slab that nobody needs, and of which nothing was ever handed over, or has been let go of. */
  giveBack(slab: Slab): void {
    if (this.#spareBytes + slab.length > mostSpareBytes) return;
    this.#spare.push(slab);
    this.#spareBytes += slab.length;
  }

  /** Nothing waits. */
  rest(): void {
    while (this.#spareBytes > idleSpareBytes) this.#spareBytes -= this.#spare.pop()?.length ?? 0;
  }
}
