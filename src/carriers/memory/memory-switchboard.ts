/**
 * What the carriers of one memory network share: who listens, which links there are, what the paths
 * between the nodes do, and which dials hang because a path swallows them.
 */
import { ReignError } from "../../core/errors.ts";
import type { NodeId } from "../../core/mailbox-id.ts";
import type { Link } from "../../ports/carrier.ts";
import { MemoryLink } from "./memory-link.ts";
import { MemoryPaths } from "./memory-path.ts";
import { MemoryPipe, type Transit } from "./memory-pipe.ts";

/** At which stage each link from and to a carrier is made to fail. */
export type FailedHandshake = "tls" | "cluster" | undefined;

export interface MemoryListening {
  readonly nodeId: NodeId;
  readonly failHandshake: FailedHandshake;
  readonly accept: (link: Link) => void;
}

export interface MemoryDial {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly failHandshake: FailedHandshake;
}

interface Connection {
  readonly nodes: readonly [NodeId, NodeId];
  readonly listening: MemoryListening;
  readonly dialled: MemoryLink;
  readonly accepted: MemoryLink;
  readonly pipes: readonly [MemoryPipe, MemoryPipe];
}

export class MemorySwitchboard {
  readonly transit: Transit;
  readonly paths: MemoryPaths = new MemoryPaths();
  readonly #handshakeTimeoutMs: number;
  readonly #listening = new Map<NodeId, MemoryListening>();
  readonly #connections = new Set<Connection>();
  readonly #hanging = new Set<() => void>();

  constructor(options: { readonly transit: Transit; readonly handshakeTimeoutMs: number }) {
    this.transit = options.transit;
    this.#handshakeTimeoutMs = options.handshakeTimeoutMs;
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** False when somebody listens for the node already. */
  startListening(listening: MemoryListening): boolean {
    if (this.#listening.has(listening.nodeId)) return false;
    this.#listening.set(listening.nodeId, listening);
    return true;
  }

  stopListening(listening: MemoryListening): void {
    if (this.#listening.get(listening.nodeId) !== listening) return;
    this.#listening.delete(listening.nodeId);
    for (const connection of this.#connections) {
      if (connection.listening !== listening || connection.accepted.admitted) continue;
      connection.accepted.destroy();
    }
  }

  /** The new link, or `undefined` while the path swallows what is sent: the dial hangs. */
  connect(dial: MemoryDial): Link | undefined {
    const there = this.paths.get(dial.from, dial.to);
    const back = this.paths.get(dial.to, dial.from);
    if (there.cut === "told" || back.cut === "told") throw dialError("EHOSTUNREACH", dial);
    if (!there.open || !back.open) return undefined;
    const listening = this.#listening.get(dial.to);
    if (listening === undefined) throw dialError("ECONNREFUSED", dial);
    if (dial.failHandshake === "tls" || listening.failHandshake === "tls") throw tlsError(dial);
    return this.#connect(dial, listening);
  }

  /** Calls `retry` whenever a path has changed, until `stopHanging`. */
  hang(retry: () => void): void {
    this.#hanging.add(retry);
  }

  stopHanging(retry: () => void): void {
    this.#hanging.delete(retry);
  }

  /** To be called when a path was changed: lets what it held back go on, or end. */
  pathsChanged(): void {
    for (const connection of this.#connections) {
      const [a, b] = connection.nodes;
      if (this.paths.get(a, b).cut === "told" || this.paths.get(b, a).cut === "told") {
        connection.dialled.sever();
        connection.accepted.sever();
      }
      for (const pipe of connection.pipes) pipe.wake();
    }
    for (const retry of this.#hanging) this.transit.clock.soon(retry);
  }

  #connect(dial: MemoryDial, listening: MemoryListening): Link {
    const failHandshake = dial.failHandshake === "cluster" || listening.failHandshake === "cluster";
    const createEnd = (peer: NodeId, handshakeTimeoutMs?: number): MemoryLink =>
      new MemoryLink({
        peer,
        clock: this.transit.clock,
        handshakeTimeoutMs,
        failHandshake,
        onGone: () => this.#forgetIfGone(connection),
      });
    const dialled = createEnd(dial.to);
    const accepted = createEnd(dial.from, this.#handshakeTimeoutMs);
    const there = this.#createPipe(dial.from, dial.to, dialled, accepted);
    const back = this.#createPipe(dial.to, dial.from, accepted, dialled);
    dialled.join({ outgoing: there, incoming: back });
    accepted.join({ outgoing: back, incoming: there });
    const connection: Connection = {
      nodes: [dial.from, dial.to],
      listening,
      dialled,
      accepted,
      pipes: [there, back],
    };
    this.#connections.add(connection);
    this.transit.clock.soon(() => this.#accept(connection));
    return dialled;
  }

  #createPipe(from: NodeId, to: NodeId, sender: MemoryLink, receiver: MemoryLink): MemoryPipe {
    return new MemoryPipe({
      transit: this.transit,
      path: this.paths.get(from, to),
      sender,
      receiver,
    });
  }

  #accept({ listening, accepted }: Connection): void {
    // A listener that was closed meanwhile has destroyed it and wants to hear of it no more.
    if (this.#listening.get(listening.nodeId) === listening) listening.accept(accepted);
  }

  #forgetIfGone(connection: Connection): void {
    if (!connection.dialled.down || !connection.accepted.down) return;
    this.#connections.delete(connection);
    for (const pipe of connection.pipes) pipe.discard();
  }
}

/** What the system says when there is nobody to reach. */
function dialError(code: string, { to }: MemoryDial): Error {
  return Object.assign(new Error(`connect ${code} memory:${to}`), { code, syscall: "connect" });
}

function tlsError({ from, to }: MemoryDial): Error {
  const reason = "the handshake was made to fail";
  return new ReignError(
    "REIGN_CLUSTER_HANDSHAKE_FAILED",
    `The TLS handshake of node ${from} with node ${to} failed: ${reason}.`,
    { peer: to, stage: "tls", reason },
  );
}
