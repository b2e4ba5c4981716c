/**
 * What the decoder knows of the keys that stand in front of objects.
 *
 * All keys of an object come in one piece, so that one comparison of bytes gives the whole list of
 * them, already made and interned by V8. How many lists are remembered is fixed: some hundreds of
 * kilobytes a link at most.
 *
 * To learn a list costs several microseconds, most of them for the hidden classes that V8 makes of
 * keys like no others. So learning takes credit, of which each object with unknown keys earns a
 * little: the keys that a program sends are all learnt, and of those that somebody makes up, one
 * list in seventeen. The other objects are `strange`: V8 keeps them as hash tables from the start.
 */
import { DecodeError } from "../../core/errors.ts";
import { isIndexKey } from "../../core/index-key.ts";
import { setOwn } from "../../core/own-property.ts";
import { ByteReader, copyOf } from "./byte-reader.ts";
import { mostKeysInFront } from "./tags.ts";
import { readUtf8 } from "./text.ts";

const noBytes = new Uint8Array(0);
const mostRemembered = 256;
/**
 * How many objects with unknown keys earn what it costs to learn those of one:
 * a prime, so that of kinds that come in turn each gets its turn.
 */
const costOfLearning = 17;
const fullCredit = mostRemembered * costOfLearning;

export interface KeyShape {
  readonly keyBytes: Uint8Array;
  readonly keys: readonly string[];
  /** Keys that were not learnt, of which one may stand there twice. */
  readonly strange: boolean;
  /** Whether plain assignment makes an own property of each key; `__proto__` is one it does not. */
  readonly assignable: boolean;
}

export class KeyShapes {
  readonly #byHash = new Map<number, KeyShape>();
  #credit = fullCredit;

  /** Reads the keys of an object of `count` properties. */
  read(input: ByteReader, count: number): KeyShape {
    const length = input.byte();
    const start = input.skip(length);
    const { bytes } = input;
    const hash = hashOf(bytes, start, length);
    const known = this.#byHash.get(hash);
    if (known !== undefined && isAt(known.keyBytes, bytes, start, length)) {
      if (known.keys.length === count) return known;
    }
    return this.#readUnknown(input, start, length, count, hash);
  }

  #readUnknown(
    { bytes }: ByteReader,
    start: number,
    length: number,
    count: number,
    hash: number,
  ): KeyShape {
    const texts = readKeys(new ByteReader(bytes, start, start + length), count);
    this.#credit++;
    if (this.#credit < costOfLearning) {
      return { keyBytes: noBytes, keys: texts, strange: true, assignable: false };
    }
    this.#credit -= costOfLearning;
    const shape = learn(copyOf(bytes, start, length), texts);
    this.#makeRoom();
    this.#byHash.set(hash, shape);
    return shape;
  }

  /** Forgets the list that was learnt first: nobody can have all of them forgotten at once. */
  #makeRoom(): void {
    if (this.#byHash.size < mostRemembered) return;
    for (const oldest of this.#byHash.keys()) {
      this.#byHash.delete(oldest);
      return;
    }
  }
}

/**
 * Of the bytes at both ends, where keys differ most: the comparison looks at all of them anyway.
 */
function hashOf(bytes: Uint8Array, start: number, length: number): number {
  const end = start + length;
  const firstEnd = Math.min(end, start + 10);
  let hash = length;
  for (let i = start; i < firstEnd; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  for (let i = Math.max(firstEnd, end - 4); i < end; i++) {
    hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  }
  return hash >>> 2;
}

function isAt(keyBytes: Uint8Array, bytes: Uint8Array, start: number, length: number): boolean {
  if (keyBytes.length !== length) return false;
  for (let i = 0; i < length; i++) {
    if (keyBytes[i] !== bytes[start + i]) return false;
  }
  return true;
}

/** Reads the keys of an object of `count` properties, one or more, and learns them. */
export function learnKeys(input: ByteReader, count: number): KeyShape {
  const length = input.byte();
  const start = input.skip(length);
  if (count === 0) throw new DecodeError("A list of no keys.");
  const keyBytes = copyOf(input.bytes, start, length);
  return learn(keyBytes, readKeys(new ByteReader(keyBytes, 0, length), count));
}

function readKeys(input: ByteReader, count: number): string[] {
  if (count > mostKeysInFront) throw new DecodeError("Too many keys in front of an object.");
  const keys: string[] = [];
  for (let i = 0; i < count; i++) {
    const key = readUtf8(input, input.byte());
    if (isIndexKey(key)) throw new DecodeError("An index stands among the keys of an object.");
    keys.push(key);
  }
  if (input.remaining > 0) throw new DecodeError("More keys than properties of an object.");
  return keys;
}

function learn(keyBytes: Uint8Array, texts: readonly string[]): KeyShape {
  const object = {};
  let assignable = true;
  for (const key of texts) {
    if (key in Object.prototype) assignable = false;
    setOwn(object, key, 0);
  }
  // An object's own list of keys has the strings that V8 compares by their pointers.
  const keys = Object.keys(object);
  if (keys.length !== texts.length) throw keyTwice();
  return { keyBytes, keys, strange: false, assignable };
}

export function keyTwice(): DecodeError {
  return new DecodeError("A key stands twice in one object.");
}
