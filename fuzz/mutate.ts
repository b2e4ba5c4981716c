/** Ways to spoil an input. Each makes a new one, and looks at nothing but bytes. */
import { joined, noBytes } from "./bytes.ts";
import type { Draw } from "./draw.ts";

/** What spoilt inputs are made of. */
export interface Matter {
  /** Other inputs. */
  readonly pool: readonly Uint8Array[];
  readonly tokens: readonly Uint8Array[];
  readonly maxBytes: number;
}

type Way = (input: Uint8Array, draw: Draw, matter: Matter) => Uint8Array;

const edges = [0, 1, 2, 0x3f, 0x40, 0x7f, 0x80, 0x81, 0xc0, 0xfe, 0xff];
const fourByteEdges = [0, 1, 2, 0xff, 0x1_00ff, 0x1_0100, 0x1_0101, 0x7fff_ffff, 0xffff_ffff];
const mostRepeats = 40;

/** At a place, so many bytes give way to others. */
function replaced(input: Uint8Array, at: number, gone: number, by: Uint8Array): Uint8Array {
  return joined(input.subarray(0, at), by, input.subarray(at + gone));
}

function changed(input: Uint8Array, at: number, byte: number): Uint8Array {
  const copy = input.slice();
  if (at < copy.length) copy[at] = byte;
  return copy;
}

/** A part of an input, mostly a short one. */
function part(input: Uint8Array, draw: Draw): Uint8Array {
  const start = draw.below(input.length + 1);
  return input.subarray(start, start + 1 + draw.size(input.length - start));
}

const flipBit: Way = (input, draw) => {
  const at = draw.below(input.length);
  return changed(input, at, (input[at] ?? 0) ^ (1 << draw.below(8)));
};

const setByte: Way = (input, draw) =>
  changed(input, draw.below(input.length), draw.oneIn(2) ? draw.of(edges) : draw.below(256));

const stepByte: Way = (input, draw) => {
  const at = draw.below(input.length);
  return changed(input, at, (input[at] ?? 0) + (draw.oneIn(2) ? 1 : 255));
};

const insert: Way = (input, draw) => {
  const bytes = draw.oneIn(2)
    ? new Uint8Array(1 + draw.below(4)).fill(draw.of(edges))
    : draw.bytes(1 + draw.below(6));
  return replaced(input, draw.below(input.length + 1), 0, bytes);
};

const remove: Way = (input, draw) =>
  replaced(input, draw.below(input.length), 1 + draw.size(input.length), noBytes);

const truncate: Way = (input, draw) => input.slice(0, draw.below(input.length + 1));

const repeat: Way = (input, draw) => {
  const chunk = part(input, draw);
  const times = 1 + draw.size(mostRepeats);
  return replaced(
    input,
    draw.below(input.length + 1),
    0,
    joined(...new Array<Uint8Array>(times).fill(chunk)),
  );
};

const splice: Way = (input, draw, { pool }) => {
  const other = pool.length === 0 ? input : draw.of(pool);
  return joined(
    input.subarray(0, draw.below(input.length + 1)),
    other.subarray(draw.below(other.length + 1)),
  );
};

const borrow: Way = (input, draw, { pool }) => {
  const chunk = part(pool.length === 0 ? input : draw.of(pool), draw);
  const gone = draw.oneIn(2) ? chunk.length : 0;
  return replaced(input, draw.below(input.length + 1), gone, chunk);
};

const fourBytes: Way = (input, draw) => {
  const word = new Uint8Array(4);
  new DataView(word.buffer).setUint32(0, draw.of(fourByteEdges));
  return replaced(input, draw.below(input.length + 1), draw.oneIn(4) ? 0 : 4, word);
};

const token: Way = (input, draw, { tokens }) => {
  const chunk = tokens.length === 0 ? noBytes : draw.of(tokens);
  const gone = draw.oneIn(2) ? chunk.length : 0;
  return replaced(input, draw.below(input.length + 1), gone, chunk);
};

const ways: readonly Way[] = [
  ...[flipBit, setByte, setByte, stepByte, insert, remove, truncate, repeat],
  ...[splice, borrow, fourBytes, token, token],
];

/** Spoils an input in so many ways, one after the other. */
export function mutate(input: Uint8Array, times: number, draw: Draw, matter: Matter): Uint8Array {
  let spoilt = input;
  for (let i = 0; i < times; i++) {
    spoilt = draw.of(ways)(spoilt, draw, matter);
    if (spoilt.length > matter.maxBytes) spoilt = spoilt.subarray(0, matter.maxBytes);
  }
  return spoilt;
}
