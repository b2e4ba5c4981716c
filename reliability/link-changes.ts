/**
 * When the links of a node came up and went down, on the time that all processes share.
 *
 * It keeps counts and the last time alone, since it is held by nodes whose memory is measured over
 * thousands of changes.
 */
import type { ConnectionService } from "reign";
import { monotonicMs } from "./node.ts";

interface LinkState {
  readonly up: boolean;
  readonly downs: number;
  readonly wentDownAt: number;
}

const unknown: LinkState = Object.freeze({ up: false, downs: 0, wentDownAt: Number.NaN });

export class LinkChanges {
  readonly #links = new Map<string, LinkState>();
  readonly #waiting = new Set<() => void>();

  constructor(service: ConnectionService) {
    service.addConnectionStatusCallback((nodeId, connected) => {
      const { downs, wentDownAt } = this.#of(nodeId);
      const now = connected
        ? { up: true, downs, wentDownAt }
        : { up: false, downs: downs + 1, wentDownAt: monotonicMs() };
      this.#links.set(nodeId, now);
      for (const look of [...this.#waiting]) look();
    });
  }

  /** How often the link has gone down so far: what `wentDown` and `flapped` are given. */
  downs(nodeId: string): number {
    return this.#of(nodeId).downs;
  }

  up(nodeId: string): Promise<true> {
    return this.#when(() => (this.#of(nodeId).up ? true : undefined));
  }

  down(nodeId: string): Promise<true> {
    return this.#when(() => (this.#of(nodeId).up ? undefined : true));
  }

  /** When the link went down, once more than `before` times. */
  wentDown(nodeId: string, before: number): Promise<number> {
    return this.#when(() => {
      const { downs, wentDownAt } = this.#of(nodeId);
      return downs > before ? wentDownAt : undefined;
    });
  }

  /** Settles when the link has gone down more than `before` times, and is up. */
  flapped(nodeId: string, before: number): Promise<true> {
    return this.#when(() => {
      const { downs, up } = this.#of(nodeId);
      return up && downs > before ? true : undefined;
    });
  }

  #of(nodeId: string): LinkState {
    return this.#links.get(nodeId) ?? unknown;
  }

  #when<T>(found: () => T | undefined): Promise<T> {
    return new Promise((resolve) => {
      const look = (): void => {
        const value = found();
        if (value === undefined) return;
        this.#waiting.delete(look);
        resolve(value);
      };
      this.#waiting.add(look);
      look();
    });
  }
}
