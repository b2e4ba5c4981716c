/** What the way from one node to another does at present. Each direction is a path of its own. */
import type { NodeId } from "../../core/mailbox-id.ts";

export class MemoryPath {
  /** "told": both ends learn of it at once. "silent": the way swallows what is sent into it. */
  cut: "told" | "silent" | undefined = undefined;
  /** Nothing arrives, and the sender's system takes nothing more. */
  stalled = false;

  get open(): boolean {
    return this.cut === undefined && !this.stalled;
  }
}

export class MemoryPaths {
  readonly #paths = new Map<string, MemoryPath>();

  get(from: NodeId, to: NodeId): MemoryPath {
    // No node id has a ">" in it.
    const key = `${from}>${to}`;
    let path = this.#paths.get(key);
    if (path === undefined) {
      path = new MemoryPath();
      this.#paths.set(key, path);
    }
    return path;
  }

  all(): Iterable<MemoryPath> {
    return this.#paths.values();
  }
}
