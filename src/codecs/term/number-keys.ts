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
    const bucket = hash(key) & (this.#buckets.length - 1);
    const held = (this.#buckets[bucket] as number) + 1;
    this.#buckets[bucket] = held;
    return held <= mostInBucket;
  }
}

function hash(key: number | bigint): number {
  if (typeof key === "bigint") return hashOfLong(key < 0n ? -key : key);
  return (key | 0) === key ? hashOfInt(key | 0) : hashOfLong(bitsOf(key));
}

function hashOfInt(key: number): number {
  let hash = (~key + (key << 15)) | 0;
  hash ^= hash >>> 12;
  hash = (hash + (hash << 2)) | 0;
  hash ^= hash >>> 4;
  hash = Math.imul(hash, 2057);
  return hash ^ (hash >>> 16);
}

/** Of a bigint, V8 takes the lowest 64 bits alone. */
function hashOfLong(key: bigint): number {
  let hash = BigInt.asUintN(64, key);
  hash = BigInt.asUintN(64, ~hash + (hash << 18n));
  hash ^= hash >> 31n;
  hash = BigInt.asUintN(64, hash * 21n);
  hash ^= hash >> 11n;
  hash = BigInt.asUintN(64, hash + (hash << 6n));
  hash ^= hash >> 22n;
  return Number(hash & 0x3fff_ffffn);
}

function bitsOf(key: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, key);
  return view.getBigUint64(0);
}
