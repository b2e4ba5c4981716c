/**
 * How many values each kind counts as, so that `maxValues` bounds memory and not only a number.
 *
 * A decoded message may cost 64 bytes a value (guarantee G29), beside four bytes for each byte that
 * came. An empty `Map` is one byte on the wire and 184 in V8's heap, so it counts as four values.
 * The bytes behind each line were measured in V8 11.3 (Node.js 20) and hold up to V8 14 (Node.js
 * 26), with eight more for the table of references and rounded up;
 * `test/codecs/limits.test.ts` measures again.
 *
 * Numbers, short text, booleans, bigints and empty arrays cost less than 64 bytes and count once. A
 * container counts its elements when its length is read, so that no declared length can make the
 * decoder allocate what it may not hold.
 */
export const weight = {
  /** 56 bytes; 200 when its one key is like no other's, which needs a hidden class. */
  object: 3,
  /** 184 bytes: without a prototype, V8 always makes a hash table. */
  bareObject: 4,
  /**
   * Each key of an object that V8 keeps as a hash table: 48 bytes of table and half as much again
   * while it grows, 24 of text, and a place in V8's own table of names.
   */
  wideKey: 1,
  /** 184 bytes; its entries fit into what their keys and values count. */
  map: 4,
  /** 152 bytes. */
  set: 3,
  /** 112 bytes. */
  date: 2,
  /** 130 bytes with flags and source. */
  regExp: 4,
  /** 88 bytes, and some 150 of the allocator's for the bytes themselves. */
  arrayBuffer: 5,
  /** 112 bytes, and its buffer. */
  view: 6,
  viewOf: 3,
  /** 360 bytes in V8 11, 620 in V8 14 for a DOMException; the line in place of a stack with it. */
  error: 12,
  /** Some 350 bytes in a service that has not seen the address before. */
  address: 6,
  /** Beside the value that stands for it. 65 bytes, and 290 in V8 14 for an error. */
  instance: 4,
  mailboxClosed: 3,
  multipleClaim: 4,
} as const;

/**
 * What an object with its keys in front counts as, its values with it. Four keys count as one value
 * more: text, and room in V8's tables.
 */
export function weightOfObject(keys: number): number {
  return weight.object + keys + (keys >> 2);
}
