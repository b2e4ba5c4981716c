import { describe, expect, test } from "vitest";
import { DecodeError } from "../../src/core/errors.ts";
import { frameType } from "../../src/core/frame.ts";
import { framePlaces, isTaken, type LinkState, take } from "../../src/core/frame-places.ts";
import { Handshake, type HandshakeAction } from "../../src/core/handshake.ts";
import { encodeHandshake } from "../../src/core/hello.ts";
import { a, b } from "./handshake-ends.ts";
import { documentedPlaces, type Place } from "./protocol-document.ts";

const states = Object.keys(framePlaces) as LinkState[];
const allTypes = Array.from({ length: 256 }, (_, type) => type);
const documented = documentedPlaces();

function placeOf(state: LinkState, type: number): Place {
  try {
    return isTaken(state, type) ? "taken" : "skipped";
  } catch (error) {
    if (error instanceof DecodeError) return "violation";
    throw error;
  }
}

const hello = encodeHandshake({ ...a, to: "b" });
const welcome = encodeHandshake({
  ...b,
  to: "a",
  version: 1,
  codec: "term-3",
  answers: a.epoch,
});
const goodBodies: Readonly<Record<number, Uint8Array>> = {
  [frameType.hello]: hello,
  [frameType.welcome]: welcome,
  [frameType.confirm]: encodeHandshake({ answers: b.epoch }),
  [frameType.refuse]: encodeHandshake({ reason: "stopping" }),
};

function acceptor(): Handshake {
  return new Handshake(b, "a", "acceptor");
}

const machines = {
  wants_hello: acceptor,
  judging: () => {
    const machine = acceptor();
    machine.onFrame(frameType.hello, hello);
    return machine;
  },
  wants_confirm: () => {
    const machine = acceptor();
    machine.onFrame(frameType.hello, hello);
    machine.verdict("accept");
    return machine;
  },
  wants_welcome: () => new Handshake(a, "b", "dialler"),
  ending: () => {
    const machine = acceptor();
    machine.onFrame(frameType.ping, Uint8Array.of(0));
    return machine;
  },
} satisfies { readonly [S in Exclude<LinkState, "up">]: () => Handshake };

/** What a machine makes of a frame whose body is as it should be. */
function placeByMachine(state: keyof typeof machines, type: number): Place {
  const asked = machines[state]().onFrame(type, goodBodies[type] ?? Uint8Array.of(0));
  if (asked.length === 0) return "skipped";
  return asked.some(isViolation) ? "violation" : "taken";
}

function isViolation(action: HandshakeAction): boolean {
  return action.type === "failed" && action.reason === "malformed" && !action.byPeer;
}

describe("a frame of each of the 256 types", () => {
  test("has a place in just the states that the protocol names for it", () => {
    expect([...documented.keys()].toSorted()).toEqual(states.toSorted());
    for (const state of states) {
      const found = allTypes.map((type) => placeOf(state, type));
      expect(found, state).toEqual(documented.get(state));
    }
  });

  test.each(Object.keys(machines) as (keyof typeof machines)[])(
    "is taken, passed over or the end of the handshake that is at %s, as the protocol says",
    (state) => {
      const found = allTypes.map((type) => placeByMachine(state, type));

      // Of a handshake that came to nothing there is nothing that could have been received.
      if (state === "ending") found[frameType.received] = "taken";
      expect(found).toEqual(documented.get(state));
    },
  );

  test("that is known is taken somewhere", () => {
    for (const [name, type] of Object.entries(frameType)) {
      const where = states.filter((state) => placeOf(state, type) === "taken");
      expect(where, name).not.toEqual([]);
    }
  });

  test("reaches the handler of its own type", () => {
    const handlers = { [frameType.confirm]: () => "confirm", [frameType.refuse]: () => "refuse" };

    expect(take("wants_confirm", frameType.refuse, handlers)).toBe("refuse");
    expect(take("ending", frameType.refuse, { [frameType.received]: () => 1 })).toBeUndefined();
    expect(() => take("wants_confirm", frameType.hello, handlers)).toThrow(
      new DecodeError("a frame of type 1 has no place here"),
    );
  });
});
