import { describe, expect, test } from "vitest";
import { beginFrame, endFrame, frameType, pieceBytes } from "../../src/core/frame.ts";
import type { Link, LinkEvents } from "../../src/ports/carrier.ts";
import { Wire, type WireListener } from "../../src/runtime/wire.ts";
import { createVirtualClock } from "../../src/testing/virtual-clock.ts";

/** A wire on a link that does as it is told, and what became of both. */
function openWire() {
  const written: number[] = [];
  const told: string[] = [];
  let events: LinkEvents | undefined;
  const link = {
    peer: "2",
    pendingBytes: 0,
    subscribe: (to: LinkEvents) => {
      events = to;
    },
    write: (bytes: Uint8Array) => {
      written.push(bytes[4] ?? 0);
      link.pendingBytes += bytes.length;
    },
    admit: () => {},
    close: () => {},
    destroy: () => {},
  } satisfies Link;
  const listener: WireListener = {
    onFrame: () => {},
    onRead: () => {},
    onHanded: () => {},
    onAllTaken: () => {},
    onDrain: () => {},
    onViolation: () => {},
    onDown: ({ reason }) => void told.push(reason),
  };
  const wire = new Wire(link, createVirtualClock(), 8_192);
  wire.open(listener);
  wire.promote(listener, 2 ** 24);
  const send = (mailbox: number, bytes: number) => {
    const out = wire.outbox.beginMessage();
    const mark = beginFrame(out, frameType.message);
    out.varint(mailbox);
    const bodyMark = out.mark();
    out.raw(new Uint8Array(bytes));
    endFrame(out, mark);
    wire.outbox.endMessage(out, mailbox, mark, bodyMark);
    wire.appended();
  };
  return { wire, link, written, told, send, events: () => events };
}

describe("a wire", () => {
  test("is down once, however often its link says so", () => {
    const { told, events } = openWire();

    events()?.onDown({ reason: "first", refused: false });
    events()?.onDown({ reason: "again", refused: false });

    expect(told).toEqual(["first"]);
  });

  test("keeps room for a piece whose turn it is, also when small messages never end", () => {
    const { wire, link, written, send } = openWire();
    send(1, 3 * pieceBytes);
    wire.flush();
    send(2, 100);
    wire.flush();
    for (let i = 0; i < 2_000; i++) send(2, 100);
    expect(written).toEqual([frameType.begin, frameType.message]);

    // Not empty, but with room for a piece.
    link.pendingBytes = 10 * 1024;
    wire.flush();

    expect(written[2]).toBe(frameType.piece);
  });
});
