/**
 * Who watches whom: pairs of a watched mailbox and a watching one, each pair once.
 *
 * A pair leaves the table in exactly one of three ways, and whoever takes it out does what belongs
 * to it: the notice (`takeTarget`), the withdrawal (`remove`), or the end of the watcher
 * (`takeWatcher`). So no notice can be sent twice or be forgotten.
 *
 * One table serves the mailboxes of this node; another one, for each peer, those of that node.
 */
export class Watches {
  /** Both ways round, so that the end of either side costs what it had, not the whole table. */
  readonly #watchersOf: Relation = new Map();
  readonly #targetsOf: Relation = new Map();

  get size(): number {
    let pairs = 0;
    for (const watchers of this.#watchersOf.values()) pairs += listOf(watchers).length;
    return pairs;
  }

  /** How many watchers have a target. */
  get watcherCount(): number {
    return this.#targetsOf.size;
  }

  hasWatcher(watcher: number): boolean {
    return this.#targetsOf.has(watcher);
  }

  /** Returns whether the target had no watcher before. Adding a pair again changes nothing. */
  add(target: number, watcher: number): boolean {
    insert(this.#targetsOf, watcher, target);
    return insert(this.#watchersOf, target, watcher);
  }

  /** Takes one pair out. `last` says that the target has no watcher left. */
  remove(target: number, watcher: number): "absent" | "removed" | "last" {
    if (!erase(this.#watchersOf, target, watcher)) return "absent";
    erase(this.#targetsOf, watcher, target);
    return this.#watchersOf.has(target) ? "removed" : "last";
  }

  /** Takes out every pair of a target, and returns its watchers in order of asking. */
  takeTarget(target: number): readonly number[] {
    const watchers = take(this.#watchersOf, target);
    for (const watcher of watchers) erase(this.#targetsOf, watcher, target);
    return watchers;
  }

  /** Takes out every pair of a watcher, and returns the targets that nobody watches any more. */
  takeWatcher(watcher: number): readonly number[] {
    const targets = take(this.#targetsOf, watcher);
    for (const target of targets) erase(this.#watchersOf, target, watcher);
    return targets.length === 0
      ? targets
      : targets.filter((target) => !this.#watchersOf.has(target));
  }

  /** Takes out everything: each target with its watchers, in order of asking. */
  takeAll(): [target: number, watchers: readonly number[]][] {
    const all = [...this.#watchersOf].map(([target, watchers]): [number, readonly number[]] => [
      target,
      listOf(watchers),
    ]);
    this.#watchersOf.clear();
    this.#targetsOf.clear();
    return all;
  }
}

/** Most have one partner alone: a set for each would be most of the time and of the memory. */
type Relation = Map<number, number | Set<number>>;

const none: readonly number[] = Object.freeze([]);

function listOf(values: number | Set<number>): readonly number[] {
  return typeof values === "number" ? [values] : [...values];
}

/** Returns whether the key had no value before. */
function insert(relation: Relation, key: number, value: number): boolean {
  const values = relation.get(key);
  if (values === undefined) relation.set(key, value);
  else if (typeof values !== "number") values.add(value);
  else if (values !== value) relation.set(key, new Set([values, value]));
  return values === undefined;
}

/** Returns whether it was there. */
function erase(relation: Relation, key: number, value: number): boolean {
  const values = relation.get(key);
  if (values === undefined || typeof values === "number") {
    return values === value && relation.delete(key);
  }
  const was = values.delete(value);
  if (values.size === 0) relation.delete(key);
  return was;
}

function take(relation: Relation, key: number): readonly number[] {
  const values = relation.get(key);
  if (values === undefined) return none;
  relation.delete(key);
  return listOf(values);
}
