/**
 * What a node says on a link, against the table of frames in `docs/protocol.md` written down once
 * more, in the plainest way: what goes out is as that has it byte for byte, and what comes in is
 * what was said, wherever the stream was cut.
 */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type CloseReason, closeReasons } from "../../src/core/close-notice.ts";
import { BodyReader, frameType, maxFrameBytes, pieceBytes } from "../../src/core/frame.ts";
import type { Link } from "../../src/ports/carrier.ts";
import { FrameSender } from "../../src/runtime/frame-sender.ts";
import { IncomingPieces } from "../../src/runtime/incoming-pieces.ts";
import { Wire, type WireListener } from "../../src/runtime/wire.ts";
import { createVirtualClock } from "../../src/testing/virtual-clock.ts";
import { cut, sizes } from "../core/frame-streams.ts";
import { holds, patienceMs } from "./effort.ts";

const numberFrames = ["ping", "pong", "received", "taken", "demonitor", "sync", "synced"] as const;

interface NumberSaid {
  readonly what: (typeof numberFrames)[number];
  readonly n: number;
}

type Said =
  | NumberSaid
  | { readonly what: "monitor"; readonly ref: number; readonly mailbox: number }
  | { readonly what: "claim" | "release"; readonly mailbox: number; readonly name: string }
  | { readonly what: "down"; readonly ref: number; readonly reason: CloseReason }
  | { readonly what: "message"; readonly mailbox: number; readonly bytes: number; fill: number }
  /** The node gets round to hand out what waits. */
  | { readonly what: "turn" };

const anyNumber = fc.oneof(
  fc.nat(300),
  fc.maxSafeNat(),
  fc.constantFrom(0, 127, 128, 16_383, 16_384, Number.MAX_SAFE_INTEGER),
);
const mailbox = fc.oneof(fc.integer({ min: 1, max: 3 }), fc.constant(2 ** 53 - 1));
const name = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.constant("x".repeat(1_024)),
);

const said = fc.oneof<fc.MaybeWeightedArbitrary<Said>[]>(
  {
    weight: 6,
    arbitrary: fc.record({ what: fc.constantFrom(...numberFrames), n: anyNumber }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ what: fc.constant("monitor" as const), ref: anyNumber, mailbox }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ what: fc.constantFrom("claim" as const, "release"), mailbox, name }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constant("down" as const),
      ref: anyNumber,
      reason: fc.constantFrom(...closeReasons),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      what: fc.constant("message" as const),
      mailbox,
      bytes: fc.oneof(
        { weight: 6, arbitrary: fc.nat(400) },
        fc.constantFrom(pieceBytes - 1, pieceBytes, pieceBytes + 1, 3 * pieceBytes),
      ),
      fill: fc.nat(255),
    }),
  },
  { weight: 2, arbitrary: fc.constant<Said>({ what: "turn" }) },
);

/** A frame as the document has it. */
function row(next: Exclude<Said, { what: "turn" | "message" }>): number[] {
  switch (next.what) {
    case "monitor":
      return [frameType.monitor, ...varint(next.ref), ...varint(next.mailbox)];
    case "claim":
    case "release": {
      const text = [...new TextEncoder().encode(next.name)];
      return [frameType[next.what], ...varint(next.mailbox), ...varint(text.length), ...text];
    }
    case "down":
      return [frameType.down, ...varint(next.ref), closeReasons.indexOf(next.reason)];
    default:
      return [frameType[next.what], ...varint(next.n)];
  }
}

/** None for what goes in line with the messages. */
function controlRow(next: Said): number[][] {
  const inLine = next.what === "turn" || next.what === "message" || next.what === "down";
  return inLine ? [] : [row(next)];
}

function varint(n: number): number[] {
  return n < 128 ? [n] : [(n % 128) + 128, ...varint(Math.floor(n / 128))];
}

/** The bytes that stand for a message: a codec is beside the point here. */
function bodyOf({ bytes, fill }: Extract<Said, { what: "message" }>): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => (fill + i) % 251);
}

/** Says all of it on a wire, and gives back what that has written. */
function streamOf(list: readonly Said[]): Uint8Array {
  const clock = createVirtualClock();
  const written: Uint8Array[] = [];
  const wire = new Wire(linkInto(written), clock, maxFrameBytes);
  const deaf = silent();
  wire.open(deaf);
  wire.promote(deaf, 16 * pieceBytes);
  const sender = new FrameSender({
    wire,
    limits: { maxMessageBytes: 1e6, maxPendingBytes: 1e9, controlReserveBytes: 1e9 },
    createEncoder: () => ({ encode: (message, out) => out.raw(message as Uint8Array) }),
    onReserveUsedUp: () => expect.unreachable(),
  });
  for (const next of list) {
    if (next.what === "turn") clock.runSoon();
    else if (next.what === "message") sender.message(next.mailbox, bodyOf(next));
    else if (next.what === "monitor") sender.monitor(next.ref, next.mailbox);
    else if (next.what === "down") sender.down(next.ref, next.reason);
    else if ("name" in next) sender.nameChange(frameType[next.what], next.name, next.mailbox);
    else sender.number(frameType[next.what], next.n);
  }
  sender.goodbye();
  clock.runSoon();
  // A copy that is no `Buffer`, of which a slice would be no copy.
  return new Uint8Array(Buffer.concat(written));
}

function linkInto(written: Uint8Array[]): Link {
  return {
    peer: "2",
    pendingBytes: 0,
    subscribe: () => {},
    write: (bytes) => written.push(bytes.slice()),
    admit: () => {},
    close: () => {},
    destroy: () => {},
  };
}

function silent(): WireListener {
  return {
    onFrame: () => {},
    onRead: () => {},
    onHanded: () => {},
    onAllTaken: () => {},
    onDrain: () => {},
    onViolation: (rule) => expect.unreachable(rule),
    onDown: () => {},
  };
}

interface Heard {
  /** Frames as the rows of the table, but those of messages. */
  readonly control: number[][];
  readonly notices: { readonly row: number[]; readonly messagesBefore: number }[];
  readonly messages: Map<number, Uint8Array[]>;
  goodbyes: number;
}

/** Takes the stream apart where it was cut, as a node does. */
function hear(stream: Uint8Array, chunkSizes: readonly number[]): Heard {
  const heard: Heard = { control: [], notices: [], messages: new Map(), goodbyes: 0 };
  let messages = 0;
  const keep = (to: number, bytes: Uint8Array): void => {
    messages += 1;
    heard.messages.set(to, [...(heard.messages.get(to) ?? []), bytes.slice()]);
  };
  const pieces = new IncomingPieces({
    limitBytes: 16 * pieceBytes,
    decoder: { decode: () => undefined },
    wants: () => true,
    onTaken: () => {},
    onWhole: (to, { bytes, end }) => keep(to, (bytes ?? new Uint8Array()).subarray(0, end)),
  });
  const wire = new Wire(linkInto([]), createVirtualClock(), maxFrameBytes);
  wire.open({
    ...silent(),
    onFrame(type, bytes, start, end, restBytes) {
      const body = bytes.subarray(start, end);
      if (type === frameType.begin) pieces.onBegin(bytes, start, end, restBytes);
      else if (type === frameType.piece) pieces.onPiece(bytes, start, end, restBytes);
      else if (type === frameType.message) {
        const reader = new BodyReader(bytes, start, end);
        const to = reader.varint();
        expect(end - reader.position).toBeLessThanOrEqual(pieceBytes);
        keep(to, bytes.subarray(reader.position, end));
      } else if (type === frameType.goodbye) heard.goodbyes += 1;
      else if (type === frameType.down) {
        heard.notices.push({ row: [type, ...body], messagesBefore: messages });
      } else heard.control.push([type, ...body]);
    },
    onRest: (bytes, start, end, restBytes) => pieces.onRest(bytes, start, end, restBytes),
  });
  for (const chunk of cut(stream, chunkSizes)) wire.onBytes(chunk);
  return heard;
}

test(
  "what a node says goes out as the protocol has it, and comes in as it was said, wherever it is cut",
  async () => {
    const rare = ["a big message", "a notice behind a big message", "a chunk of one byte"];
    const list = fc.array(said, { maxLength: 40, size: "max" });
    await holds("frames", { runs: 80, full: 20_000, rare }, (tally) =>
      fc.property(list, sizes, (all, chunkSizes) => {
        tally.commands += all.length;
        const heard = hear(streamOf(all), chunkSizes);
        if (chunkSizes.includes(1)) tally.meet("a chunk of one byte");

        const messages = all.filter((next) => next.what === "message");
        if (messages.some(({ bytes }) => bytes > pieceBytes)) tally.meet("a big message");
        for (const to of new Set(messages.map((next) => next.mailbox))) {
          const sent = messages.filter((next) => next.mailbox === to).map(bodyOf);
          const got = heard.messages.get(to) ?? [];
          expect(got.length).toBe(sent.length);
          for (const [i, each] of sent.entries()) {
            expect(Buffer.compare(each, got[i] ?? new Uint8Array())).toBe(0);
          }
        }
        expect(heard.control).toEqual(all.flatMap(controlRow));
        const notices = all.filter((next) => next.what === "down");
        expect(heard.notices.map((notice) => notice.row)).toEqual(notices.map(row));
        for (const [i, notice] of notices.entries()) {
          const before = all.slice(0, all.indexOf(notice)).filter(isMessage);
          if (before.some(({ bytes }) => bytes > pieceBytes)) {
            tally.meet("a notice behind a big message");
          }
          expect(heard.notices[i]?.messagesBefore).toBeGreaterThanOrEqual(before.length);
        }
        expect(heard.goodbyes).toBe(1);
      }),
    );
  },
  patienceMs,
);

function isMessage(next: Said): next is Extract<Said, { what: "message" }> {
  return next.what === "message";
}
