/**
 * How nodes reach each other: links of ordered bytes between authenticated peers.
 *
 * A carrier knows how to reach a node and proves who is at the other end; it knows nothing of
 * frames, messages or names. `reign/testing` has a contract suite that every carrier passes.
 */
import type { NodeId } from "../core/mailbox-id.ts";

/**
 * How a node reaches the others. Write one to use another network than TLS over TCP, and hold it
 * to `carrierContract` of `reign/testing`.
 */
export interface Carrier {
  /**
   * Accepts links from now on. Rejects with `REIGN_LISTEN_FAILED` if it cannot; may be called again
   * after that, and after the listener has been closed.
   */
  listen(accept: (link: Link) => void): Promise<Listener>;

  /**
   * Reaches for a node, and settles once its identity is proven. Rejects with the reason of
   * `signal`, with `REIGN_CLUSTER_HANDSHAKE_FAILED` (stage `tls`) when the other side is not who it
   * should be, and with the system's error when there is nobody to reach. A rejected dial leaves
   * nothing open. Whether the other side takes this node for who it is may show only later, as the
   * link's end.
   */
  dial(peer: NodeId, options: { readonly signal: AbortSignal }): Promise<Link>;
}

/** What accepts links for a carrier. */
export interface Listener {
  /** Where it listens, as `host:port`; for messages and tests. */
  readonly address: string;
  /** Stops accepting, and closes what has been accepted but not admitted. Links admitted stay. */
  close(): Promise<void>;
}

/** One ordered, authenticated, two-way stream of bytes to one peer. Chunk borders mean nothing. */
export interface Link {
  /** Who is at the other end, as the carrier has proven it. */
  readonly peer: NodeId;
  /**
   * The bytes given to `write` that the system has not taken. On a link that is down: those lost.
   */
  readonly pendingBytes: number;
  /**
   * The bytes that have come in so far, as the carrier counts them: they are signs of life, also
   * those of which nothing can be given out yet, as half a record of TLS. Left out by a carrier
   * that gives out everything as it comes.
   */
  readonly receivedBytes?: number;

  /** Called once, at once. Nothing is read before. */
  subscribe(events: LinkEvents): void;

  /**
   * Queues bytes, which belong to the link until it no longer counts them as pending: then the
   * caller may write over them. Never refuses: the caller bounds what it queues by `pendingBytes`.
   * On a link that is down they are lost, and pending for ever.
   */
  write(bytes: Uint8Array): void;

  /**
   * The handshake of the cluster is done: the link is a peer's and no longer counts among the
   * strangers, whose number and time the carrier bounds.
   */
  admit(): void;

  /** Ends the link after what is queued has been written, or after a second at most. */
  close(): void;
  /** Ends the link at once; what is queued is lost. */
  destroy(): void;
}

/** Called from the link, never two at a time and never from inside a call to the link. */
export interface LinkEvents {
  /**
   * Bytes that arrived, in order. They are the link's again when the call returns: copy what is
   * kept. A link that has given out `turnBytes` (`core/input-turn.ts`) waits for `Clock.soon`
   * before it gives out more.
   */
  onBytes(bytes: Uint8Array): void;
  /** The system has taken everything that was queued. */
  onDrain(): void;
  /** The link is down. The last event, sent exactly once, also after `close` and `destroy`. */
  onDown(end: LinkEnd): void;
}

/** How a link ended. */
export interface LinkEnd {
  /** For people: the first cause, in a few words. */
  readonly reason: string;
  /** The other side said that it does not take this node for who it claims to be. */
  readonly refused: boolean;
}
