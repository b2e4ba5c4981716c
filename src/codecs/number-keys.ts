/**
 * Keeps a peer from choosing numbers as keys of a `Map` or `Set` that all fall in one bucket.
 *
 * V8 hashes text with a secret seed, but numbers and bigints without: anybody can work out 65,000
 * numbers of which each is compared with all before it, and half a megabyte takes seconds. So large
 * collections are checked before each insertion, with V8's own function: as long as no bucket holds
 * more than a few times what chance puts there, insertion stays linear. An encoder checks as well,
 * so that what it sends is taken.
 *
 * The function is that of V8's `ComputeUnseededHash` and `ComputeLongHash`, unchanged for ten
 * years. Should V8 seed it one day, this check loses its use and does no harm.
 */

/** Smaller collections are quick in any case. */
const fewKeys = 256;
/** Chance puts two keys in a bucket, and among millions of buckets hardly ever more than 16. */
const mostInBucket = 64;

export const collidingKeys: string = "among too many number keys that V8 keeps in one bucket";

export class NumberKeys {
  readonly #buckets: Uint8Array;
  readonly #long = new LongHash();

  private constructor(size: number) {
    this.#buckets = new Uint8Array(2 ** Math.ceil(Math.log2(size / 2)));
  }

  /** For a collection that will hold `size` keys; `undefined` when it needs no check. */
  static guarding(size: number): NumberKeys | undefined {
    return size > fewKeys ? new NumberKeys(size) : undefined;
  }

  /** Whether `key` may go in, which text and objects always may. */
  admit(key: unknown): boolean {
    if (typeof key !== "number" && typeof key !== "bigint") return true;
    const bucket = this.#hash(key) & (this.#buckets.length - 1);
    const held = (this.#buckets[bucket] as number) + 1;
    this.#buckets[bucket] = held;
    return held <= mostInBucket;
  }

  #hash(key: number | bigint): number {
    if (typeof key === "bigint") return this.#long.ofBigint(key);
    return (key | 0) === key ? hashOfInt(key | 0) : this.#long.ofDouble(key);
  }
}

/** The 64 bits that V8 hashes, as two halves; bigints would take ten times as long. */
class LongHash {
  readonly #double = new Float64Array(1);
  readonly #long = new BigUint64Array(this.#double.buffer);
  readonly #halves = new Uint32Array(this.#double.buffer);
  #low = 0;
  #high = 0;

  ofDouble(key: number): number {
    this.#double[0] = key;
    return this.#hash();
  }

  /** Of a bigint, V8 takes the lowest 64 bits alone. */
  ofBigint(key: bigint): number {
    this.#long[0] = key < 0n ? -key : key;
    return this.#hash();
  }

  #hash(): number {
    this.#low = this.#halves[lowHalf] as number;
    this.#high = this.#halves[1 - lowHalf] as number;
    // ~h + (h << 18)
    const low = this.#low << 18;
    const high = (this.#high << 18) | (this.#low >>> 14);
    this.#low = ~this.#low >>> 0;
    this.#high = ~this.#high;
    this.#add(low, high);
    this.#mix(31);
    // 21 h = h + 4 h + 16 h
    this.#addShifted(2, 4);
    this.#mix(11);
    this.#addShifted(6);
    this.#mix(22);
    return this.#low & 0x3fff_ffff;
  }

  /** h ^= h >> bits */
  #mix(bits: number): void {
    this.#low = (this.#low ^ ((this.#low >>> bits) | (this.#high << (32 - bits)))) >>> 0;
    this.#high ^= this.#high >>> bits;
  }

  /** h += h << bits, with the same h for each of them. */
  #addShifted(...shifts: readonly number[]): void {
    const low = this.#low;
    const high = this.#high;
    for (const bits of shifts) {
      this.#add(low << bits, (high << bits) | (low >>> (32 - bits)));
    }
  }

  #add(low: number, high: number): void {
    const sum = this.#low + (low >>> 0);
    this.#low = sum >>> 0;
    this.#high = (this.#high + high + (sum > 0xffff_ffff ? 1 : 0)) | 0;
  }
}

/** Which of two halves comes first on this machine. */
const lowHalf = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 0 : 1;

function hashOfInt(key: number): number {
  let hash = (~key + (key << 15)) | 0;
  hash ^= hash >>> 12;
  hash = (hash + (hash << 2)) | 0;
  hash ^= hash >>> 4;
  hash = Math.imul(hash, 2057);
  return hash ^ (hash >>> 16);
}
