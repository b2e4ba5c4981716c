/**
 * What names a mailbox in a cluster: its node, the incarnation of that node, and a number.
 *
 * The incarnation (`epoch`) is drawn anew at each start of a node, so that the id of a mailbox of a
 * former run never names a mailbox of this one. The text forms are `node:epoch:number` for a
 * `MailboxId` and `<node:epoch:number>` for an address; the bytes are `<`, the node's name with its
 * length before it, eight bytes of epoch, and the number as a varint.
 */
import { ReignError } from "./errors.ts";

/** The name of a node: `[A-Za-z0-9._-]{1,63}`. The seed's 0 to 255 are among them, as text. */
export type NodeId = string;

/** Identifies one mailbox for ever: `node:epoch:number`. Comparable, and a key for a `Map`. */
export type MailboxId = string;

/** The 64 random bits that tell two runs of a node apart, as 16 hexadecimal digits. */
export type Epoch = string;

/** One run of one node. */
export interface Incarnation {
  readonly nodeId: NodeId;
  readonly epoch: Epoch;
}

/** The parts of a `MailboxId`. */
export interface MailboxRef extends Incarnation {
  /** Counts from 1 within an incarnation, up to 2^53 - 1. Never used twice. */
  readonly number: number;
}

const nodeIdPattern = /^[A-Za-z0-9._-]{1,63}$/;
const idPattern = /^([A-Za-z0-9._-]{1,63}):([0-9a-f]{16}):([1-9][0-9]{0,15})$/;
const openBracket = 0x3c;
const epochBytes = 8;

export function isNodeId(text: string): boolean {
  return nodeIdPattern.test(text);
}

/**
 * Accepts a node's id as the seed writes it (a whole number from 0 up) or as text; a `TypeError`
 * for anything else.
 */
export function toNodeId(input: NodeId | number): NodeId {
  if (typeof input === "number" && Number.isSafeInteger(input) && input >= 0) return String(input);
  if (typeof input === "string" && isNodeId(input)) return input;
  const got = typeof input === "string" ? JSON.stringify(input.slice(0, 100)) : String(input);
  throw new TypeError(`Expected a node id like "1" or "web-3", got ${got}.`);
}

export function formatMailboxId(ref: MailboxRef): MailboxId {
  return `${ref.nodeId}:${ref.epoch}:${ref.number}`;
}

/** Parses a mailbox id, with or without the angle brackets of an address. */
export function parseMailboxId(text: string): MailboxRef {
  if (typeof text !== "string") throw new TypeError(`Expected an address, got ${typeof text}.`);
  const bare = text.startsWith("<") && text.endsWith(">") ? text.slice(1, -1) : text;
  const [, nodeId, epoch, digits] = idPattern.exec(bare) ?? [];
  const number = Number(digits);
  if (nodeId === undefined || epoch === undefined || !Number.isSafeInteger(number)) {
    throw illegalAddress(JSON.stringify(text.slice(0, 100)));
  }
  return { nodeId, epoch, number };
}

/** The node that a mailbox lives on. `REIGN_ILLEGAL_ADDRESS_FORMAT` for what is not an id. */
export function nodeIdOf(id: MailboxId): NodeId {
  return parseMailboxId(id).nodeId;
}

export function mailboxRefToBytes(ref: MailboxRef): Uint8Array<ArrayBuffer> {
  const number: number[] = [];
  for (let rest = ref.number; ; rest = Math.floor(rest / 128)) {
    number.push(rest > 127 ? (rest % 128) | 128 : rest);
    if (rest <= 127) break;
  }
  const bytes = new Uint8Array(2 + ref.nodeId.length + epochBytes + number.length);
  bytes[0] = openBracket;
  bytes[1] = ref.nodeId.length;
  for (let i = 0; i < ref.nodeId.length; i++) bytes[2 + i] = ref.nodeId.charCodeAt(i);
  bytes.set(epochToBytes(ref.epoch), 2 + ref.nodeId.length);
  bytes.set(number, 2 + ref.nodeId.length + epochBytes);
  return bytes;
}

export function mailboxRefFromBytes(bytes: Uint8Array): MailboxRef {
  const nameLength = bytes[1] ?? 0;
  const numberAt = 2 + nameLength + epochBytes;
  const nodeId = String.fromCharCode(...bytes.subarray(2, 2 + nameLength));
  if (bytes[0] !== openBracket || !isNodeId(nodeId) || numberAt >= bytes.length) {
    throw illegalAddress(describeBytes(bytes));
  }
  let number = 0;
  let scale = 1;
  for (let at = numberAt; at < bytes.length; at++, scale *= 128) {
    const byte = bytes[at] ?? 0;
    number += (byte & 127) * scale;
    const last = at === bytes.length - 1;
    // The last byte, and only it, ends the number; a padding zero would give one id two forms.
    if (byte < 128 !== last || (last && byte === 0 && scale > 1)) {
      throw illegalAddress(describeBytes(bytes));
    }
    if (!Number.isSafeInteger(number)) throw illegalAddress(describeBytes(bytes));
  }
  if (number === 0) throw illegalAddress(describeBytes(bytes));
  return { nodeId, epoch: epochFromBytes(bytes, numberAt - epochBytes), number };
}

export function epochToBytes(epoch: Epoch): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(epochBytes);
  for (let i = 0; i < epochBytes; i++)
    bytes[i] = Number.parseInt(epoch.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

export function epochFromBytes(bytes: Uint8Array, at: number): Epoch {
  let epoch = "";
  for (const byte of bytes.subarray(at, at + epochBytes))
    epoch += byte.toString(16).padStart(2, "0");
  return epoch;
}

function describeBytes(bytes: Uint8Array): string {
  const first = [...bytes.subarray(0, 16)].map((byte) => byte.toString(16).padStart(2, "0"));
  return `${bytes.length} bytes ${first.join(" ")}`;
}

function illegalAddress(input: string): ReignError {
  return new ReignError(
    "REIGN_ILLEGAL_ADDRESS_FORMAT",
    `Expected an address like <1:0123456789abcdef:7>, got ${input}.`,
    { input },
  );
}
