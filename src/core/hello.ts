/**
 * What two nodes tell each other of themselves before anything else: the bodies of the handshake's
 * frames, as JSON in UTF-8, so that fields can be added without breaking anybody.
 */
import { DecodeError } from "./errors.ts";
import type { Receipt } from "./link-account.ts";
import { type Epoch, isNodeId, type NodeId } from "./mailbox-id.ts";

/** The first thing each side says; `to` is whom it believes to be talking to. */
export interface Hello {
  /** The versions of the wire protocol that the node speaks, the oldest and the newest. */
  readonly versions: readonly [number, number];
  readonly cluster: string;
  readonly from: NodeId;
  readonly epoch: Epoch;
  readonly to: NodeId;
  /** The codecs that the node reads and writes, the one it likes best first. */
  readonly codecs: readonly string[];
  /** Optional parts of the protocol. What both name is used. */
  readonly capabilities: readonly string[];
  /** The largest message that the node takes. */
  readonly maxMessageBytes: number;
  /** What it has had from the other node, if it knows a run of it. */
  readonly received?: Receipt | undefined;
}

/** The answer to a `Hello` that was taken: the same of the other side, and what it chose. */
export interface Welcome extends Hello {
  readonly version: number;
  readonly codec: string;
  /** The epoch of the hello that is answered, so that an answer fits one question only. */
  readonly answers: Epoch;
}

export interface Confirm {
  /** The epoch of the welcome that is confirmed. */
  readonly answers: Epoch;
}

export interface Refuse {
  readonly reason: string;
}

/** Enough for every field at its limit; a hello that is longer is not one. */
export const maxHelloBytes: number = 8 * 1024;

const maxListLength = 64;
const namePattern = /^[a-z0-9-]{1,32}$/;
const clusterPattern = /^[a-z0-9-]{1,63}$/;
const epochPattern = /^[0-9a-f]{16}$/;
const reasonPattern = /^[a-z_]{1,40}$/;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function encodeHandshake(body: Hello | Welcome | Confirm | Refuse): Uint8Array {
  return encoder.encode(JSON.stringify(body));
}

export function decodeHello(bytes: Uint8Array): Hello {
  return helloOf(parse(bytes));
}

export function decodeWelcome(bytes: Uint8Array): Welcome {
  const fields = parse(bytes);
  return {
    ...helloOf(fields),
    version: whole(fields, "version", 1, 65_535),
    codec: text(fields, "codec", namePattern),
    answers: text(fields, "answers", epochPattern),
  };
}

export function decodeConfirm(bytes: Uint8Array): Confirm {
  return { answers: text(parse(bytes), "answers", epochPattern) };
}

export function decodeRefuse(bytes: Uint8Array): Refuse {
  return { reason: text(parse(bytes), "reason", reasonPattern) };
}

type Fields = ReadonlyMap<string, unknown>;

function helloOf(fields: Fields): Hello {
  const [oldest, newest, ...more] = list(fields, "versions");
  if (!isVersion(oldest) || !isVersion(newest) || oldest > newest || more.length > 0) {
    throw fault("versions");
  }
  const from = fields.get("from");
  const to = fields.get("to");
  if (typeof from !== "string" || !isNodeId(from)) throw fault("from");
  if (typeof to !== "string" || !isNodeId(to)) throw fault("to");
  return {
    versions: [oldest, newest],
    cluster: text(fields, "cluster", clusterPattern),
    from,
    epoch: text(fields, "epoch", epochPattern),
    to,
    codecs: names(fields, "codecs"),
    capabilities: names(fields, "capabilities"),
    maxMessageBytes: whole(fields, "maxMessageBytes", 1, 2 ** 31),
    ...receiptOf(fields.get("received")),
  };
}

function receiptOf(value: unknown): { readonly received?: Receipt } {
  if (value === undefined) return {};
  if (typeof value !== "object" || value === null) throw fault("received");
  const fields: Fields = new Map(Object.entries(value));
  const epoch = text(fields, "epoch", epochPattern);
  const messages = whole(fields, "messages", 0, Number.MAX_SAFE_INTEGER);
  return { received: { epoch, messages } };
}

function parse(bytes: Uint8Array): Fields {
  let body: unknown;
  try {
    body = JSON.parse(decoder.decode(bytes));
  } catch {
    throw new DecodeError("a handshake is not JSON");
  }
  if (typeof body !== "object" || body === null) throw new DecodeError("a handshake is no object");
  // A map, so that no key of a peer can reach a prototype.
  return new Map(Object.entries(body));
}

function text(fields: Fields, key: string, pattern: RegExp): string {
  const value = fields.get(key);
  if (typeof value !== "string" || !pattern.test(value)) throw fault(key);
  return value;
}

function whole(fields: Fields, key: string, least: number, most: number): number {
  const value = fields.get(key);
  if (!Number.isInteger(value) || typeof value !== "number" || value < least || value > most) {
    throw fault(key);
  }
  return value;
}

function list(fields: Fields, key: string): readonly unknown[] {
  const value = fields.get(key);
  if (!Array.isArray(value) || value.length > maxListLength) throw fault(key);
  return value;
}

function names(fields: Fields, key: string): string[] {
  return list(fields, key).map((name) => {
    if (typeof name !== "string" || !namePattern.test(name)) throw fault(key);
    return name;
  });
}

function isVersion(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 65_535;
}

function fault(key: string): DecodeError {
  return new DecodeError(`the field ${key} of a handshake is missing or not what it may be`);
}
