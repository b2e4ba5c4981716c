/** A node of a cluster as its program sees it. */
import type { Address } from "../core/address.ts";
import type { TypeOptions } from "../core/instance-form.ts";
import type { MailboxId, NodeId } from "../core/mailbox-id.ts";
import type { AnyClass } from "../core/type-table.ts";
import type { Clock } from "../ports/clock.ts";
import type { ConnectionStatus, ConnectionStatusCallback } from "./connection-status.ts";
import type { MailboxInfo } from "./inspection.ts";
import type { ServiceStats } from "./ledger.ts";
import type { LossSample } from "./loss-stream.ts";
import type { Mailbox } from "./mailbox.ts";
import type { MailboxOptions } from "./mailbox-options.ts";
import type { Names } from "./names.ts";
import type { TraceEvent, TraceOptions } from "./trace-options.ts";
import type { WaitOptions } from "./waiting.ts";

/** A new mailbox, and where others send to. */
export interface NewMailbox<M> {
  readonly address: Address<M>;
  readonly mailbox: Mailbox<M>;
}

/**
 * One node: makes mailboxes, knows names, and keeps a link to every other node of its cluster.
 *
 * Mailboxes and names of this node work from the moment on at which it was made, and go on working
 * when its network is stopped. Each run of a node is an incarnation of its own: an address of an
 * earlier one is dead for ever.
 */
export interface NodeService extends AsyncDisposable {
  /** Its id in the cluster; `0` without one. */
  readonly nodeId: NodeId;
  /** The names of the whole cluster, as this node knows them. */
  readonly names: Names;
  /**
   * The time that it lives by. A program that reads its time here runs as well on a virtual clock,
   * and in a simulation.
   */
  readonly clock: Clock;

  /**
   * Makes a mailbox. `M` is what may be sent to it; without it anything may, and what is received
   * is `unknown`. Close it when it is done with: until then it is kept, and so is what is in it,
   * unless `maxMessages` sets a bound.
   *
   * Throws `REIGN_STOPPED` when the service is terminated, and a `TypeError` or `RangeError` for
   * options that cannot be.
   */
  newMailbox<M = unknown>(options?: MailboxOptions): NewMailbox<M>;

  /**
   * Lets instances of a class travel, and arrive as instances on every node that has registered its
   * own class under that name. Everything that structured clone carries needs nothing, nor do
   * `MailboxClosed`, `MultipleClaim`, `ReignError` and subclasses of `Error`, unless these are to
   * arrive as instances of their own class. Instances of other classes are refused at the sender.
   *
   * Where the name is not registered, or its `decode` throws, a message with an instance is lost,
   * of cause `unknown_type`; the link stays. Takes effect at once, on links that are up too.
   * Registering a class again replaces its options.
   *
   * Throws a `TypeError` or `RangeError` for what is no class, has a name that another class has,
   * or another name than before, and for options that cannot be.
   *
   * Go: `RegisterType`. Erlang has no counterpart, since its values have no classes.
   */
  registerType<T extends object>(type: AnyClass<T>, options: TypeOptions<T>): void;

  /**
   * The live mailboxes of this node, in order of number, as they are now: how much waits in each,
   * since when, and what is known of where it comes from. What waits is sealed, but for mailboxes
   * made with `sealed: false`. Costs time and memory for each mailbox, and nothing when not called.
   *
   * Erlang: `processes/0` with `process_info/2`.
   */
  mailboxes(): MailboxInfo[];

  /**
   * The address object for a text (`String(address)`), bytes (`address.toBytes()`) or id
   * (`address.id`). It is the same object as everywhere else in this service. An address of a node
   * that is not in the cluster is legal, and `send` is `false`.
   *
   * Throws `REIGN_ILLEGAL_ADDRESS_FORMAT` for anything else.
   *
   * Erlang: `list_to_pid/1`, for the whole cluster.
   */
  address<M = unknown>(input: MailboxId | Uint8Array): Address<M>;

  /**
   * Listens and dials, and settles when it listens. Called again it gives the same promise.
   *
   * Rejects with `REIGN_LISTEN_FAILED` when it cannot listen, and may then be called again; with
   * `REIGN_STOPPED` after `stop`.
   */
  start(): Promise<void>;
  /**
   * As `start`, but settles when the service is stopped: for whoever supervises it. Settles at once
   * after `stop`.
   */
  serve(): Promise<void>;

  /**
   * Ends the network of this node for good, within 5 seconds: a goodbye to each peer, notices for
   * whoever watched them, nothing left open. Mailboxes and names of this node work on. May be
   * called twice, and before `serve`.
   */
  stop(): Promise<void>;
  /**
   * Is `stop` for a rolling restart: first gives up the names of this node in the cluster, so that
   * nobody finds it by them, and lets what is there be dealt with. Names go on within this node.
   *
   * Waits until every peer has applied that; then until no message waits in any mailbox of this
   * node, and what was sent to peers has been taken by the system; then stops, within 5 seconds;
   * then until the mailboxes are empty of what the peers had sent before they knew. What a program
   * has received and is still at work on, it has to wait for itself, before it calls this or after.
   *
   * Rejects with `REIGN_TIMEOUT` after `timeout`, and with the reason of `signal`, but the service
   * is stopped all the same. What then waits for peers goes out as with `stop`, for a second at
   * most, and counts as `link_lost` or `in_doubt` beyond; what is in mailboxes stays there, to be
   * received, and counts as `closed` when they are closed. Calling `stop` or `terminate` meanwhile
   * is fine: then there is less to wait for.
   *
   * Options that cannot be are a `TypeError` or `RangeError`, and change nothing.
   */
  drain(options?: WaitOptions): Promise<void>;
  /**
   * Is `stop`, and then closes every mailbox. `newMailbox` throws from then on. Disposal does it
   * too.
   */
  terminate(): Promise<void>;

  /**
   * Settles when a link to the node is up; at once when it is. Rejects with the reason of `signal`,
   * with `REIGN_TIMEOUT`, with `REIGN_STOPPED`, or a `RangeError` for a node that is not in the
   * cluster.
   *
   * Do not ask before you send: the answer may be out of date at once. Send, and watch the address.
   */
  connected(nodeId: NodeId | number, options?: WaitOptions): Promise<void>;

  /**
   * Calls `callback` when a link has come up or gone down, for each node in order, from now on.
   * Down means: from now on messages are dropped. Notices for what was watched there came before.
   * Called synchronously and not waited for; should be quick. One that throws, or whose promise
   * rejects, is reported and harms nothing. Disposal of the result ends it.
   *
   * Erlang: `net_kernel:monitor_nodes/1`.
   */
  addConnectionStatusCallback(callback: ConnectionStatusCallback): Disposable;
  /**
   * The same as an async iterable, which begins with the present state and ends with the service. A
   * reader that is slow has up to a thousand changes kept; beyond, the last of each node.
   */
  connectionStatus(): AsyncIterableIterator<ConnectionStatus, undefined>;

  /**
   * What became of messages so far. Over all nodes of a cluster, once nothing is on its way, `sent`
   * is `delivered` and all of `lost` together.
   */
  stats(): ServiceStats;

  /**
   * The trace context that a message came with, as a W3C `traceparent`: what the option
   * `traceContext` of its sender gave at the `send`. For a message that is an object, as it was
   * received; of one that was received again, the last. Nothing for any other value, without the
   * option here or there, and where the sender had none.
   */
  traceparentOf(message: unknown): string | undefined;

  /**
   * The figures of this node, as text that Prometheus reads (format 0.0.4): what to answer a scrape
   * with, as `text/plain; version=0.0.4`. Nothing is counted for it but what `stats` counts; it
   * looks at each mailbox once. How many lines there are depends on the nodes of the cluster.
   *
   * The names, and what each means, are in `docs/operating.md`.
   */
  metrics(): string;

  /**
   * What is lost from now on, as an async iterable that ends with `terminate`: for each cause at
   * most a hundred samples a second, each with the number of losses that it stands for, so that the
   * counts of a cause come to what `stats` says; of `in_doubt`, to all that ever were. A reader
   * that is slow keeps a thousand samples waiting; what is beyond is counted in those that come
   * next.
   *
   * A message in doubt that turns out to be lost is told again, as `link_lost`; one that arrived
   * after all is not.
   */
  losses(): AsyncIterableIterator<LossSample, undefined>;

  /**
   * What this node does with messages from now on, as an async iterable: each step of those that
   * `match` wants, with a short text of the message, which itself is left alone. Ends when `signal`
   * is aborted, when the loop over it is left, and with `terminate`; with the error of `match`, if
   * that throws. Any number of traces may run, each for itself.
   *
   * For a look at a live node, not for an account: in any second there are `maxEventsPerSecond` at
   * most, and a reader that is slow has up to a thousand kept. What is left out is counted in
   * `missed` of the next event. Messages thrown out of a mailbox in which they waited are in
   * `losses()` alone. Notices that the node itself puts into a mailbox are seen when they are
   * received.
   *
   * Without a trace, messages are not looked at. A trace makes each message cost a call of `match`.
   *
   * Throws a `TypeError` or `RangeError` for options that cannot be.
   *
   * Erlang: `erlang:trace/3` with the flags `send` and `'receive'`.
   */
  trace(options?: TraceOptions): AsyncIterableIterator<TraceEvent, undefined>;
}
