/**
 * The links of one life of a cluster, as its nodes tell of them: G15. Which of the links to a peer
 * a message was sent on is known by its number.
 */
import type { NodeId } from "reign";
import type { SimulatedNode } from "reign/testing";
import type { Violations } from "./violations.ts";

interface Up {
  readonly epoch: string;
  /** Counts the links of a run to one peer. */
  readonly number: number;
}

export class LinkHistory {
  readonly #violations: Violations;
  readonly #up = new Map<SimulatedNode, Map<NodeId, Up>>();
  readonly #counts = new Map<SimulatedNode, Map<NodeId, number>>();
  #downs = 0;

  constructor(violations: Violations) {
    this.#violations = violations;
  }

  /** How many links have gone down, each counted on both sides. */
  get downs(): number {
    return this.#downs;
  }

  wentUp(node: SimulatedNode, peer: NodeId, epoch: string): void {
    const links = mapOf(this.#up, node);
    if (links.has(peer)) {
      this.#violations.broken("G15", `${node.name} has two links to ${peer} at once`);
    }
    const counts = mapOf(this.#counts, node);
    const number = (counts.get(peer) ?? -1) + 1;
    counts.set(peer, number);
    links.set(peer, { epoch, number });
  }

  wentDown(node: SimulatedNode, peer: NodeId): void {
    this.#downs += 1;
    const known = mapOf(this.#up, node).delete(peer);
    if (!known)
      this.#violations.broken("G15", `${node.name} loses a link to ${peer} that was down`);
  }

  isUp(node: SimulatedNode, peer: NodeId): boolean {
    return mapOf(this.#up, node).has(peer);
  }

  /** The incarnation at the other end of the link to the peer; `undefined` while there is none. */
  epoch(node: SimulatedNode, peer: NodeId): string | undefined {
    return mapOf(this.#up, node).get(peer)?.epoch;
  }

  /** Which link to the peer it is; -1 while there is none. 0 for the node itself. */
  number(node: SimulatedNode, peer: NodeId): number {
    if (peer === node.id) return 0;
    return mapOf(this.#up, node).get(peer)?.number ?? -1;
  }
}

function mapOf<V>(maps: Map<SimulatedNode, Map<NodeId, V>>, node: SimulatedNode): Map<NodeId, V> {
  const known = maps.get(node);
  if (known !== undefined) return known;
  const made = new Map<NodeId, V>();
  maps.set(node, made);
  return made;
}
