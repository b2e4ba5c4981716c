/**
 * Decides how many lines the log gets of what can come again and again: pure, the time is given.
 *
 * Each kind of line, for each peer, has so many at once and then one in an interval; what goes
 * beyond is counted, and the next line of its kind says how many it stands for. A cause that came
 * within the last interval of causes is not told again.
 */

/** So many lines at once, and then one each time `everyMs` have passed. */
export interface Allowance {
  readonly atOnce: number;
  readonly everyMs: number;
  /** How long the same cause is not told again; without it, causes are not looked at. */
  readonly sameCauseMs?: number;
}

export interface Occurrence {
  readonly cause?: string;
  /** How many others it stands for, which nobody has been told of. */
  readonly untold?: number;
}

export type Verdict =
  | { readonly write: true; readonly suppressed: number }
  /** The time from which on there is room again. */
  | { readonly write: false; readonly roomAt: number };

interface Kind {
  lines: number;
  countedAt: number;
  suppressed: number;
  readonly causes: Map<string, number>;
}

export class LineLimits {
  /** Kinds of lines times peers of the spec: nobody outside can add to them. */
  readonly #kinds = new Map<string, Kind>();

  admit(key: string, allowance: Allowance, now: number, occurrence: Occurrence = {}): Verdict {
    const { cause = "", untold = 0 } = occurrence;
    const kind = this.#kind(key, allowance, now);
    kind.suppressed += untold;
    const { sameCauseMs = 0 } = allowance;
    forget(kind.causes, now - sameCauseMs);
    const toldAt = kind.causes.get(cause);
    if (kind.lines < 1 || toldAt !== undefined) {
      kind.suppressed += 1;
      const refilledAt = kind.countedAt + (1 - kind.lines) * allowance.everyMs;
      return { write: false, roomAt: Math.max(refilledAt, (toldAt ?? now) + sameCauseMs) };
    }
    kind.lines -= 1;
    if (sameCauseMs > 0) kind.causes.set(cause, now);
    const { suppressed } = kind;
    kind.suppressed = 0;
    return { write: true, suppressed };
  }

  /** The line of that kind is written after all: gives how many it stands for, beside itself. */
  settle(key: string): number {
    const kind = this.#kinds.get(key);
    if (kind === undefined) return 0;
    const others = Math.max(0, kind.suppressed - 1);
    kind.suppressed = 0;
    kind.lines -= 1;
    return others;
  }

  #kind(key: string, { atOnce, everyMs }: Allowance, now: number): Kind {
    const known = this.#kinds.get(key);
    if (known !== undefined) {
      known.lines = Math.min(atOnce, known.lines + (now - known.countedAt) / everyMs);
      known.countedAt = now;
      return known;
    }
    const kind = { lines: atOnce, countedAt: now, suppressed: 0, causes: new Map() };
    this.#kinds.set(key, kind);
    return kind;
  }
}

/** Entries are in the order of their times. */
function forget(causes: Map<string, number>, until: number): void {
  for (const [cause, toldAt] of causes) {
    if (toldAt > until) return;
    causes.delete(cause);
  }
}
