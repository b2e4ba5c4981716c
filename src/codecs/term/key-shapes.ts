/**
 * What the decoder knows of the keys that stand in front of objects.
 *
 * All keys of an object come in one piece, so that one comparison of bytes gives the whole list of
 * them, already made and interned by V8. How many lists are remembered is fixed: what a peer makes
 * up costs time in proportion to its bytes, and some hundreds of kilobytes a link at most.
 */
import { DecodeError } from "../../core/errors.ts";
import { ByteReader, copyOf } from "./byte-reader.ts";
import { isIndexKey } from "./index-key.ts";
import { setOwn } from "./own-property.ts";
import { mostKeysInFront } from "./tags.ts";
import { readText } from "./text.ts";

const mostRemembered = 256;

export interface KeyShape {
  readonly keyBytes: Uint8Array;
  readonly keys: readonly string[];
  /** Whether plain assignment makes an own property of each key; `__proto__` is one it does not. */
  readonly assignable: boolean;
}

export class KeyShapes {
  readonly #byHash = new Map<number, KeyShape>();

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
    const shape = parse(copyOf(bytes, start, length), count);
    if (this.#byHash.size >= mostRemembered) this.#byHash.clear();
    this.#byHash.set(hash, shape);
    return shape;
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

function parse(keyBytes: Uint8Array, count: number): KeyShape {
  if (count > mostKeysInFront) throw new DecodeError("Too many keys in front of an object.");
  const input = new ByteReader(keyBytes, 0, keyBytes.length);
  const object = {};
  let assignable = true;
  for (let i = 0; i < count; i++) {
    const key = readText(input, input.byte());
    if (isIndexKey(key)) throw new DecodeError("An index stands among the keys of an object.");
    if (key in Object.prototype) assignable = false;
    setOwn(object, key, 0);
  }
  // An object's own list of keys has the strings that V8 compares by their pointers.
  const keys = Object.keys(object);
  if (keys.length !== count) throw new DecodeError("A key stands twice in one object.");
  if (input.remaining > 0) throw new DecodeError("More keys than properties of an object.");
  return { keyBytes, keys, assignable };
}
