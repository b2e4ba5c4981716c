/**
 * Values by number, for numbers that are given out in order and used once: pages of slots.
 *
 * A number costs a slot of eight bytes, and no hashing to come or go. A page goes when it is empty
 * and no longer the newest, so what stays is bounded by what is there: a page for each value, if no
 * two have numbers near each other. Any number may be asked for, also one out of the air.
 */
const pageSlots = 64;

interface Page<T> {
  readonly number: number;
  readonly slots: (T | undefined)[];
  count: number;
}

export class NumberTable<T> {
  readonly #pages = new Map<number, Page<T>>();
  /** The page that was asked for last: most often it is the next one, too. */
  #latest: Page<T> | undefined;
  #newest = -1;

  get(number: number): T | undefined {
    return this.#page(Math.floor(number / pageSlots))?.slots[number % pageSlots];
  }

  /** Puts in a value for a number that has none, and is no lower than any page that is gone. */
  add(number: number, value: T): void {
    const at = Math.floor(number / pageSlots);
    const page = this.#page(at) ?? this.#begin(at);
    page.slots[number % pageSlots] = value;
    page.count += 1;
  }

  /** Takes the value of a number out, if it has one. */
  delete(number: number): void {
    const page = this.#page(Math.floor(number / pageSlots));
    const slot = number % pageSlots;
    if (page?.slots[slot] === undefined) return;
    page.slots[slot] = undefined;
    page.count -= 1;
    this.#dropIfEmpty(page);
  }

  *values(): Iterable<T> {
    for (const { slots } of this.#pages.values()) {
      for (const value of slots) if (value !== undefined) yield value;
    }
  }

  #page(at: number): Page<T> | undefined {
    if (this.#latest?.number === at) return this.#latest;
    const page = this.#pages.get(at);
    if (page !== undefined) this.#latest = page;
    return page;
  }

  #begin(at: number): Page<T> {
    const page = {
      number: at,
      slots: new Array<T | undefined>(pageSlots).fill(undefined),
      count: 0,
    };
    const before = this.#pages.get(this.#newest);
    this.#newest = Math.max(this.#newest, at);
    this.#pages.set(at, page);
    this.#latest = page;
    if (before !== undefined) this.#dropIfEmpty(before);
    return page;
  }

  #dropIfEmpty(page: Page<T>): void {
    if (page.count > 0 || page.number === this.#newest) return;
    this.#pages.delete(page.number);
    if (this.#latest === page) this.#latest = undefined;
  }
}
