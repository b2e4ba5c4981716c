/**
 * Keys of objects that are array indices, such as `"17"`.
 *
 * V8 keeps properties with such keys apart from the others, and an object with the one key `"1000"`
 * gets room for all below it: twelve kilobytes for six bytes on the wire. So they travel as
 * numbers in the term format, and whoever makes an object of such keys has it keep a hash table.
 */
const mostIndex = 2 ** 32 - 2;

export function isIndexKey(key: string): boolean {
  const first = key.charCodeAt(0);
  if (first < 0x30 || first > 0x39 || key.length > 10) return false;
  const index = Number(key);
  return isIndex(index) && String(index) === key;
}

export function isIndex(value: number): boolean {
  return value >>> 0 === value && value <= mostIndex && !Object.is(value, -0);
}

/**
 * Has V8 keep the object's index keys in a hash table, for ever: it does so as soon as it has seen
 * an index beyond 2^29. That table's hash is seeded, so that a peer cannot make keys collide.
 */
export function keepIndexesSparse(object: object): void {
  Reflect.set(object, mostIndex, 0);
  Reflect.deleteProperty(object, mostIndex);
}
