/**
 * What a test can have done to a connection, and the rules for doing several things at once.
 *
 * The faults of one direction are a value, and each call of a test changes it: the proxy keeps one
 * for the connections to come, each connection has its own. Three kinds go together: bytes are held
 * back or thrown away, or they come late, and they come slowly. Within a kind the last call counts.
 */

/** `"up"`: from the client to the target. `"down"`: from the target to the client. */
export type ProxyDirection = "up" | "down";

/** Bytes that come late, and in order. */
export interface DelayFault {
  /** How long bytes are under way. */
  readonly ms: number;
  /** The delay is drawn for each chunk, from `ms - jitterMs` to `ms + jitterMs`. Default 0. */
  readonly jitterMs?: number;
  /** Where chance begins, anew for each direction of each connection. Any integer; default 1. */
  readonly seed?: number;
}

/** Bytes that come a few at a time. */
export interface TrickleFault {
  /** How many bytes pass at once, at most. */
  readonly bytes: number;
  readonly everyMs: number;
}

/** A path that takes so many bytes a second. */
export interface LimitFault {
  readonly bytesPerSecond: number;
}

/** A connection that ends, at a byte. */
export interface CutFault {
  /**
   * So many bytes pass before: exactly, counted from the call, or from the beginning of a
   * connection that comes later. Without it the cut is made now.
   */
  readonly after?: number;
  /** How both ends are closed: as by a program that ends, or as by one that crashed. */
  readonly with: "fin" | "rst";
}

/**
 * The faults. Each works on one direction or, if none is given, on both; called on a proxy, on all
 * its connections, those to come as well. They last until `resume`.
 *
 * A delay and a pace (`trickle`, `limit`) go together; of `trickle` and `limit`, as of `stall` and
 * `discard`, the last one counts. Bytes keep their order, and none is lost or doubled, but by
 * `discard`, `halfClose` and the cuts. Memory is bounded: whatever the fault, a direction holds no
 * more than about a megabyte and then stops reading.
 *
 * All throw a `TypeError` or a `RangeError` for what cannot be, and change nothing then.
 */
export interface ProxyFaults {
  /**
   * Stops reading: the sender's system fills up and TCP pushes back. An end or a reset of the
   * sender is held back too. As much as Node.js reads ahead (64 KiB) may still be taken.
   */
  stall(direction?: ProxyDirection): void;
  /**
   * Goes on reading and throws away what it reads and what it holds: silence without push-back, as
   * when packets are dropped. An end or a reset of the sender is not told either.
   */
  discard(direction?: ProxyDirection): void;
  /** Bytes, ends and resets come later. At most 1 MiB is under way at a time. */
  delay(fault: DelayFault, direction?: ProxyDirection): void;
  /** A few bytes at a time, with waits between. */
  trickle(fault: TrickleFault, direction?: ProxyDirection): void;
  /** So many bytes a second, in pieces of a fiftieth of a second. */
  limit(fault: LimitFault, direction?: ProxyDirection): void;
  /**
   * Closes both ends of a connection: at once, or when a direction has passed `after` bytes.
   *
   * A cut with `after` is made on each connection to come, too, until `resume`; a cut at once only
   * on those that are open. With `"fin"` each end gets one second to close as well, and is then
   * closed. With `"rst"`, bytes for which the receiver's system has no room are lost, and a Node.js
   * program that had not read the bytes when the reset came sees an end instead of `ECONNRESET`.
   */
  cut(fault: CutFault, direction?: ProxyDirection): void;
  /**
   * Ends one direction of the open connections, behind the bytes that are held in it. The other
   * goes on. What the sender says afterwards is read and thrown away.
   */
  halfClose(direction: ProxyDirection): void;
  /**
   * Undoes all faults but what has been cut or ended, and cuts that are still to come. What was
   * stalled comes through, in order; what was discarded is missing.
   */
  resume(direction?: ProxyDirection): void;
}

/** A piece, and how long to wait after it: a fixed time, and a time for each byte of it. */
export interface Pace {
  readonly pieceBytes: number;
  readonly fixedMs: number;
  readonly perByteMs: number;
  /** How late pieces may be made up for, so that slow timers do not add up. */
  readonly slackMs: number;
}

export interface LaneFaults {
  readonly hold: "stall" | "discard" | undefined;
  readonly delay: Required<DelayFault> | undefined;
  readonly pace: Pace | undefined;
  readonly cut: Required<CutFault> | undefined;
}

export type Change = (before: LaneFaults) => LaneFaults;

export const noFaults: LaneFaults = Object.freeze({
  hold: undefined,
  delay: undefined,
  pace: undefined,
  cut: undefined,
});

const longestMs = 2 ** 31 - 1;
const piecesPerSecond = 50;

/** Reads the arguments of the calls once, for a proxy as for a connection. */
export abstract class FaultControls implements ProxyFaults {
  /** Changes the faults of the directions, and says so to the connections. */
  protected abstract change(directions: readonly ProxyDirection[], change: Change): void;
  protected abstract cutNow(how: CutFault["with"]): void;
  protected abstract endOne(direction: ProxyDirection): void;

  stall(direction?: ProxyDirection): void {
    this.change(directionsOf(direction), (before) => ({ ...before, hold: "stall" }));
  }

  discard(direction?: ProxyDirection): void {
    this.change(directionsOf(direction), (before) => ({ ...before, hold: "discard" }));
  }

  delay(fault: DelayFault, direction?: ProxyDirection): void {
    const { ms, jitterMs = 0, seed = 1 } = asObject("a delay such as { ms: 50 }", fault);
    checkNumber("ms", ms, { most: longestMs });
    checkNumber("jitterMs", jitterMs, { most: ms });
    checkNumber("seed", seed, { least: Number.MIN_SAFE_INTEGER, whole: true });
    const delay = { ms, jitterMs, seed };
    this.change(directionsOf(direction), (before) => ({ ...before, delay }));
  }

  trickle(fault: TrickleFault, direction?: ProxyDirection): void {
    const expected = "a trickle such as { bytes: 1, everyMs: 100 }";
    const { bytes, everyMs } = asObject(expected, fault);
    checkNumber("bytes", bytes, { least: 1, whole: true });
    checkNumber("everyMs", everyMs, { most: longestMs });
    const pace = { pieceBytes: bytes, fixedMs: everyMs, perByteMs: 0, slackMs: 0 };
    this.change(directionsOf(direction), (before) => ({ ...before, pace }));
  }

  limit(fault: LimitFault, direction?: ProxyDirection): void {
    const { bytesPerSecond } = asObject("a limit such as { bytesPerSecond: 1000 }", fault);
    checkNumber("bytesPerSecond", bytesPerSecond, { least: 1 });
    const pace = {
      pieceBytes: Math.ceil(bytesPerSecond / piecesPerSecond),
      fixedMs: 0,
      perByteMs: 1000 / bytesPerSecond,
      slackMs: 100,
    };
    this.change(directionsOf(direction), (before) => ({ ...before, pace }));
  }

  cut(fault: CutFault, direction?: ProxyDirection): void {
    const { after, with: how } = asObject('a cut such as { with: "rst" }', fault);
    if (how !== "fin" && how !== "rst") {
      throw new TypeError(`Expected with to be "fin" or "rst", got ${named(how)}.`);
    }
    const directions = directionsOf(direction);
    if (after === undefined) {
      this.cutNow(how);
      return;
    }
    checkNumber("after", after, { whole: true });
    const cut = { after, with: how };
    this.change(directions, (before) => ({ ...before, cut }));
  }

  halfClose(direction: ProxyDirection): void {
    checkDirection(direction);
    this.endOne(direction);
  }

  resume(direction?: ProxyDirection): void {
    this.change(directionsOf(direction), () => noFaults);
  }
}

function directionsOf(direction: ProxyDirection | undefined): readonly ProxyDirection[] {
  if (direction === undefined) return ["up", "down"];
  checkDirection(direction);
  return [direction];
}

function checkDirection(direction: unknown): void {
  if (direction === "up" || direction === "down") return;
  throw new TypeError(`Expected a direction, "up" or "down", got ${named(direction)}.`);
}

interface Range {
  readonly least?: number;
  readonly most?: number;
  readonly whole?: boolean;
}

export function checkNumber(name: string, value: unknown, range: Range): void {
  const { least = 0, most = Number.MAX_SAFE_INTEGER, whole = false } = range;
  if (typeof value !== "number") {
    throw new TypeError(`Expected ${name} to be a number, got ${named(value)}.`);
  }
  if (value >= least && value <= most && (!whole || Number.isInteger(value))) return;
  const kind = whole ? "a whole number" : "a number";
  throw new RangeError(`Expected ${name} to be ${kind} from ${least} to ${most}, got ${value}.`);
}

/** Gives the argument back, for one that the compiler has not seen. */
export function asObject<T extends object>(expected: string, value: T): T {
  const given: unknown = value;
  if (typeof given === "object" && given !== null) return value;
  throw new TypeError(`Expected ${expected}, got ${named(given)}.`);
}

export function named(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
