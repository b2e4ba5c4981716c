/**
 * Where in a backlog the messages with a tag are, so that a receive which names one need not look
 * at the others.
 *
 * Nothing is read when a message comes. A search that has looked at a message and declined it
 * leaves it here, so each is read once, however many searches follow, and one that is received
 * before anybody has searched past it is never read at all.
 *
 * What is found here is where to look, and no answer: a position is a candidate, whose message the
 * matcher judges as in a scan. So a bucket may hold too much (both zeros, or what has been taken
 * meanwhile), and never too little. A message of which the tag cannot be read without code of the
 * user's, or in peace, is a candidate of every search. What has been read is believed: a message
 * that is changed while it waits, or a proxy that says now this and now that, may be passed over.
 *
 * Nothing is removed when a message is taken. The backlog counts what is stale and begins a new
 * index when that is the greater part, which keeps the memory in bounds and costs a step for each
 * message taken. It begins a new one too when its positions begin anew.
 */
import { isTagValue, type Tag } from "./matcher.ts";

/** So many properties of messages are indexed; a matcher that asks for others has to scan. */
const mostFacets = 8;
/** Of one matcher. The best of them is used, and two are mostly one too many. */
const mostTags = 4;
/** Instances of more classes than that are candidates of every search for a class. */
const mostPrototypes = 64;

/** The messages by position, as the backlog has them; `undefined` is none. */
export interface Messages {
  at(position: number): unknown;
}

/** Ascending positions. Most tags are of one message, and that one needs no list. */
export type Bucket = number | PositionList;

export class TagIndex {
  /** What stands before it has been read, and is found here; what stands behind it is not. */
  read: number;
  /** How many messages have been taken of those that were read. */
  stale = 0;
  /** A search is under way. One inside it, out of a matcher, goes without the index. */
  busy = false;
  readonly #first: number;
  readonly #facets: Facet[] = [];

  constructor(first: number) {
    this.#first = first;
    this.read = first;
  }

  /** The buckets in which all read messages with these tags are; `undefined` if not indexed. */
  candidates(tags: readonly Tag[], messages: Messages): readonly Bucket[] | undefined {
    let best: Facet | undefined;
    let bestTag: Tag | undefined;
    let fewest = Number.POSITIVE_INFINITY;
    for (let i = 0; i < tags.length && i < mostTags && fewest > 0; i++) {
      const tag = tags[i] as Tag;
      const facet = this.#facet(tag.key, messages);
      const count = facet === undefined ? fewest : facet.count(tag.value);
      if (count >= fewest) continue;
      best = facet;
      bestTag = tag;
      fewest = count;
    }
    return best?.buckets(bestTag?.value);
  }

  /** The search has come past the message at `position`. May run code of the user's. */
  add(position: number, message: unknown): void {
    for (const facet of this.#facets) facet.add(position, message);
    this.read = position + 1;
  }

  #facet(key: string | undefined, messages: Messages): Facet | undefined {
    for (const facet of this.#facets) if (facet.key === key) return facet;
    if (this.#facets.length >= mostFacets) return undefined;
    const facet = key === undefined ? new PrototypeFacet() : new KeyFacet(key);
    for (let position = this.#first; position < this.read; position++) {
      const message = messages.at(position);
      if (message !== undefined) facet.add(position, message);
    }
    this.#facets.push(facet);
    return facet;
  }
}

/** The first candidate at or after `from`; `Infinity` if there is none. */
export function nextCandidate(buckets: readonly Bucket[], from: number): number {
  let next = Number.POSITIVE_INFINITY;
  for (const bucket of buckets) {
    const position = typeof bucket === "number" ? bucket : bucket.next(from);
    if (position >= from && position < next) next = position;
  }
  return next;
}

/** The message at `position` has been taken: no search need come there again. */
export function forget(buckets: readonly Bucket[], position: number): void {
  for (const bucket of buckets) if (typeof bucket !== "number") bucket.forget(position);
}

export class PositionList {
  readonly #positions: number[];
  #first = 0;
  /** Where the last search stood: the next one mostly goes on from there. */
  #cursor = 0;

  constructor(positions: number[]) {
    this.#positions = positions;
  }

  get count(): number {
    return this.#positions.length - this.#first;
  }

  push(position: number): void {
    this.#positions.push(position);
  }

  next(from: number): number {
    const positions = this.#positions;
    const first = positions[this.#first];
    if (first === undefined) return Number.POSITIVE_INFINITY;
    if (first >= from) this.#cursor = this.#first;
    else if (positions[this.#cursor] === from - 1) this.#cursor += 1;
    else this.#cursor = firstNotBelow(positions, from);
    return positions[this.#cursor] ?? Number.POSITIVE_INFINITY;
  }

  forget(position: number): void {
    if (this.#positions[this.#first] === position) this.#first += 1;
  }
}

function firstNotBelow(positions: readonly number[], from: number): number {
  let low = 0;
  let high = positions.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((positions[middle] as number) < from) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Messages by one thing that can be asked of them. */
interface Facet {
  readonly key: string | undefined;
  add(position: number, message: unknown): void;
  count(value: unknown): number;
  buckets(value: unknown): readonly Bucket[];
}

/** By the value of a property of their own. */
class KeyFacet implements Facet {
  readonly key: string;
  readonly #byValue = new Map<unknown, Bucket>();
  /** Whose property has a getter, or would not be read. */
  readonly #unread = new PositionList([]);

  constructor(key: string) {
    this.key = key;
  }

  add(position: number, message: unknown): void {
    if (typeof message !== "object" || message === null) return;
    try {
      const property = Object.getOwnPropertyDescriptor(message, this.key);
      if (property === undefined) return;
      if (property.get !== undefined) this.#unread.push(position);
      // Nobody can ask for other values, and the index would keep them when they have been taken.
      else if (isTagValue(property.value)) put(this.#byValue, property.value, position);
    } catch {
      this.#unread.push(position);
    }
  }

  count(value: unknown): number {
    return countOf(this.#byValue.get(value)) + this.#unread.count;
  }

  buckets(value: unknown): readonly Bucket[] {
    const bucket = this.#byValue.get(value);
    if (this.#unread.count === 0) return bucket === undefined ? [] : [bucket];
    return bucket === undefined ? [this.#unread] : [bucket, this.#unread];
  }
}

/** By their class: the prototype that they have themselves. */
class PrototypeFacet implements Facet {
  readonly key = undefined;
  readonly #byPrototype = new Map<object, PositionList>();
  readonly #others = new PositionList([]);

  add(position: number, message: unknown): void {
    if ((typeof message !== "object" && typeof message !== "function") || message === null) return;
    try {
      const prototype: object | null = Object.getPrototypeOf(message);
      if (prototype !== null) this.#listOf(prototype).push(position);
    } catch {
      this.#others.push(position);
    }
  }

  count(wanted: unknown): number {
    let count = 0;
    for (const bucket of this.buckets(wanted)) count += countOf(bucket);
    return count;
  }

  buckets(wanted: unknown): readonly Bucket[] {
    const found: Bucket[] = this.#others.count === 0 ? [] : [this.#others];
    for (const [prototype, list] of this.#byPrototype) {
      if (prototype === wanted || inherits(prototype, wanted)) found.push(list);
    }
    return found;
  }

  #listOf(prototype: object): PositionList {
    const known = this.#byPrototype.get(prototype);
    if (known !== undefined) return known;
    if (this.#byPrototype.size >= mostPrototypes) return this.#others;
    const list = new PositionList([]);
    this.#byPrototype.set(prototype, list);
    return list;
  }
}

function inherits(prototype: object, wanted: unknown): boolean {
  return Object.prototype.isPrototypeOf.call(wanted, prototype);
}

function put(buckets: Map<unknown, Bucket>, value: unknown, position: number): void {
  const bucket = buckets.get(value);
  if (bucket === undefined) buckets.set(value, position);
  else if (typeof bucket === "number") buckets.set(value, new PositionList([bucket, position]));
  else bucket.push(position);
}

function countOf(bucket: Bucket | undefined): number {
  if (bucket === undefined) return 0;
  return typeof bucket === "number" ? 1 : bucket.count;
}
