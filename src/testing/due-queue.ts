/**
 * Holds what is to run at some moment, and gives it back in order of that moment and, within one
 * moment, in order of asking. A binary heap in which each entry knows its place, so that an entry
 * taken back leaves at once: a node that asks for a timer with every message and disposes of it
 * again must not fill the queue with dead ones.
 */

export interface DueEntry {
  readonly dueAt: number;
  /** Counts up with each request; decides between entries of one moment. */
  readonly order: number;
  readonly run: () => void;
  /** Where in the heap the entry stands, -1 once it has left. The queue's own note. */
  place: number;
}

export function comesBefore(a: DueEntry, b: DueEntry): boolean {
  return a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.order < b.order);
}

export class DueQueue {
  readonly #heap: DueEntry[] = [];

  get size(): number {
    return this.#heap.length;
  }

  get first(): DueEntry | undefined {
    return this.#heap[0];
  }

  add(entry: DueEntry): void {
    this.#put(entry, this.#heap.length);
    this.#rise(entry);
  }

  /** Takes an entry out. One that has left already is left alone. */
  remove(entry: DueEntry): void {
    const place = entry.place;
    if (place < 0) return;
    entry.place = -1;
    const last = this.#heap.pop();
    if (last === undefined || last === entry) return;
    this.#put(last, place);
    this.#rise(last);
    this.#sink(last);
  }

  clear(): void {
    for (const entry of this.#heap.splice(0)) entry.place = -1;
  }

  #put(entry: DueEntry, place: number): void {
    this.#heap[place] = entry;
    entry.place = place;
  }

  #rise(entry: DueEntry): void {
    while (entry.place > 0) {
      const parent = this.#heap[(entry.place - 1) >> 1];
      if (parent === undefined || !comesBefore(entry, parent)) return;
      this.#swap(entry, parent);
    }
  }

  #sink(entry: DueEntry): void {
    for (;;) {
      const left = this.#heap[2 * entry.place + 1];
      const right = this.#heap[2 * entry.place + 2];
      const child =
        left !== undefined && right !== undefined && comesBefore(right, left) ? right : left;
      if (child === undefined || !comesBefore(child, entry)) return;
      this.#swap(entry, child);
    }
  }

  #swap(a: DueEntry, b: DueEntry): void {
    const place = a.place;
    this.#put(a, b.place);
    this.#put(b, place);
  }
}
