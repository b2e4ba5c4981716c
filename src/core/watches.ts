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
  readonly #watchersOf = new Map<number, Set<number>>();
  readonly #targetsOf = new Map<number, Set<number>>();

  get size(): number {
    let pairs = 0;
    for (const watchers of this.#watchersOf.values()) pairs += watchers.size;
    return pairs;
  }

  /** Returns whether the target had no watcher before. Adding a pair again changes nothing. */
  add(target: number, watcher: number): boolean {
    const isFirst = !this.#watchersOf.has(target);
    insert(this.#watchersOf, target, watcher);
    insert(this.#targetsOf, watcher, target);
    return isFirst;
  }

  /** Takes one pair out. `last` says that the target has no watcher left. */
  remove(target: number, watcher: number): "absent" | "removed" | "last" {
    if (!this.#watchersOf.get(target)?.has(watcher)) return "absent";
    erase(this.#targetsOf, watcher, target);
    erase(this.#watchersOf, target, watcher);
    return this.#watchersOf.has(target) ? "removed" : "last";
  }

  /** Takes out every pair of a target, and returns its watchers in order of asking. */
  takeTarget(target: number): number[] {
    const found = this.#watchersOf.get(target);
    if (found === undefined) return [];
    const watchers = [...found];
    this.#watchersOf.delete(target);
    for (const watcher of watchers) erase(this.#targetsOf, watcher, target);
    return watchers;
  }

  /** Takes out every pair of a watcher, and returns the targets that nobody watches any more. */
  takeWatcher(watcher: number): number[] {
    const found = this.#targetsOf.get(watcher);
    if (found === undefined) return [];
    const targets = [...found];
    this.#targetsOf.delete(watcher);
    for (const target of targets) erase(this.#watchersOf, target, watcher);
    return targets.filter((target) => !this.#watchersOf.has(target));
  }

  /** Takes out everything: each target with its watchers, in order of asking. */
  takeAll(): [target: number, watchers: number[]][] {
    const all = [...this.#watchersOf].map(([target, watchers]): [number, number[]] => [
      target,
      [...watchers],
    ]);
    this.#watchersOf.clear();
    this.#targetsOf.clear();
    return all;
  }
}

function insert(map: Map<number, Set<number>>, key: number, value: number): void {
  const set = map.get(key);
  if (set === undefined) map.set(key, new Set([value]));
  else set.add(value);
}

function erase(map: Map<number, Set<number>>, key: number, value: number): void {
  const set = map.get(key);
  set?.delete(value);
  if (set?.size === 0) map.delete(key);
}
