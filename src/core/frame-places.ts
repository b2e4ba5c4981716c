/**
 * Which frames have a place where, as one table: for each state of a link the frames that are taken
 * in it. Others are skipped where the row says so, and break the protocol anywhere else. Nothing
 * but this table decides it.
 *
 * A handshake skips nothing: a node that does not keep to it cannot be trusted with more. From a
 * link that is ending nothing is taken any more but what the peer has had. `docs/protocol.md` has
 * the same table, and a test holds the two together, over all 256 types.
 */
import { DecodeError } from "./errors.ts";
import { firstOptionalType, frameType } from "./frame.ts";

type FrameName = keyof typeof frameType;
type HandshakeFrame = "hello" | "welcome" | "confirm" | "refuse";

/** What is taken in each state. Who handles a state's frames is held to all of them by this. */
export interface FramesTaken {
  readonly wants_hello: "hello";
  readonly judging: never;
  readonly wants_welcome: "welcome" | "refuse";
  readonly wants_confirm: "confirm" | "refuse";
  readonly up: Exclude<FrameName, HandshakeFrame>;
  readonly ending: "received";
}

export type LinkState = keyof FramesTaken;

/** The number of a frame that is taken in a state. */
export type TypeTaken<S extends LinkState> = (typeof frameType)[FramesTaken[S]];

interface Row<Taken extends FrameName> {
  readonly taken: { readonly [name in Taken]: true };
  /** From this type on, what is not taken is passed over. */
  readonly skippedFrom: number;
}

const allTypes = 256;

export const framePlaces: { readonly [S in LinkState]: Row<FramesTaken[S]> } = {
  wants_hello: { taken: { hello: true }, skippedFrom: allTypes },
  judging: { taken: {}, skippedFrom: allTypes },
  wants_welcome: { taken: { welcome: true, refuse: true }, skippedFrom: allTypes },
  wants_confirm: { taken: { confirm: true, refuse: true }, skippedFrom: allTypes },
  up: {
    taken: {
      goodbye: true,
      ping: true,
      pong: true,
      message: true,
      routed: true,
      begin: true,
      piece: true,
      received: true,
      taken: true,
      define: true,
      monitor: true,
      demonitor: true,
      down: true,
      claim: true,
      release: true,
      sync: true,
      synced: true,
    },
    skippedFrom: firstOptionalType,
  },
  ending: { taken: { received: true }, skippedFrom: 0 },
};

type Place = "taken" | "skipped" | "violation";

const placesOf: { readonly [S in LinkState]: readonly Place[] } = {
  wants_hello: spread(framePlaces.wants_hello),
  judging: spread(framePlaces.judging),
  wants_welcome: spread(framePlaces.wants_welcome),
  wants_confirm: spread(framePlaces.wants_confirm),
  up: spread(framePlaces.up),
  ending: spread(framePlaces.ending),
};

/**
 * Whether frames of that type are taken in that state; `false` if they are passed over. Throws
 * `DecodeError` if they have no place there.
 */
export function isTaken<S extends LinkState>(state: S, type: number): type is TypeTaken<S> {
  const place = placesOf[state][type];
  if (place === "taken") return true;
  if (place === "skipped") return false;
  throw new DecodeError(`a frame of type ${type} has no place here`);
}

/** Hands a frame to the handler of its type, of which there has to be one for each type taken. */
export function take<S extends LinkState, R>(
  state: S,
  type: number,
  handlers: { readonly [T in TypeTaken<S>]: () => R },
): R | undefined {
  return isTaken(state, type) ? handlers[type]() : undefined;
}

/** Ends a `switch` over the types of a state: it does not compile while one of them is missing. */
export function noHandler(type: never): never {
  throw new TypeError(`Expected a handler for frames of type ${String(type)}, got none.`);
}

function spread({ taken, skippedFrom }: Row<never>): Place[] {
  const types = new Set<number>(
    Object.entries(frameType).flatMap(([name, type]) => (Object.hasOwn(taken, name) ? type : [])),
  );
  return Array.from({ length: allTypes }, (_, type) => {
    if (types.has(type)) return "taken";
    return type >= skippedFrom ? "skipped" : "violation";
  });
}
