/**
 * Puts the parts of a node together and decides in which order they hear of things.
 *
 * The order at the end of a link is a promise: first the names of the lost node go, then whoever
 * watched its mailboxes is told, then the callbacks run. So is the order at the end of a mailbox:
 * its names go before its watchers are told, here and on every peer.
 */
import type { Address } from "../core/address.ts";
import { ReignError } from "../core/errors.ts";
import { type Introduction, protocolVersions } from "../core/handshake.ts";
import type { TypeOptions } from "../core/instance-form.ts";
import { invariant } from "../core/invariant.ts";
import { type Incarnation, type MailboxRef, type NodeId, toNodeId } from "../core/mailbox-id.ts";
import { traceCapability } from "../core/trace-context.ts";
import { type AnyClass, TypeTable } from "../core/type-table.ts";
import type { Carrier, Listener } from "../ports/carrier.ts";
import type { CodecLimits, DecoderPorts } from "../ports/codec.ts";
import { AddressBook } from "./address-book.ts";
import type { AddressHost } from "./address-host.ts";
import {
  type ConnectionStatus,
  type ConnectionStatusCallback,
  ConnectionStatusFeed,
} from "./connection-status.ts";
import { codecOf } from "./context-coding.ts";
import { drain } from "./drain.ts";
import { type MailboxInfo, mailboxInfos, originOf } from "./inspection.ts";
import { createIsolation, type Isolation } from "./isolation.ts";
import { Ledger, type ServiceStats } from "./ledger.ts";
import { LocalAddress } from "./local-address.ts";
import type { LossSample } from "./loss-stream.ts";
import { checkMailboxOptions, type MailboxOptions } from "./mailbox-options.ts";
import { Mailboxes } from "./mailboxes.ts";
import { Membership } from "./membership.ts";
import { metricsText } from "./metrics.ts";
import { Monitors } from "./monitors.ts";
import { type Names, ServiceNames } from "./names.ts";
import type { NewMailbox, NodeService } from "./node-service.ts";
import type { PeerPorts } from "./peer.ts";
import type { PeerChannel } from "./peer-channel.ts";
import { Peers, type SharedPeerPorts } from "./peers.ts";
import type { ServicePorts } from "./service-ports.ts";
import { TraceContexts } from "./trace-contexts.ts";
import type { TraceEvent, TraceOptions } from "./trace-options.ts";
import { Tracing } from "./tracing.ts";
import { TrialEncoding } from "./trial-encoding.ts";
import { type WaitOptions, waitFor } from "./waiting.ts";
import { ServiceWatching } from "./watching.ts";

const codecLimits: CodecLimits = { maxDepth: 1_000, maxValues: 1_000_000 };
const firstReconnectMs = 100;

export class Service implements NodeService, AddressHost {
  readonly self: Incarnation;
  readonly clock: ServicePorts["clock"];
  readonly ledger: Ledger;
  readonly isolation: Isolation | undefined;
  readonly watching: ServiceWatching;
  readonly tracing: Tracing;
  readonly maxMessageBytes: number;
  readonly maxPendingBytes: number;
  /** For whoever changes the cluster while it runs. */
  readonly membership: Membership;
  readonly #ports: ServicePorts;
  readonly #traceContexts: TraceContexts | undefined;
  readonly #mailboxes: Mailboxes;
  readonly #addresses: AddressBook;
  readonly #monitors: Monitors;
  readonly #names: ServiceNames;
  readonly #status: ConnectionStatusFeed;
  readonly #peers: Peers;
  readonly #types = new TypeTable();
  readonly #coding: DecoderPorts = {
    limits: codecLimits,
    types: this.#types,
    addressOf: (ref) => this.#addresses.of(ref),
  };
  readonly #trial: TrialEncoding;
  #lastMailbox = 0;
  #starting: Promise<void> | undefined;
  #listener: Listener | undefined;
  #stopping: Promise<void> | undefined;
  #terminated = false;
  readonly #stopped: Promise<void>;
  #onStopped: () => void = () => {};

  constructor(ports: ServicePorts) {
    const { nodeId, settings, clock, random, telemetry } = ports;
    const [codec] = ports.codecs;
    invariant(codec !== undefined, "a service has a codec");
    this.#ports = ports;
    this.clock = clock;
    const encoder = codec.createEncoder(this.#coding);
    this.#trial = new TrialEncoding(encoder, settings.maxMessageBytes);
    this.self = { nodeId, epoch: random.epoch() };
    this.ledger = new Ledger({ self: this.self, clock, telemetry });
    const { ledger } = this;
    this.isolation = createIsolation({ settings, codec, coding: this.#coding, ledger });
    this.#traceContexts = ports.traceContext && new TraceContexts(ports.traceContext, telemetry);
    this.maxMessageBytes = settings.maxMessageBytes;
    this.maxPendingBytes = settings.maxPendingBytes;
    this.tracing = new Tracing({ nodeId, clock, telemetry });
    this.#mailboxes = new Mailboxes(this, (number) => this.#onMailboxClosed(number));
    this.#addresses = new AddressBook(this, {
      liveAddress: (number) => this.#mailboxes.addressOf(number),
      routeTo: (peer) => this.#peers.routeTo(peer),
    });
    this.#monitors = new Monitors(this.self, (watcher, notice) =>
      this.#mailboxes.notify(watcher, notice),
    );
    this.#peers = new Peers(ports.carrier && this.#peerPorts(ports.carrier));
    const [mailboxes, monitors, peers] = [this.#mailboxes, this.#monitors, this.#peers];
    this.watching = new ServiceWatching({ host: this, mailboxes, monitors, peers });
    this.#names = new ServiceNames({
      self: this.self,
      clock,
      random,
      addressOf: (ref) => this.#addresses.of(ref),
      liveNumber: (address) => this.#liveNumber(address),
      notify: (mailbox, notice) => this.#mailboxes.notify(mailbox, notice),
      channels: () => this.#peers.channels(),
    });
    this.#status = new ConnectionStatusFeed(clock, telemetry);
    this.#stopped = new Promise((resolve) => {
      this.#onStopped = resolve;
    });
    this.membership = new Membership({
      clock,
      peers: this.#peers,
      addresses: this.#addresses,
      status: this.#status,
    });
    for (const peer of ports.peers) this.membership.add(peer);
  }

  get nodeId(): NodeId {
    return this.self.nodeId;
  }

  get names(): Names {
    return this.#names;
  }

  newMailbox<M = unknown>(options?: MailboxOptions): NewMailbox<M> {
    const request = options === undefined ? undefined : checkMailboxOptions(options);
    if (this.#terminated) throw this.#stoppedError();
    do this.#lastMailbox += 1;
    while (this.#addresses.isTaken(this.#lastMailbox));
    const mailbox = this.#mailboxes.create<M>(
      request,
      this.#ports.recordOrigins ? originOf() : undefined,
      (made) =>
        new LocalAddress<M>(this, this.#lastMailbox, this.#traceContexts?.around(made) ?? made),
    );
    return { address: mailbox.address, mailbox };
  }

  registerType<T extends object>(type: AnyClass<T>, options: TypeOptions<T>): void {
    this.#types.register(type, options);
  }

  mailboxes(): MailboxInfo[] {
    return mailboxInfos(this.#mailboxes);
  }

  address<M = unknown>(input: string | Uint8Array): Address<M> {
    return this.#addresses.read(input);
  }

  start(): Promise<void> {
    if (this.#stopping !== undefined) return Promise.reject(this.#stoppedError());
    this.#starting ??= this.#listen().catch((error: unknown) => {
      this.#starting = undefined;
      throw error;
    });
    return this.#starting;
  }

  async serve(): Promise<void> {
    await this.start().catch((error: unknown) => {
      if (this.#stopping === undefined) throw error;
    });
    await this.#stopped;
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  drain(options: WaitOptions = {}): Promise<void> {
    const { clock } = this;
    const [names, mailboxes, peers] = [this.#names, this.#mailboxes, this.#peers];
    return drain({ clock, names, mailboxes, peers, stop: () => this.stop() }, options);
  }

  async terminate(): Promise<void> {
    await this.stop();
    this.#terminated = true;
    this.#names.end(this.#stoppedError());
    this.#mailboxes.closeAll();
    this.ledger.end();
    this.tracing.end();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.terminate();
  }

  async connected(nodeId: NodeId | number, options: WaitOptions = {}): Promise<void> {
    const id = toNodeId(nodeId);
    if (id === this.nodeId) return;
    this.membership.check(id);
    await this.#status.connected(id, options);
  }

  addConnectionStatusCallback(callback: ConnectionStatusCallback): Disposable {
    return this.#status.addCallback(callback);
  }

  connectionStatus(): AsyncIterableIterator<ConnectionStatus, undefined> {
    return this.#status.stream();
  }

  stats(): ServiceStats {
    return this.ledger.snapshot();
  }

  losses(): AsyncIterableIterator<LossSample, undefined> {
    return this.ledger.losses();
  }

  traceparentOf(message: unknown): string | undefined {
    return this.#traceContexts?.of(message);
  }

  metrics(): string {
    return metricsText(this.ledger, this.#mailboxes, this.#names, this.#peers);
  }

  trace(options?: TraceOptions): AsyncIterableIterator<TraceEvent, undefined> {
    return this.tracing.trace(options);
  }

  checkSerializable(message: unknown): void {
    this.#trial.check(message);
  }

  keepAddress(address: Address & MailboxRef): void {
    this.#addresses.keep(address);
  }

  whenRoom(nodeId: NodeId, options: WaitOptions): Promise<void> {
    return waitFor<void>(this.#ports.clock, options, "room for messages", (waiter) => {
      const peer = this.#peers.get(nodeId);
      if (peer !== undefined) return peer.whenRoom(() => waiter.resolve());
      waiter.resolve();
      return () => {};
    });
  }

  async #listen(): Promise<void> {
    const { carrier, telemetry } = this.#ports;
    if (carrier === undefined) return;
    const listener = await carrier.listen((link) => this.#peers.accept(link));
    if (this.#stopping !== undefined) {
      await listener.close();
      throw this.#stoppedError();
    }
    this.#listener = listener;
    telemetry.emit({ type: "listening", address: listener.address });
    this.#peers.start();
  }

  async #stop(): Promise<void> {
    // A start that is under way sees that it came too late, and undoes itself.
    const starting = this.#starting?.catch(() => {});
    const closing = this.#listener?.close();
    await this.#peers.stop(this.clock);
    await Promise.all([starting, closing]);
    this.#status.end(this.#stoppedError());
    this.ledger.reportAll();
    // A node without a network has nothing to end.
    if (this.#ports.carrier !== undefined) this.#ports.telemetry.emit({ type: "stopped" });
    this.#onStopped();
  }

  #peerPorts(carrier: Carrier): SharedPeerPorts {
    const { settings, clock, random, telemetry } = this.#ports;
    return {
      carrier,
      clock,
      random,
      telemetry,
      us: this.#introduction(),
      backoff: { firstMs: firstReconnectMs, maxMs: settings.maxReconnectDelay },
      handshakeTimeoutMs: settings.handshakeTimeout,
      events: {
        onUp: (channel) => this.#onUp(channel),
        onDown: (channel) => this.#onDown(channel),
      },
      sessionEvents: this.#sessionEvents(),
      sessionPorts: (agreement) => ({
        clock,
        settings,
        ledger: this.ledger,
        codec: codecOf(agreement, this.#ports.codecs, this.#traceContexts),
        coding: this.#coding,
      }),
    };
  }

  #introduction(): Introduction {
    const { clusterName, codecs, settings } = this.#ports;
    return {
      versions: protocolVersions,
      cluster: clusterName,
      from: this.self.nodeId,
      epoch: this.self.epoch,
      codecs: codecs.map(({ name }) => name),
      capabilities: this.#traceContexts === undefined ? [] : [traceCapability],
      maxMessageBytes: settings.maxMessageBytes,
    };
  }

  #sessionEvents(): PeerPorts["sessionEvents"] {
    return {
      wants: (mailbox) => this.#mailboxes.get(mailbox) !== undefined,
      onMessage: ({ peer }, mailbox, message, bytes) =>
        this.#mailboxes.deliver(mailbox, message, peer, bytes),
      onMonitor: (channel, ref, mailbox) => {
        const open = this.#mailboxes.get(mailbox) !== undefined;
        this.#monitors.onMonitor(channel, ref, mailbox, open);
      },
      onDemonitor: (channel, ref) => this.#monitors.onDemonitor(channel, ref),
      onNotice: (channel, ref, reason) => this.#monitors.onNotice(channel, ref, reason),
      onClaim: (claimant, name) => this.#names.onClaim(claimant, name),
      onRelease: (claimant, name) => this.#names.onRelease(claimant, name),
    };
  }

  #onUp(channel: PeerChannel): void {
    this.#names.onLinkUp(channel);
    this.#status.publish(channel.peer, true);
  }

  #onDown(channel: PeerChannel): void {
    this.#names.onLinkDown(channel);
    this.#monitors.onLinkDown(channel);
    this.#status.publish(channel.peer, false);
    this.#peers.onDown(channel.peer);
  }

  #onMailboxClosed(number: number): void {
    this.#names.onMailboxClosed(number);
    this.#monitors.onMailboxClosed(number);
  }

  #liveNumber(address: Address<never>): number | undefined {
    if (!(address instanceof LocalAddress) || address.host !== this) return undefined;
    // Its number is told to every peer.
    address.show();
    return this.#mailboxes.get(address.number) ? address.number : undefined;
  }

  #stoppedError(): ReignError {
    const { nodeId } = this;
    return new ReignError("REIGN_STOPPED", `The service of node ${nodeId} is stopped.`, { nodeId });
  }
}
