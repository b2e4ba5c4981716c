import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Assembly } from "../../src/core/assembly.ts";
import type { ByteWriter } from "../../src/core/byte-writer.ts";
import { BodyReader, beginFrame, endFrame, frameType, pieceBytes } from "../../src/core/frame.ts";
import { FrameReader } from "../../src/core/frame-reader.ts";
import { type Batch, Outbox } from "../../src/core/outbox.ts";

const maxOpenBytes = 4 * pieceBytes;

/** An outbox, and what the peer makes of the batches that it hands out. */
class Correspondence {
  readonly outbox = new Outbox(maxOpenBytes);
  /** What came, in order: the number of a message with its mailbox, of a notice, of a control. */
  readonly came: { readonly what: string; readonly number: number; readonly mailbox?: number }[] =
    [];
  /** The type of each frame, batch by batch. */
  readonly batches: number[][] = [];
  readonly #reader = new FrameReader(2 ** 20);
  readonly #assembly = new Assembly(2 ** 30);
  #next = 0;
  announced = 0;
  /** How many batches the link holds on to, and these, each with a copy of what it was given. */
  readonly #holds: number;
  readonly #held: { readonly bytes: Uint8Array; readonly copy: Uint8Array }[] = [];

  constructor(holds = 0) {
    this.#holds = holds;
  }

  send(mailbox: number, bytes: number, meanwhile: () => void = () => {}): number {
    const number = this.#next++;
    const out = this.outbox.beginMessage();
    const mark = beginFrame(out, frameType.message);
    out.varint(mailbox);
    const bodyMark = out.mark();
    out.uint32(number);
    meanwhile();
    out.raw(new Uint8Array(bytes - 4).fill(number));
    endFrame(out, mark);
    this.outbox.endMessage(out, mailbox, mark, bodyMark);
    this.outbox.hasBatch();
    return number;
  }

  notice(): number {
    const number = this.#next++;
    const mark = this.outbox.line.mark();
    writeNumbered(this.outbox.line, frameType.down, number);
    this.outbox.noticeAppended(mark);
    return number;
  }

  control(): number {
    const number = this.#next++;
    writeNumbered(this.outbox.control, frameType.ping, number);
    this.outbox.controlAppended();
    return number;
  }

  handOut(): Batch | undefined {
    const pendingBytes = this.#held.reduce((sum, { bytes }) => sum + bytes.length, 0);
    const batch = this.outbox.next(pendingBytes);
    for (const { bytes, copy } of this.#held) expect(Buffer.compare(bytes, copy)).toBe(0);
    if (batch === undefined) return undefined;
    this.#held.push({ bytes: batch.bytes, copy: batch.bytes.slice() });
    if (this.#held.length > this.#holds) this.#held.shift();
    const types: number[] = [];
    this.batches.push(types);
    this.#reader.push(batch.bytes, {
      onFrame: (type, bytes, start, end) => {
        types.push(type);
        this.#onFrame(type, new BodyReader(bytes, start, end), bytes, end);
        return true;
      },
    });
    return batch;
  }

  handOutAll(): void {
    while (this.handOut() !== undefined);
  }

  get messages(): number[] {
    return this.came.filter(({ what }) => what === "message").map(({ number }) => number);
  }

  #onFrame(type: number, body: BodyReader, bytes: Uint8Array, end: number): void {
    if (type === frameType.ping)
      return void this.came.push({ what: "control", number: body.varint() });
    if (type === frameType.down)
      return void this.came.push({ what: "notice", number: body.varint() });
    const mailbox = body.varint();
    if (type === frameType.message) this.#message(mailbox, bytes, body.position, end);
    else this.#piece(type, mailbox, body, bytes, end);
  }

  #piece(type: number, mailbox: number, body: BodyReader, bytes: Uint8Array, end: number): void {
    if (type === frameType.begin) {
      const total = body.varint();
      this.announced += total;
      this.#assembly.begin(mailbox, total, true);
    }
    const whole = this.#assembly.add(mailbox, bytes, body.position, end);
    if (whole?.bytes === undefined) return;
    this.announced -= whole.size;
    this.#message(mailbox, whole.bytes, 0, whole.size);
  }

  #message(mailbox: number, bytes: Uint8Array, at: number, end: number): void {
    const number = new DataView(bytes.buffer, bytes.byteOffset + at).getUint32(0);
    const rest = bytes.slice(at + 4, end);
    expect(Buffer.compare(rest, new Uint8Array(rest.length).fill(number))).toBe(0);
    this.came.push({ what: "message", number, mailbox });
  }
}

function writeNumbered(out: ByteWriter, type: number, number: number): void {
  const mark = beginFrame(out, type);
  out.varint(number);
  endFrame(out, mark);
}

type Send = { readonly do: "send"; readonly mailbox: number; readonly bytes: number };
type Nest = Omit<Send, "do"> & { readonly do: "nest"; readonly inside: readonly Step[] };
type Step =
  | Send
  | Nest
  | { readonly do: "notice" }
  | { readonly do: "control" }
  | { readonly do: "handOut" };

interface Sent {
  readonly what: string;
  readonly number: number;
  readonly mailbox?: number;
}

const size = fc.oneof(
  fc.constant(4),
  fc.integer({ min: 4, max: 2_000 }),
  fc.constantFrom(pieceBytes, pieceBytes + 1, 2 * pieceBytes, 3 * pieceBytes + 7, 5 * pieceBytes),
);
const send = fc.record({
  do: fc.constant("send" as const),
  mailbox: fc.integer({ min: 1, max: 4 }),
  bytes: size,
});
const plain: fc.Arbitrary<Step> = fc.constantFrom({ do: "notice" }, { do: "control" });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: send },
  { weight: 2, arbitrary: plain },
  { weight: 5, arbitrary: fc.constant({ do: "handOut" } as const) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("nest" as const),
      mailbox: fc.integer({ min: 1, max: 4 }),
      bytes: size,
      inside: fc.array(fc.oneof(send, plain), { maxLength: 4 }),
    }),
  },
);

/** Steps that fill slab after slab, and let go of them again. */
const fillingStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 1, arbitrary: step },
  { weight: 5, arbitrary: fc.constant({ do: "handOut" } as const) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("send" as const),
      mailbox: fc.integer({ min: 1, max: 4 }),
      bytes: fc.oneof(fc.integer({ min: 8_000, max: pieceBytes }), size),
    }),
  },
);

/** What was sent, in the order in which it counts as sent: the inner ones of a message after it. */
function play(steps: readonly Step[], peer: Correspondence, sent: Sent[]): void {
  for (const next of steps) {
    if (next.do === "handOut") peer.handOut();
    else if (next.do === "notice") sent.push({ what: "notice", number: peer.notice() });
    else if (next.do === "control") sent.push({ what: "control", number: peer.control() });
    else sent.push(...playSend(next, peer));
  }
}

function playSend(next: Send | Nest, peer: Correspondence): Sent[] {
  const { mailbox, bytes } = next;
  const inner: Sent[] = [];
  const meanwhile = () => {
    if (next.do === "nest") play(next.inside, peer, inner);
  };
  return [{ what: "message", number: peer.send(mailbox, bytes, meanwhile), mailbox }, ...inner];
}

describe("what waits for a peer", () => {
  test("goes once, each mailbox's messages in order, notices after all that was sent before", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const peer = new Correspondence();
        const sent: Sent[] = [];
        play(steps, peer, sent);
        peer.handOutAll();

        const of = (list: typeof sent, mailbox: number) =>
          list.filter((item) => item.mailbox === mailbox).map(({ number }) => number);
        for (const mailbox of [1, 2, 3, 4]) {
          expect(of(peer.came, mailbox)).toEqual(of(sent, mailbox));
        }
        for (const what of ["notice", "control"]) {
          const numbers = (list: typeof sent) =>
            list.filter((item) => item.what === what).map(({ number }) => number);
          expect(numbers(peer.came)).toEqual(numbers(sent));
        }
        for (const [index, { what, number }] of sent.entries()) {
          if (what !== "notice") continue;
          const cameAt = peer.came.findIndex(
            (item) => item.what === what && item.number === number,
          );
          const before = peer.came.slice(0, cameAt).map((item) => item.number);
          const earlier = sent.slice(0, index).filter((item) => item.what === "message");
          expect(before).toEqual(expect.arrayContaining(earlier.map((item) => item.number)));
        }
        expect([peer.outbox.lineBytes, peer.outbox.controlBytes, peer.outbox.messages]).toEqual([
          0, 0, 0,
        ]);
        expect(peer.outbox.empty).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("lies still as long as the link holds it, and comes as it was, whatever memory it is in", () => {
    fc.assert(
      fc.property(
        fc.nat(6),
        fc.array(fillingStep, { minLength: 100, maxLength: 160 }),
        (holds, steps) => {
          const peer = new Correspondence(holds);
          play(steps, peer, []);
          peer.handOutAll();
        },
      ),
      { numRuns: 60 },
    );
  });

  test("lies in the same memory again and again while much waits, and in little when nothing does", () => {
    const peer = new Correspondence();
    const made = new Set<ArrayBuffer>();
    for (let round = 0; round < 20; round++) {
      for (let i = 0; i < 40; i++) {
        peer.send(1, 5_000);
        made.add(peer.outbox.line.bytes.buffer);
      }
      peer.send(2, 3 * pieceBytes);
      // Something waits at all times.
      for (let i = 0; i < 8; i++) peer.handOut();
    }
    peer.handOutAll();

    expect(made.size).toBeLessThan(20);
    expect(peer.outbox.spareBytes).toBeLessThanOrEqual(4 * pieceBytes);
  });

  test("is put together in the memory of one that was refused", () => {
    const { outbox } = new Correspondence();
    const encode = () => {
      const out = outbox.beginMessage();
      const mark = beginFrame(out, frameType.message);
      out.raw(new Uint8Array(4 * pieceBytes));
      const { buffer } = out.bytes;
      out.rollback(mark);
      outbox.endMessage(out, 1, undefined, mark);
      return buffer;
    };

    expect(encode()).toBe(encode());
  });

  test("goes piece by piece from where it was put together", () => {
    const { outbox } = new Correspondence();
    const out = outbox.beginMessage();
    const mark = beginFrame(out, frameType.message);
    out.varint(1);
    const bodyMark = out.mark();
    out.raw(new Uint8Array(4 * pieceBytes));
    const { buffer } = out.bytes;
    endFrame(out, mark);
    outbox.endMessage(out, 1, mark, bodyMark);

    const pieces = [0, 0, 1, 0].map((pendingBytes) => outbox.next(pendingBytes)?.bytes.buffer);

    // But not while the one before lies there.
    expect(pieces.map((piece) => piece === buffer)).toEqual([true, true, false, true]);
  });

  test("is counted to the byte and to the message, whatever is in it", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const peer = new Correspondence();
        play(steps, peer, []);
        const messages = peer.outbox.messages;
        const before = peer.messages.length;
        let handedMessages = 0;
        for (let batch = peer.handOut(); batch !== undefined; batch = peer.handOut()) {
          handedMessages += batch.messages;
          expect(peer.outbox.lineBytes).toBeGreaterThanOrEqual(0);
          expect(peer.outbox.controlBytes).toBeGreaterThanOrEqual(0);
        }
        expect(handedMessages).toBe(messages);
        expect(peer.messages.length - before).toBe(messages);
      }),
      { numRuns: 300 },
    );
  });

  test("is counted at once, also what is appended while a message is being encoded", () => {
    const peer = new Correspondence();
    let counted = 0;
    peer.send(1, 500, () => {
      for (let i = 0; i < 3; i++) peer.send(2, pieceBytes + 1_000);
      peer.notice();
      counted = peer.outbox.lineBytes;
    });

    expect(counted).toBeGreaterThan(3 * pieceBytes);
    expect(peer.outbox.lineBytes).toBeGreaterThan(counted);
    peer.handOutAll();
    expect(peer.outbox.empty).toBe(true);
  });

  test("leaves no memory behind when a big one has gone, however it was refused or sent", () => {
    const peer = new Correspondence();
    peer.send(1, 40 * pieceBytes);
    peer.handOutAll();
    expect(peer.outbox.line.bytes.length).toBeLessThanOrEqual(pieceBytes);
    const out = peer.outbox.beginMessage();
    out.raw(new Uint8Array(40 * pieceBytes));
    out.rollback(0);
    peer.outbox.endMessage(out, 1, undefined, 0);
    expect(peer.outbox.line.bytes.length).toBeLessThanOrEqual(pieceBytes);
  });

  test("has no two pieces of big messages in a row while smaller ones wait", () => {
    const peer = new Correspondence();
    peer.send(1, 10 * pieceBytes);
    peer.handOut();
    for (let i = 0; i < 4; i++) {
      peer.send(2, 1_000);
      expect(peer.handOut()).toBeDefined();
      expect(peer.handOut()).toBeDefined();
    }

    const types = peer.batches.map(([type]) => type);
    expect(types).toEqual([
      frameType.begin,
      ...Array.from({ length: 4 }, () => [frameType.message, frameType.piece]).flat(),
    ]);
  });

  test("goes behind control frames that were said later", () => {
    const peer = new Correspondence();
    for (let i = 0; i < 100; i++) peer.send(1, 2_000);
    peer.send(2, 3 * pieceBytes);
    peer.handOut();
    const number = peer.control();
    peer.handOut();

    expect(peer.came.at(-1)).toEqual({ what: "control", number });
  });

  test("makes the peer keep no more than it was told of big messages, unless it is one", () => {
    const peer = new Correspondence();
    for (const mailbox of [1, 2, 3, 4]) peer.send(mailbox, 2 * pieceBytes);
    peer.send(5, 9 * pieceBytes);
    peer.send(6, 2 * pieceBytes);
    let most = 0;
    while (peer.handOut() !== undefined) {
      if (peer.announced !== 9 * pieceBytes) most = Math.max(most, peer.announced);
    }

    expect(most).toBe(maxOpenBytes);
    expect(peer.messages).toHaveLength(6);
  });

  test("lets small messages pass a big one that has to wait itself", () => {
    const peer = new Correspondence();
    peer.send(1, 4 * pieceBytes);
    peer.send(2, 4 * pieceBytes);
    const small = peer.send(3, 100);
    for (let i = 0; i < 2; i++) peer.handOut();

    expect(peer.messages).toEqual([small]);
  });
});
