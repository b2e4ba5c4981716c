/**
 * The other nodes of the cluster: how all of them are started, how nodes come in and go out while
 * the service runs, and how all links are brought down.
 *
 * A node that is taken out stays here until its link is down, so that whoever waits for its end is
 * told as at any link's. What stays then is its account of messages: if the same incarnation comes
 * back, what was in doubt is known after all.
 */
import { invariant } from "../core/invariant.ts";
import { LinkAccount } from "../core/link-account.ts";
import type { NodeId } from "../core/mailbox-id.ts";
import type { Link } from "../ports/carrier.ts";
import type { Clock } from "../ports/clock.ts";
import { Member } from "./member.ts";
import { Peer, type PeerFigures, type PeerPorts } from "./peer.ts";
import type { PeerChannel } from "./peer-channel.ts";
import { Route } from "./route.ts";

/** What all peers of a node share. */
export type SharedPeerPorts = Omit<PeerPorts, "route" | "account">;

/** Of so many nodes that were taken out the account is kept: a program may name ever new ones. */
const maxAccountsKept = 1_000;

export class Peers {
  /** Nothing for a node without a network. */
  readonly #ports: SharedPeerPorts | undefined;
  readonly #members = new Map<NodeId, Member>();
  readonly #accounts = new Map<NodeId, LinkAccount>();
  /** Serves every node that is not in the cluster: peers can name as many as they like. */
  readonly #noRoute = new Route("", false);
  #running = false;
  #stopped = false;

  constructor(ports: SharedPeerPorts | undefined) {
    this.#ports = ports;
  }

  get nodeIds(): NodeId[] {
    return [...this.#members].flatMap(([nodeId, { route }]) => (route.known ? [nodeId] : []));
  }

  get(nodeId: NodeId): Peer | undefined {
    const member = this.#members.get(nodeId);
    return member?.route.known ? member.peer : undefined;
  }

  routeTo(nodeId: NodeId): Route {
    return this.#members.get(nodeId)?.route ?? this.#noRoute;
  }

  /** The links that are up. */
  *channels(): Iterable<PeerChannel> {
    for (const { peer } of this.#members.values()) {
      if (peer.session !== undefined) yield peer.session;
    }
  }

  /** Whether nothing waits to go out, to any of them. */
  get idle(): boolean {
    return [...this.channels()].every(({ idle }) => idle);
  }

  /** From now on the node is in the cluster, and dialled if the others are. */
  add(nodeId: NodeId): void {
    const member = this.#members.get(nodeId) ?? this.#create(nodeId);
    member.route.known = true;
    if (this.#running) member.peer.start();
  }

  /** From now on the node is not in the cluster. Settles when its link is down. */
  async remove(nodeId: NodeId, clock: Clock): Promise<void> {
    const member = this.#members.get(nodeId);
    if (member === undefined) return;
    member.route.known = false;
    const down = member.end(clock, "the peer was taken out of the cluster");
    this.#forgetIfGone(nodeId, member);
    await down;
  }

  /** Ends the link of a node, and every attempt at one, and makes it anew. */
  async renew(nodeId: NodeId, clock: Clock): Promise<void> {
    const member = this.#members.get(nodeId);
    if (member === undefined) return;
    const down = member.end(clock, "the peer has another identity from now on");
    if (this.#running) member.peer.start();
    await down;
  }

  figures(): PeerFigures[] {
    return [...this.#members.values()].map(({ peer }) => peer.figures);
  }

  start(): void {
    // Who was told that the node listens may have stopped it.
    if (this.#stopped) return;
    this.#running = true;
    for (const { peer } of this.#members.values()) peer.start();
  }

  accept(link: Link): void {
    const peer = this.get(link.peer);
    if (peer === undefined) link.destroy();
    else peer.accept(link);
  }

  /** Says goodbye to all, and settles when every link is down. */
  async stop(clock: Clock): Promise<void> {
    this.#running = false;
    this.#stopped = true;
    const members = [...this.#members.values()];
    await Promise.all(members.map((member) => member.end(clock, "this node stopped")));
  }

  /** A link is down, and everybody has been told. */
  onDown(nodeId: NodeId): void {
    const member = this.#members.get(nodeId);
    member?.onDown();
    if (member !== undefined) this.#forgetIfGone(nodeId, member);
  }

  #create(nodeId: NodeId): Member {
    invariant(this.#ports !== undefined, "a node without a network has no peers");
    const account = this.#accounts.get(nodeId) ?? new LinkAccount();
    this.#accounts.delete(nodeId);
    const route = new Route(nodeId, true);
    const member = new Member(new Peer(nodeId, { ...this.#ports, route, account }), route);
    this.#members.set(nodeId, member);
    return member;
  }

  #forgetIfGone(nodeId: NodeId, { peer, route, isLinked }: Member): void {
    if (route.known || isLinked) return;
    this.#members.delete(nodeId);
    this.#accounts.set(nodeId, peer.account);
    const [oldest] = this.#accounts.keys();
    if (this.#accounts.size > maxAccountsKept && oldest !== undefined) {
      this.#accounts.delete(oldest);
    }
  }
}
