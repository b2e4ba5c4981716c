/** What a session says and understands is what `docs/protocol.md` shows, byte for byte. */
import { describe, expect, test } from "vitest";
import type { Address } from "../../src/core/address.ts";
import { DecodeError } from "../../src/core/errors.ts";
import { LinkAccount } from "../../src/core/link-account.ts";
import { TypeTable } from "../../src/core/type-table.ts";
import type { Link, LinkEvents } from "../../src/ports/carrier.ts";
import type { Codec } from "../../src/ports/codec.ts";
import { Ledger } from "../../src/runtime/ledger.ts";
import { Session, type SessionEvents } from "../../src/runtime/session.ts";
import { defaultSettings } from "../../src/runtime/settings.ts";
import { Wire } from "../../src/runtime/wire.ts";
import { createRecordingTelemetry } from "../../src/testing/recording-telemetry.ts";
import { createVirtualClock } from "../../src/testing/virtual-clock.ts";
import { readVectors } from "../core/protocol-document.ts";

const vectors = readVectors();
/** The message of the examples: a codec of their own, since the document leaves it to the codec. */
const messageBytes = Uint8Array.of(0xde, 0xad, 0x42);
const peer = { nodeId: "2", epoch: "fedcba9876543210" };

function exampleCodec(encoded: Uint8Array): Codec {
  return {
    name: "example",
    createEncoder: () => ({ encode: (_message, out) => out.raw(encoded) }),
    createDecoder: () => ({
      decode(bytes, start, end) {
        if (hex(bytes.subarray(start, end)) !== hex(encoded)) throw new DecodeError("no");
        return "the message";
      },
    }),
  };
}

/** The frames in what was written, as lists of bytes. */
function framesOf(text: string): number[][] {
  const bytes = Buffer.from(text, "hex");
  const frames: number[][] = [];
  for (let at = 0; at < bytes.length; at += frames.at(-1)?.length ?? bytes.length) {
    frames.push([...bytes.subarray(at, at + 4 + bytes.readUInt32BE(at))]);
  }
  return frames;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function vectorOf(name: string): Uint8Array {
  const vector = vectors.get(name);
  if (vector === undefined) throw new Error(`docs/protocol.md has no vector ${name}.`);
  return vector;
}

/** A session on a link that goes nowhere, with all that it wrote and all that it told. */
function openSession(encoded = messageBytes) {
  const clock = createVirtualClock();
  const written: Uint8Array[] = [];
  const told: unknown[][] = [];
  const account = new LinkAccount();
  const ledger = new Ledger({
    self: { nodeId: "1", epoch: "00000000000000aa" },
    clock,
    telemetry: createRecordingTelemetry(),
  });
  let events: LinkEvents | undefined;
  const link: Link = {
    peer: peer.nodeId,
    pendingBytes: 0,
    subscribe: (to) => {
      events = to;
    },
    // A copy: what this link does not count as pending may be written over.
    write: (bytes) => written.push(bytes.slice()),
    admit: () => {},
    close: () => told.push(["closed"]),
    destroy: () => told.push(["destroyed"]),
  };
  const tell =
    (name: string) =>
    (...args: unknown[]) =>
      void told.push([name, ...args.filter((arg) => arg !== session)]);
  const sessionEvents: SessionEvents = {
    wants: () => true,
    onMessage: tell("message"),
    onMonitor: tell("monitor"),
    onDemonitor: tell("demonitor"),
    onNotice: tell("notice"),
    onClaim: tell("claim"),
    onRelease: tell("release"),
    onRoom: tell("room"),
    onViolation: tell("violation"),
    onDown: tell("down"),
  };
  const wire = new Wire(link, clock, 8_192);
  wire.open({
    onFrame: () => {},
    onRead: () => {},
    onHanded: () => {},
    onAllTaken: () => {},
    onDrain: () => {},
    onViolation: () => {},
    onDown: () => {},
  });
  const agreement = {
    peer: peer.nodeId,
    epoch: peer.epoch,
    version: 1,
    codec: "example",
    capabilities: [],
    maxMessageBytes: 100_000,
    receivedThere: 0,
  };
  const session: Session = new Session(wire, agreement, {
    clock,
    account,
    ledger,
    codec: exampleCodec(encoded),
    coding: {
      limits: { maxDepth: 1, maxValues: 1 },
      types: new TypeTable(),
      addressOf: (): Address => {
        throw new Error("The examples hold no address.");
      },
    },
    settings: defaultSettings,
    events: sessionEvents,
  });
  return {
    session,
    account,
    ledger,
    told,
    read: (bytes: Uint8Array) => events?.onBytes(bytes),
    /** What has been written since, in hexadecimal. */
    said: () => {
      wire.flush();
      return written.splice(0).map(hex).join("");
    },
  };
}

describe("says", () => {
  const words: Record<string, (session: Session) => void> = {
    message: (session) => session.sendMessage(128, "anything"),
    monitor: (session) => session.sendMonitor(1, 400),
    demonitor: (session) => session.sendDemonitor(1),
    down: (session) => session.sendDown(1, "closed"),
    claim: (session) => session.sendClaim("maître", 3),
    release: (session) => session.sendRelease("maître", 3),
    goodbye: (session) => session.close("stopped"),
  };

  test.each(Object.entries(words))("%s as in the document", (name, speak) => {
    const { session, said } = openSession();

    speak(session);

    expect(said()).toBe(hex(vectorOf(name)));
  });

  test("ping, pong, sync and synced as in the document, but for the number", () => {
    const { session, read, said } = openSession();

    session.probe(1_000, () => {});
    expect(said()).toBe(hex(vectorOf("ping").with(-1, 1)));
    session.sync(() => {});
    expect(said()).toBe(hex(vectorOf("sync").with(-1, 1)));
    read(vectorOf("sync"));
    expect(said()).toBe(hex(vectorOf("synced")));
    read(Uint8Array.of(0, 0, 0, 3, 8, 0xac, 2));
    expect(said()).toBe(hex(vectorOf("pong")));
  });
});

describe("understands", () => {
  const claimant = { ...peer, number: 3 };
  const meanings: Record<string, unknown[]> = {
    message: ["message", 128, "the message", messageBytes.length],
    monitor: ["monitor", 1, 400],
    demonitor: ["demonitor", 1],
    down: ["notice", 1, "closed"],
    claim: ["claim", claimant, "maître"],
    release: ["release", claimant, "maître"],
  };

  test.each(Object.entries(meanings))("%s as in the document", (name, meaning) => {
    const { read, told } = openSession();

    read(vectorOf(name));

    expect(told).toEqual([meaning]);
  });

  test("goodbye as the last message of the peer, and answers with one", () => {
    const { read, told, said } = openSession();

    read(vectorOf("goodbye"));

    expect(said()).toBe(hex(vectorOf("goodbye")));
    expect(told).toEqual([]);
  });

  test("the message in a routed frame as one that was lost here", () => {
    const { read, told, ledger } = openSession();

    read(vectorOf("routed"));

    expect(told).toEqual([]);
    expect(ledger.snapshot().lost.unreadable).toBe(1);
  });

  test("a message in pieces as one, when its last piece has come", () => {
    const long = new Uint8Array(70_000).fill(7);
    const { session, account, read, said, told } = openSession(long);

    session.sendMessage(128, "anything");
    const [begin, piece, ...more] = framesOf(said());
    expect(more).toEqual([]);
    expect(begin?.slice(4, 10)).toEqual([...vectorOf("begin").slice(4, 10)]);
    expect(piece?.slice(4, 7)).toEqual([...vectorOf("piece").slice(4, 7)]);
    expect([begin?.length, piece?.length]).toEqual([65_536, 7 + 70_000 - 65_526]);

    read(Uint8Array.from(begin ?? []));
    expect(told).toEqual([]);
    read(Uint8Array.from(piece ?? []));
    expect(told).toEqual([["message", 128, "the message", 70_000]]);
    expect(account.received).toBe(1);
  });

  test("a piece of nothing, and receipts for what was never sent, as violations", () => {
    for (const name of ["piece", "received", "taken"]) {
      const { read, told } = openSession();
      read(vectorOf(name));
      expect(told.map(([event]) => event)).toEqual(["destroyed", "violation"]);
    }
  });

  test.each(["confirm", "refuse"])("%s as out of place on a link that is up", (name) => {
    const { read, told } = openSession();

    read(vectorOf(name));

    expect(told.map(([event]) => event)).toEqual(["destroyed", "violation"]);
  });

  test("any frame of the document with a byte too few or too many as a violation", () => {
    const withRest = ["message", "routed", "begin", "piece", "confirm", "refuse"];
    for (const [name, vector] of vectors) {
      if (withRest.includes(name)) continue;
      const length = vector.length - 4;
      const longer = Uint8Array.from([...vector, 0]).with(3, length + 1);
      const shorter = vector.slice(0, -1).with(3, length - 1);
      for (const bytes of name === "goodbye" ? [longer] : [longer, shorter]) {
        const { read, told } = openSession();
        read(bytes);
        expect([name, told.at(-1)?.[0]]).toEqual([name, "violation"]);
      }
    }
  });

  test("a frame that may be skipped as nothing, and another unknown one as a violation", () => {
    const { read, told } = openSession();

    read(Uint8Array.of(0, 0, 0, 2, 128, 1));
    read(Uint8Array.of(0, 0, 0, 1, 255));
    expect(told).toEqual([]);

    read(Uint8Array.of(0, 0, 0, 1, 127));
    expect(told.map(([event]) => event)).toEqual(["destroyed", "violation"]);
  });
});
