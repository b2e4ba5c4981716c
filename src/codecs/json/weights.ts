/**
 * How many values each kind counts as, so that `maxValues` bounds memory and not only a number: a
 * decoded message may cost 64 bytes a value, beside four for each byte that came (guarantee G29).
 * The bytes behind each line were measured in V8; `test/codecs/limits.test.ts` measures again.
 * Containers count each value in them beside.
 */
export const weight = {
  /** 56 bytes. */
  object: 3,
  /** Beside its value: text, and a hidden class or a place in a hash table. */
  key: 1,
  /** 184 bytes: without a prototype, V8 always makes a hash table. */
  bareObject: 4,
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
  /** 360 bytes in V8 11, 620 in V8 14 for a DOMException; the line in place of a stack with it. */
  error: 12,
  /** Some 350 bytes in a service that has not seen the address before. */
  address: 6,
  mailboxClosed: 3,
  multipleClaim: 4,
  /** What is begun before its value is read; the value counts beside it. */
  instance: 3,
} as const;
