/**
 * The message of the remote cases: an object of six fields, about 100 bytes on the wire.
 *
 * Beside it stands the fastest way of turning just this shape into bytes and back, with nothing
 * checked: what the raw contestants use.
 */
export interface Item {
  readonly id: number;
  readonly name: string;
  readonly price: number;
  readonly tags: readonly string[];
  readonly active: boolean;
  readonly note: string;
}

const poolSize = 1024;
const tags = ["tools", "garden", "kitchen", "new", "reduced", "heavy"];

/**
 * Items made beforehand, so that making them is not measured. Number `i` of a round is number
 * `i % items.length` here, which is its `id`.
 */
const items: readonly Item[] = Array.from({ length: poolSize }, (_, id) => ({
  id,
  name: `article ${100_000 + id}`,
  price: 9.95 + id * 3,
  tags: [tags[id % 3] ?? "", tags[3 + (id % 3)] ?? ""],
  active: id % 3 !== 0,
  note: "ships in three days, if it is in stock",
}));

/** The item that message `index` of a round carries. */
export function itemOf(index: number): Item {
  return items[index & (poolSize - 1)] as Item;
}

export function expectItem(item: Item, index: number): void {
  const expected = itemOf(index);
  if (item.id !== expected.id || item.note.length !== expected.note.length) {
    throw new Error(`Expected item ${expected.id}, got ${JSON.stringify(item)}.`);
  }
}

/** More than any item takes. */
export const itemRoom = 256;
const double = new Float64Array(1);
const doubleBytes = new Uint8Array(double.buffer);

/** Writes `item` at `place`, and gives the place behind it. */
export function writeItem(item: Item, bytes: Uint8Array, place: number): number {
  let at = writeUint32(item.id, bytes, place);
  double[0] = item.price;
  for (let i = 0; i < 8; i++) bytes[at + i] = doubleBytes[i] as number;
  at += 8;
  bytes[at++] = item.active ? 1 : 0;
  at = writeAscii(item.name, bytes, at);
  at = writeAscii(item.note, bytes, at);
  bytes[at++] = item.tags.length;
  for (const tag of item.tags) at = writeAscii(tag, bytes, at);
  return at;
}

export function readItem(bytes: Buffer, start: number): Item {
  const id = readUint32(bytes, start);
  let at = start + 4;
  for (let i = 0; i < 8; i++) doubleBytes[i] = bytes[at + i] as number;
  const price = double[0] as number;
  const active = bytes[at + 8] === 1;
  at += 9;
  const name = readAscii(bytes, at);
  at += 1 + name.length;
  const note = readAscii(bytes, at);
  at += 1 + note.length;
  const count = bytes[at++] as number;
  const found: string[] = [];
  for (let i = 0; i < count; i++) {
    const tag = readAscii(bytes, at);
    at += 1 + tag.length;
    found.push(tag);
  }
  return { id, name, price, tags: found, active, note };
}

export function writeUint32(value: number, bytes: Uint8Array, place: number): number {
  bytes[place] = value >>> 24;
  bytes[place + 1] = value >>> 16;
  bytes[place + 2] = value >>> 8;
  bytes[place + 3] = value;
  return place + 4;
}

export function readUint32(bytes: Uint8Array, place: number): number {
  const [a, b, c, d] = [bytes[place], bytes[place + 1], bytes[place + 2], bytes[place + 3]];
  return (((a ?? 0) << 24) | ((b ?? 0) << 16) | ((c ?? 0) << 8) | (d ?? 0)) >>> 0;
}

function writeAscii(text: string, bytes: Uint8Array, place: number): number {
  bytes[place] = text.length;
  for (let i = 0; i < text.length; i++) bytes[place + 1 + i] = text.charCodeAt(i);
  return place + 1 + text.length;
}

function readAscii(bytes: Buffer, place: number): string {
  return bytes.toString("latin1", place + 1, place + 1 + (bytes[place] as number));
}
