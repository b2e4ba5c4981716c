/** Something that takes bytes from others, and what is held against each input given to it. */
import type { Draw } from "./draw.ts";

export interface Target {
  readonly name: string;
  /** What is held against each input, in a line of the report. */
  readonly held: string;
  readonly maxBytes: number;
  /** Its share of the time, beside those of the others. */
  readonly share: number;
  /** Bytes that mean something to it wherever they stand. */
  readonly tokens: readonly Uint8Array[];
  /** An input that is in order, or made of parts that are. */
  make(draw: Draw): Uint8Array;
  /** Begins from nothing. Inputs in a row are run by one of these. */
  open(): Trial;
}

export interface Trial {
  /**
   * Throws whatever is wrong. Returns what came of it as a number: an input with a new one is kept,
   * and others are made of it. Nothing but the input, and those before it, decides the number.
   */
  run(input: Uint8Array): number | Promise<number>;
  /** The part of it whose memory is bounded, and the bound. What it returns is still held. */
  weigh?(input: Uint8Array): unknown;
  mayWeigh?(input: Uint8Array): number;
}

/** Something does not hold that should. */
export class Finding extends Error {
  override name = "Finding";
}

export function expectThat(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Finding(what);
}

/** Makes one number of what came of an input. */
export class Outcome {
  #sum = 0x811c9dc5;

  add(value: number): this {
    this.#sum = Math.imul(this.#sum ^ value, 0x01000193);
    return this;
  }

  text(text: string): this {
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      // Numbers in a message are the input's, and would make all of them new.
      if (unit < 0x30 || unit > 0x39) this.add(unit);
    }
    return this;
  }

  /** So many, as one of few classes. */
  count(count: number): this {
    return this.add(32 - Math.clz32(count));
  }

  get value(): number {
    return this.#sum;
  }
}
