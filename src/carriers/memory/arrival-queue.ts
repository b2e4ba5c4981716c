/** Bytes on their way, in order, each write with the moment at which it has arrived. */

interface Write {
  readonly bytes: Uint8Array;
  readonly arrivesAt: number;
}

export class ArrivalQueue {
  readonly #writes: Write[] = [];
  /** How many at the front of `#writes` have been taken whole. */
  #taken = 0;
  /** How much of the first that is left has been taken. */
  #offset = 0;
  #byteCount = 0;

  get byteCount(): number {
    return this.#byteCount;
  }

  /** When the next byte arrives; `undefined` when none is on its way. */
  get nextArrival(): number | undefined {
    return this.#writes[this.#taken]?.arrivesAt;
  }

  add(bytes: Uint8Array, arrivesAt: number): void {
    if (bytes.length === 0) return;
    this.#writes.push({ bytes, arrivesAt });
    this.#byteCount += bytes.length;
  }

  /** How many bytes have arrived, up to `limitBytes`. */
  arrived(now: number, limitBytes: number): number {
    let count = -this.#offset;
    for (let i = this.#taken; i < this.#writes.length && count < limitBytes; i++) {
      const write = this.#writes[i];
      if (write === undefined || write.arrivesAt > now) break;
      count += write.bytes.length;
    }
    return Math.max(0, Math.min(count, limitBytes));
  }

  /** Takes the next `count` bytes, of which there are as many, as bytes of their own. */
  take(count: number): Uint8Array {
    const taken = new Uint8Array(count);
    for (let filled = 0; filled < count; ) {
      const write = this.#writes[this.#taken];
      if (write === undefined) break;
      const piece = write.bytes.subarray(this.#offset, this.#offset + count - filled);
      taken.set(piece, filled);
      filled += piece.length;
      this.#offset += piece.length;
      if (this.#offset === write.bytes.length) this.#dropFirst();
    }
    this.#byteCount -= count;
    return taken;
  }

  clear(): void {
    this.#writes.length = 0;
    this.#taken = 0;
    this.#offset = 0;
    this.#byteCount = 0;
  }

  #dropFirst(): void {
    this.#offset = 0;
    this.#taken += 1;
    if (this.#taken * 2 < this.#writes.length) return;
    this.#writes.splice(0, this.#taken);
    this.#taken = 0;
  }
}
