/**
 * The other nodes of the cluster, each with its peer and the route to it; how all of them are
 * started, and how all links are brought down.
 */
import type { NodeId } from "../core/mailbox-id.ts";
import type { Link } from "../ports/carrier.ts";
import type { Clock } from "../ports/clock.ts";
import { Peer, type PeerFigures, type PeerPorts } from "./peer.ts";
import type { PeerChannel } from "./peer-channel.ts";
import { Route } from "./route.ts";

/** How long peers have to take the goodbye, well within the five seconds of `stop`. */
const goodbyeMs = 3_000;
/** How long links have to go down then. One that does not is taken for down. */
const giveUpMs = 4_500;

export class Peers {
  readonly #peers = new Map<NodeId, Peer>();
  readonly #routes = new Map<NodeId, Route>();
  /** Serves every node that is not in the cluster: peers can name as many as they like. */
  readonly #noRoute = new Route("", false);
  #onAllDown: (() => void) | undefined;

  add(nodeId: NodeId, ports: Omit<PeerPorts, "route">): void {
    const route = new Route(nodeId, true);
    this.#routes.set(nodeId, route);
    this.#peers.set(nodeId, new Peer(nodeId, { ...ports, route }));
  }

  get nodeIds(): NodeId[] {
    return [...this.#peers.keys()];
  }

  get(nodeId: NodeId): Peer | undefined {
    return this.#peers.get(nodeId);
  }

  routeTo(nodeId: NodeId): Route {
    return this.#routes.get(nodeId) ?? this.#noRoute;
  }

  /** The links that are up. */
  *channels(): Iterable<PeerChannel> {
    for (const { session } of this.#peers.values()) if (session !== undefined) yield session;
  }

  figures(): PeerFigures[] {
    return [...this.#peers.values()].map(({ figures }) => figures);
  }

  start(): void {
    for (const peer of this.#peers.values()) peer.start();
  }

  accept(link: Link): void {
    const peer = this.#peers.get(link.peer);
    if (peer === undefined) link.destroy();
    else peer.accept(link);
  }

  /** Says goodbye to all, and settles when every link is down. */
  async stop(clock: Clock): Promise<void> {
    for (const peer of this.#peers.values()) peer.stop();
    const timer = clock.after(goodbyeMs, () => {
      for (const peer of this.#peers.values()) peer.destroy();
    });
    await new Promise<void>((resolve) => {
      const giveUp = clock.after(giveUpMs, () => {
        for (const peer of this.#peers.values()) peer.giveUp();
      });
      this.#onAllDown = () => {
        giveUp[Symbol.dispose]();
        resolve();
      };
      this.onDown();
    });
    timer[Symbol.dispose]();
  }

  /** A link may have gone down: it may have been the last. */
  onDown(): void {
    if ([...this.channels()].length === 0) this.#onAllDown?.();
  }
}
