/**
 * Which objects of a message are met more than once, and where each begins and ends in the text.
 *
 * That an object is shared shows when it comes again, long after it was written. So everything is
 * written as if nothing were shared, and what marks the shared ones is put in at the end: ordinary
 * messages stay plain and are walked through once.
 */
import { SeenObjects } from "../seen-objects.ts";
import type { Insertion } from "./json-text.ts";

interface Reference {
  readonly at: number;
  readonly place: number;
}

export class SharedObjects {
  readonly #seen = new SeenObjects();
  #starts: number[] = [];
  #ends: number[] = [];
  #references: Reference[] = [];

  has(object: object): boolean {
    return this.#seen.find(object) >= 0;
  }

  /** Whether `object` has come before; then nothing is written of it at this place. */
  refer(object: object, at: number): boolean {
    const place = this.#seen.find(object);
    if (place < 0) return false;
    this.#references.push({ at, place });
    return true;
  }

  /** Returns what `end` is to be told when the object has been written. */
  begin(object: object, at: number): number {
    this.#seen.add(object);
    return this.#starts.push(at) - 1;
  }

  end(place: number, at: number): void {
    this.#ends[place] = at;
  }

  /** What makes the text say who is shared, in its order: objects are numbered as they begin. */
  insertions(): readonly Insertion[] {
    const shared = [...new Set(this.#references.map(({ place }) => place))].sort((a, b) => a - b);
    const numbers = new Map(shared.map((place, number) => [place, number]));
    const definitions = shared.flatMap((place, number) => [
      { at: this.#starts[place] ?? 0, text: `{"$def":[${number},` },
      { at: this.#ends[place] ?? 0, text: "]}" },
    ]);
    const references = this.#references.map(({ at, place }) => ({
      at,
      text: `{"$ref":${numbers.get(place)}}`,
    }));
    return [...definitions, ...references].sort((a, b) => a.at - b.at);
  }

  /** Lets go of every object. */
  clear(): void {
    this.#seen.clear();
    this.#starts = [];
    this.#ends = [];
    this.#references = [];
  }
}
