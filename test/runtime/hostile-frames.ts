/**
 * What a peer with a good certificate can say that it must not, made by kinds and values: every
 * length lies, every number and text is malformed, every enum unknown, every id somebody else's.
 *
 * The rows are bytes, so that they are the same on any carrier. The victim is node 1, and watches
 * the mailboxes 1 and 2 of node 2, which speaks by hand: the victim's questions are 1 and 2.
 */
import { ByteWriter } from "../../src/core/byte-writer.ts";
import { beginFrame, endFrame, frameType, writeIncarnation } from "../../src/core/frame.ts";
import type { framePlaces } from "../../src/core/frame-places.ts";
import type { Incarnation } from "../../src/core/mailbox-id.ts";
import { maxNameBytes } from "../../src/core/name-table.ts";
import { termLies } from "../codecs/term-lies.ts";
import { documentedPlaces } from "../core/protocol-document.ts";

/** Who and what a row is about. */
export interface Victim {
  /** A mailbox of node 1 that is open. */
  readonly inbox: number;
  /** The largest frame that node 1 takes, behind its length. */
  readonly limitBytes: number;
  readonly one: Incarnation;
  readonly two: Incarnation;
  readonly three: Incarnation;
}

export interface HostileRow {
  readonly what: string;
  /** Whether it ends the link; what does not is passed over or does what it may. */
  readonly ends: boolean;
  bytes(victim: Victim): Uint8Array[];
}

type Taken = keyof (typeof framePlaces)["up"]["taken"];
type Kind = "number" | "text" | "reason" | "incarnation" | "term" | "keys" | "rest";

interface Field {
  readonly kind: Kind;
  bytes(victim: Victim): Uint8Array;
}

const utf8 = new TextEncoder();

function written(write: (out: ByteWriter) => void): Uint8Array {
  const out = new ByteWriter(64);
  write(out);
  return out.take();
}

function varint(value: number): Uint8Array {
  return written((out) => out.varint(value));
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** A frame, whose length may say something else than it has. */
function frame(type: number, body: Uint8Array, declared = body.length + 1): Uint8Array {
  const bytes = written((out) => {
    const mark = beginFrame(out, type);
    out.raw(body);
    endFrame(out, mark);
  });
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(0, declared);
  return bytes;
}

const number = (value: number): Field => ({ kind: "number", bytes: () => varint(value) });
const incarnation = (of: (victim: Victim) => Incarnation): Field => ({
  kind: "incarnation",
  bytes: (victim) => written((out) => writeIncarnation(out, of(victim))),
});
const inbox: Field = { kind: "number", bytes: (victim) => varint(victim.inbox) };
const name: Field = { kind: "text", bytes: () => joined(varint(4), utf8.encode("evil")) };
const two = incarnation((victim) => victim.two);
const three = incarnation((victim) => victim.three);

/** Each frame that a link takes, as a node would send it. */
const layouts: { readonly [type in Taken]: readonly Field[] } = {
  goodbye: [],
  ping: [number(7)],
  pong: [number(7)],
  message: [inbox, { kind: "term", bytes: () => Uint8Array.of(0x83, 0x61, 0x62, 0x63) }],
  routed: [three, two, { kind: "rest", bytes: () => Uint8Array.of(frameType.message, 1, 0) }],
  begin: [inbox, number(70_000), { kind: "rest", bytes: () => Uint8Array.of(1, 2, 3) }],
  piece: [inbox, { kind: "rest", bytes: () => Uint8Array.of(1, 2, 3) }],
  received: [number(0)],
  taken: [number(0)],
  define: [{ kind: "keys", bytes: () => Uint8Array.of(1, 3, 2, 0x69, 0x64) }],
  monitor: [number(9), inbox],
  demonitor: [number(9)],
  down: [number(1), { kind: "reason", bytes: () => Uint8Array.of(0) }],
  claim: [number(1), name],
  release: [number(1), name],
  sync: [number(7)],
  synced: [number(7)],
};

function bodyOf(fields: readonly Field[], victim: Victim): Uint8Array {
  return joined(...fields.map((field) => field.bytes(victim)));
}

/** The frame with one field in place of another. */
function withField(type: Taken, at: number, bytes: (victim: Victim) => Uint8Array) {
  const fields = layouts[type];
  return (victim: Victim) => {
    const parts = fields.map((field, i) => (i === at ? bytes(victim) : field.bytes(victim)));
    return [frame(frameType[type], joined(...parts))];
  };
}

function lyingLengths(type: Taken, fields: readonly Field[]): HostileRow[] {
  const lie = (what: string, declared: (bytes: number, victim: Victim) => number): HostileRow => ({
    what: `${type}: a length of ${what}`,
    ends: true,
    bytes: (victim) => {
      const body = bodyOf(fields, victim);
      return [frame(frameType[type], body, declared(body.length + 1, victim))];
    },
  });
  const longer: HostileRow = {
    what: `${type}: a byte more than it has a use for`,
    // What a routed frame holds is not looked into, and a message in pieces may have any bytes.
    ends: type !== "routed" && type !== "begin",
    bytes: (victim) => [frame(frameType[type], joined(bodyOf(fields, victim), Uint8Array.of(0)))],
  };
  const rows = [
    lie("0", () => 0),
    lie("one more than the limit", (_bytes, victim) => victim.limitBytes + 1),
    lie("2^31", () => 2 ** 31),
    lie("2^32 - 1", () => 2 ** 32 - 1),
    longer,
  ];
  return fields.length === 0 ? rows : [...rows, lie("1", () => 1)];
}

function truncations(type: Taken, fields: readonly Field[]): HostileRow[] {
  const needed = fields.filter(({ kind }) => kind !== "rest");
  const { length } = bodyOf(needed, exampleVictim);
  return Array.from({ length }, (_, i) => ({
    what: `${type}: ${i + 1} bytes short`,
    ends: true,
    bytes: (victim: Victim) => {
      const whole = bodyOf(needed, victim);
      return [frame(frameType[type], whole.subarray(0, whole.length - i - 1))];
    },
  }));
}

/** Lengths alone, no values: the layouts are of the same length with other victims. */
const exampleVictim: Victim = {
  inbox: 1,
  limitBytes: 0,
  one: { nodeId: "1", epoch: "0000000000000001" },
  two: { nodeId: "2", epoch: "0000000000000001" },
  three: { nodeId: "3", epoch: "0000000000000001" },
};

const badNumbers: readonly (readonly [what: string, bytes: readonly number[]])[] = [
  ["nothing", []],
  ["zero padded to two bytes", [0x80, 0]],
  ["one padded to three bytes", [0x81, 0x80, 0]],
  ["2^53", [...Array(7).fill(0x80), 0x10]],
  ["2^64 - 1", [...Array(9).fill(0xff), 1]],
  ["a number that does not end", Array(12).fill(0x80)],
];

const badTexts: readonly (readonly [what: string, bytes: readonly number[]])[] = [
  ["no length", []],
  ["a length of 0 before five bytes", [0, ...utf8.encode("abcde")]],
  ["a length of 1 before five bytes", [1, ...utf8.encode("abcde")]],
  ["a length one short", [4, ...utf8.encode("abcde")]],
  ["a length one too many", [6, ...utf8.encode("abcde")]],
  ["the longest length and one byte", [0x80, 0x08, 0x61]],
  ["one more than the longest name", [0x81, 0x08, ...Array(maxNameBytes + 1).fill(0x61)]],
  ["a length of 2^53 - 1", [...Array(7).fill(0xff), 0x0f]],
  ["a length of 2^53", [...Array(7).fill(0x80), 0x10]],
  ["a continuation byte alone", [1, 0x80]],
  ["a sequence cut short", [2, 0xe2, 0x82]],
  ["an overlong slash", [2, 0xc0, 0xaf]],
  ["half of a surrogate pair", [3, 0xed, 0xa0, 0x80]],
  ["a character beyond Unicode", [4, 0xf4, 0x90, 0x80, 0x80]],
];

/** What a definition may not be, under the codec that nodes speak. */
const badKeys: readonly (readonly [what: string, bytes: readonly number[]])[] = [
  ["nothing", []],
  ["a count alone", [1]],
  ["no keys", [0, 0]],
  ["keys longer than the frame", [1, 4, 2, 0x69, 0x64]],
  ["keys that end within a key", [1, 2, 2, 0x69]],
  ["fewer keys than it says", [2, 3, 2, 0x69, 0x64]],
  ["more keys than it says", [1, 4, 1, 0x69, 1, 0x64]],
  ["a key twice", [2, 4, 1, 0x69, 1, 0x69]],
  ["an index", [1, 2, 1, 0x31]],
  ["a key that is not UTF-8", [1, 3, 2, 0xc3, 0x28]],
  ["33 keys", [33, 99, ...Array.from({ length: 33 }, (_, i) => [2, 0x61, 0x41 + i]).flat()]],
];

const epoch = Array(8).fill(7);
const badIncarnations: readonly (readonly [what: string, bytes: readonly number[]])[] = [
  ["no characters", [0, ...epoch]],
  ["a slash", [1, 0x2f, ...epoch]],
  ["a line end", [2, 0x31, 0x0a, ...epoch]],
  ["64 characters", [64, ...Array(64).fill(0x61), ...epoch]],
  ["a length of 2^53 - 1", [...Array(7).fill(0xff), 0x0f, ...epoch]],
];

function fieldLies(type: Taken, fields: readonly Field[]): HostileRow[] {
  const rows = (at: number, what: string, lies: typeof badNumbers): HostileRow[] =>
    lies.map(([lie, bytes]) => ({
      what: `${type}: ${what} ${at} is ${lie}`,
      ends: true,
      bytes: withField(type, at, () => Uint8Array.from(bytes)),
    }));
  const unknown = [3, 4, 127, 128, 255].map((reason) => [`${reason}`, [reason]] as const);
  return fields.flatMap(({ kind }, at) => {
    if (kind === "number") return rows(at, "number", badNumbers);
    if (kind === "text") return rows(at, "text", badTexts);
    if (kind === "reason") return rows(at, "reason", unknown);
    if (kind === "keys") return rows(at, "keys", badKeys);
    if (kind === "incarnation") return rows(at, "node", badIncarnations);
    return [];
  });
}

/** Terms that no encoder makes, to a mailbox that is there. */
const badTerms: readonly HostileRow[] = termLies.map(([lie, hex]) => ({
  what: `message: ${lie}`,
  ends: true,
  bytes: ({ inbox: mailbox }) => [
    frame(frameType.message, joined(varint(mailbox), Buffer.from(hex, "hex"))),
  ],
}));

const misplaced: readonly HostileRow[] = (documentedPlaces().get("up") ?? []).flatMap(
  (place, type) =>
    place === "violation"
      ? { what: `type ${type}`, ends: true, bytes: () => [frame(type, Uint8Array.of(1, 1))] }
      : [],
);

function send(type: number, ...numbers: readonly number[]): Uint8Array {
  return frame(type, joined(...numbers.map(varint)));
}

function nameFrame(type: number, mailbox: number, text: string): Uint8Array {
  const bytes = utf8.encode(text);
  return frame(type, joined(varint(mailbox), varint(bytes.length), bytes));
}

function keysFrame(key: string): Uint8Array {
  const bytes = utf8.encode(key);
  return frame(frameType.define, Uint8Array.of(1, bytes.length + 1, bytes.length, ...bytes));
}

function routed(to: Incarnation, from: Incarnation, held: readonly number[]): Uint8Array {
  const head = written((out) => {
    writeIncarnation(out, to);
    writeIncarnation(out, from);
  });
  return frame(frameType.routed, joined(head, Uint8Array.from(held)));
}

const { monitor, demonitor, down, claim, release, pong, synced, message } = frameType;

function row(
  what: string,
  ends: boolean,
  bytes: (victim: Victim) => Uint8Array | Uint8Array[],
): HostileRow {
  return { what, ends, bytes: (victim) => [bytes(victim)].flat() };
}

const forged: readonly HostileRow[] = [
  row("a monitor's number used twice", true, (v) => [
    send(monitor, 1, v.inbox),
    send(monitor, 1, v.inbox),
  ]),
  row("a monitor's number used twice, for two mailboxes", true, (v) => [
    send(monitor, 1, v.inbox),
    send(monitor, 1, 2 ** 40),
  ]),
  row("a monitor of mailbox 0", true, () => send(monitor, 1, 0)),
  row("a claim of mailbox 0", true, () => nameFrame(claim, 0, "evil")),
  row("a release of mailbox 0", true, () => nameFrame(release, 0, "evil")),
  row("a notice for question 0", true, () => send(down, 0, 0)),
  row("a notice for a question that comes next", true, () => send(down, 3, 0)),
  row("a notice for a question out of the air", true, () => send(down, 2 ** 53 - 1, 1)),
  ...(["one", "three"] as const).map((other) =>
    row(`a frame in the name of node ${other}`, true, (v) => routed(v.one, v[other], [message, 1])),
  ),
  row("a frame in the name of another run of its own node", true, (v) =>
    routed(v.one, { nodeId: "2", epoch: v.one.epoch }, [message, 1]),
  ),
  row("a frame in the name of nobody", true, (v) =>
    routed(v.one, { nodeId: "nobody", epoch: v.two.epoch }, [message, 1]),
  ),
  row("a claim in the name of node 3, routed", true, (v) =>
    routed(v.one, v.three, [claim, 1, 4, ...utf8.encode("mine")]),
  ),
  row("a routed frame with nothing in it", true, (v) => routed(v.three, v.two, [])),
  row("one definition more than there may be", true, () =>
    Array.from({ length: 257 }, (_, i) => keysFrame(`key${i}`)),
  ),
  // What is allowed, or asks for nothing: the link stays, and still nobody is touched.
  row("a monitor of a mailbox that never was", false, () => send(monitor, 1, 2 ** 50)),
  row("as many definitions as there may be, and one of them twice", false, () =>
    Array.from({ length: 256 }, (_, i) => keysFrame(`key${i % 255}`)),
  ),
  row("a monitor with the number 0", false, (v) => send(monitor, 0, v.inbox)),
  row("a monitor taken back twice", false, (v) => [
    send(monitor, 5, v.inbox),
    send(demonitor, 5),
    send(demonitor, 5),
  ]),
  row("a question taken back that was never asked", false, () => send(demonitor, 2 ** 53 - 1)),
  row("an answer to no ping", false, () => send(pong, 2 ** 53 - 1)),
  row("an answer to no sync", false, () => send(synced, 2 ** 53 - 1)),
  row("a release of what this node claims", false, (v) => nameFrame(release, v.inbox, "mine")),
  row("a release of what node 3 claims", false, () =>
    [1, 2, 3, 4, 5].map((mailbox) => nameFrame(release, mailbox, "theirs")),
  ),
  row("a release of what nobody claims", false, () => nameFrame(release, 1, "nobody's")),
  row("a claim without characters", false, () => nameFrame(claim, 1, "")),
  row("a claim and its end, for a mailbox with the number of another's", false, (v) => [
    nameFrame(claim, v.inbox, "evil"),
    nameFrame(release, v.inbox, "evil"),
  ]),
  row("a message for a mailbox that never was", false, () => send(message, 2 ** 53 - 1, 0)),
  row("a message for a node behind this one", false, (v) =>
    routed(v.three, v.two, [message, 1, 0]),
  ),
  row("a claim for a node behind this one", false, (v) =>
    routed(v.three, v.two, [claim, 1, 4, ...utf8.encode("mine")]),
  ),
  row("a routed frame in a routed frame", false, (v) =>
    routed(v.three, v.two, [frameType.routed, 0]),
  ),
  row("a type from the future", false, () => [128, 200, 255].map((type) => send(type, 1, 2, 3))),
];

export const hostileKinds: { readonly [kind: string]: readonly HostileRow[] } = {
  "fields that lie": (Object.entries(layouts) as [Taken, readonly Field[]][]).flatMap(
    ([type, fields]) => [
      ...lyingLengths(type, fields),
      ...truncations(type, fields),
      ...fieldLies(type, fields),
    ],
  ),
  "messages that no encoder makes": badTerms,
  "types without a place": misplaced,
  "ids of others": forged,
};

export const hostileRows: readonly HostileRow[] = Object.values(hostileKinds).flat();

/** A frame of each type that a link takes, with nothing wrong in it; of any other type, a body. */
export function frameOf(type: number, victim: Victim): Uint8Array {
  const [taken] = (Object.keys(layouts) as Taken[]).filter((name) => frameType[name] === type);
  return frame(type, taken === undefined ? Uint8Array.of(1, 1) : bodyOf(layouts[taken], victim));
}

/** The beginning of a frame that says it is as long as it may be. */
export function announcement(type: number, { limitBytes }: Victim): Uint8Array {
  return frame(type, new Uint8Array(100), limitBytes);
}

/** Behind a row: a message that arrives only where the link has lived on, and a question. */
export const lastToken = 777;

export function epilogue(victim: Victim): Uint8Array[] {
  const text = Uint8Array.of(0x85, ...utf8.encode("after"));
  return [frame(message, joined(varint(victim.inbox), text)), send(frameType.sync, lastToken)];
}

export function prologue(victim: Victim): Uint8Array {
  const text = Uint8Array.of(0x86, ...utf8.encode("before"));
  return frame(message, joined(varint(victim.inbox), text));
}
