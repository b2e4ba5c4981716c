/**
 * What happened in a simulation, in two forms: a digest over every event, which tells whether two
 * runs were the same run, and a timeline of what matters, for people.
 */
import { createHash } from "node:crypto";

/** One line of the timeline. */
export interface TimelineEntry {
  /** Virtual milliseconds since the simulation began. */
  readonly at: number;
  /** A node, as `2` or in its third run `2#3`, or `faults` or `test`. */
  readonly who: string;
  readonly text: string;
}

const batchSize = 4096;

export class Trace {
  readonly #hash = createHash("sha256");
  readonly #numbers = new Float64Array(batchSize);
  #filled = 0;
  readonly #timeline: TimelineEntry[] = [];
  #events = 0;

  get timeline(): readonly TimelineEntry[] {
    return this.#timeline;
  }

  /** How many events the digest has seen. */
  get events(): number {
    return this.#events;
  }

  /** An event for the digest alone. */
  event(at: number, who: number, what: number): void {
    this.#events += 1;
    if (this.#filled + 3 > batchSize) this.#flush();
    this.#numbers[this.#filled] = at;
    this.#numbers[this.#filled + 1] = who;
    this.#numbers[this.#filled + 2] = what;
    this.#filled += 3;
  }

  /** An event that people want to see. */
  note(at: number, who: string, text: string): void {
    this.#timeline.push({ at, who, text });
    this.#flush();
    this.#hash.update(`${at} ${who} ${text}\n`);
  }

  /** The digest of everything so far, as hexadecimal text. */
  digest(): string {
    this.#flush();
    return this.#hash.copy().digest("hex");
  }

  #flush(): void {
    if (this.#filled === 0) return;
    this.#hash.update(new Uint8Array(this.#numbers.buffer, 0, this.#filled * 8));
    this.#filled = 0;
  }
}

/** FNV-1a of bytes: a number that stands for them in the digest. */
export function fingerprint(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193);
  return hash >>> 0;
}

/** The timeline as text, a line each; only the last `most` lines where there are more. */
export function formatTimeline(
  entries: readonly TimelineEntry[],
  most: number = entries.length,
): string {
  const shown = entries.slice(Math.max(0, entries.length - most));
  const left = entries.length - shown.length;
  const lines = shown.map(({ at, who, text }) => {
    const whose = who === "" ? "" : `${who.padEnd(8)} `;
    return `${formatMoment(at).padStart(11)}  ${whose}${inOneLine(text)}`;
  });
  return [...(left > 0 ? [`   ${left} lines before`] : []), ...lines].join("\n");
}

/** Notes and errors may hold anything; a line of the timeline stays a line. */
function inOneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]/gu, (char) => {
    return char === "\n" ? "\\n" : `\\u{${char.codePointAt(0)?.toString(16)}}`;
  });
}

/** Virtual milliseconds as `12:03.450`: minutes, seconds, thousandths. */
export function formatMoment(ms: number): string {
  const whole = Math.round(ms);
  const minutes = Math.floor(whole / 60_000);
  const seconds = ((whole - minutes * 60_000) / 1_000).toFixed(3).padStart(6, "0");
  return `${minutes}:${seconds}`;
}
