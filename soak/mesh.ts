/** The paths between the nodes: each dials each other through a proxy of its own. */
import { createProxy, type FaultProxy, type ProxyDirection } from "reign/testing/proxy";
import { type NodePlace, portOf } from "../reliability/node.ts";
import type { Direction, LinkFault } from "./plan.ts";

interface Path {
  readonly from: number;
  readonly to: number;
  readonly proxy: FaultProxy;
}

export class Mesh implements AsyncDisposable {
  readonly #places: readonly NodePlace[];
  readonly #paths: readonly Path[];

  private constructor(places: readonly NodePlace[], paths: readonly Path[]) {
    this.#places = places;
    this.#paths = paths;
  }

  static async between(places: readonly NodePlace[]): Promise<Mesh> {
    const paths: Path[] = [];
    for (const from of places) {
      for (const to of places) {
        if (from === to) continue;
        const proxy = await createProxy({ target: { port: portOf(to) } });
        paths.push({ from: from.id, to: to.id, proxy });
      }
    }
    return new Mesh(places, paths);
  }

  /** Where everybody is, for one of them. */
  placesSeenBy(id: number): readonly NodePlace[] {
    return this.#places.map((place) => {
      const path = this.#paths.find(({ from, to }) => from === id && to === place.id);
      return path === undefined ? place : { id: place.id, address: path.proxy.address };
    });
  }

  /** Whichever of the two has dialled. */
  hurt([lower, higher]: readonly [number, number], fault: LinkFault): void {
    for (const { from, to, proxy } of this.#paths) {
      if (from === lower && to === higher) apply(fault, proxy, { forth: "up", back: "down" });
      if (from === higher && to === lower) apply(fault, proxy, { forth: "down", back: "up" });
    }
  }

  heal([lower, higher]: readonly [number, number]): void {
    for (const { from, to, proxy } of this.#paths) {
      const either = (from === lower && to === higher) || (from === higher && to === lower);
      if (either) proxy.resume();
    }
  }

  isolate(node: number): void {
    for (const { from, to, proxy } of this.#paths) {
      if (from === node || to === node) proxy.discard();
    }
  }

  healAll(): void {
    for (const { proxy } of this.#paths) proxy.resume();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#paths.map(({ proxy }) => proxy.close()));
  }
}

function apply(
  fault: LinkFault,
  proxy: FaultProxy,
  directions: Readonly<Record<Direction, ProxyDirection>>,
): void {
  switch (fault.kind) {
    case "cut": {
      const { how, after } = fault;
      proxy.cut({ with: how, ...(after === undefined ? {} : { after }) });
      break;
    }
    case "stall":
    case "discard":
      proxy[fault.kind](fault.direction && directions[fault.direction]);
      break;
    case "delay":
      proxy.delay(fault);
      break;
    case "trickle":
      proxy.trickle(fault);
      break;
    case "limit":
      proxy.limit(fault);
  }
}
