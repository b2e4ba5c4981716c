/**
 * One other node of the cluster: keeps exactly one link to it, for ever.
 *
 * While no link is up this node dials, with growing and jittered waits, and takes what the other
 * side dials. Any number of negotiations may run at once, one of them on a dial of our own at most;
 * the first to come to an agreement gets the link and the others are dropped (`core/link-rules.ts`
 * says why both sides then keep the same one). What goes over the link is the session's business.
 */
import { type BackoffSettings, backoffMs } from "../core/backoff.ts";
import { ReignError } from "../core/errors.ts";
import type { Agreement, Introduction, RefusalReason } from "../core/handshake.ts";
import type { Hello } from "../core/hello.ts";
import type { LinkAccount } from "../core/link-account.ts";
import { isPassing, judgeNewcomer } from "../core/link-rules.ts";
import type { NodeId } from "../core/mailbox-id.ts";
import type { Carrier, Link } from "../ports/carrier.ts";
import type { Clock } from "../ports/clock.ts";
import type { Random } from "../ports/random.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import type { Ledger } from "./ledger.ts";
import { Negotiation, type NegotiationEvents, type NegotiationFailure } from "./negotiation.ts";
import type { PeerChannel } from "./peer-channel.ts";
import type { Route } from "./route.ts";
import { Session, type SessionEvents, type SessionPorts } from "./session.ts";
import type { Wire } from "./wire.ts";

/** What a peer tells its service, in this order for each link. */
export interface PeerEvents {
  /** Messages can be sent. */
  onUp(channel: PeerChannel): void;
  /** From now on they cannot. */
  onDown(channel: PeerChannel): void;
}

export interface PeerPorts {
  readonly carrier: Carrier;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly us: Introduction;
  readonly backoff: BackoffSettings;
  readonly handshakeTimeoutMs: number;
  readonly route: Route;
  readonly account: LinkAccount;
  readonly events: PeerEvents;
  readonly sessionEvents: Omit<SessionEvents, "onDown" | "onViolation" | "onRoom">;
  sessionPorts(agreement: Agreement): Omit<SessionPorts, "account" | "events">;
}

/** What a peer comes to, in figures. */
export interface PeerFigures {
  readonly peer: NodeId;
  readonly up: boolean;
  readonly pendingBytes: number;
  /** Links that came up so far. */
  readonly established: number;
  /** Dials and negotiations that came to nothing. */
  readonly failedAttempts: number;
}

/** A dial of our own: what ends it, and the negotiation once a link is there. */
interface Dial {
  readonly controller: AbortController;
  negotiation: Negotiation | undefined;
}

/** How long the link that is up has to answer when a newcomer says it is the same node (G16). */
const probeMs = 1_000;
/** So many kinds of failure are told apart, since a peer may have a hand in their words. */
const maxReported = 16;
/** A link that has lasted so long was made for good. */
const lastedMs = 1_000;

export class Peer implements NegotiationEvents {
  readonly nodeId: NodeId;
  readonly account: LinkAccount;
  readonly #ports: PeerPorts;
  #running = false;
  #session: Session | undefined;
  #dial: Dial | undefined;
  #retry: Disposable | undefined;
  #failures = 0;
  #established = 0;
  #failedAttempts = 0;
  #upSince = 0;
  /**
   * What was reported since the last link, so that the same failures again are not reported again,
   * also not when they take turns.
   */
  readonly #reported = new Set<string>();
  /** Newcomers, and whether one was given leave to come up. */
  readonly #newcomers = new Set<Negotiation>();
  #accepted: Negotiation | undefined;
  /** Refused, their link ending in peace so that the reason arrives. */
  readonly #partings = new Set<Negotiation>();
  readonly #roomWaiters = new Set<() => void>();
  /** What this node says of itself to this peer. */
  readonly #us: Introduction;

  constructor(nodeId: NodeId, ports: PeerPorts) {
    this.nodeId = nodeId;
    this.#ports = ports;
    const { account } = ports;
    this.account = account;
    this.#us = {
      ...ports.us,
      get received() {
        return account.receipt;
      },
    };
  }

  get session(): Session | undefined {
    return this.#session;
  }

  get figures(): PeerFigures {
    const session = this.#session;
    return {
      peer: this.nodeId,
      up: session !== undefined,
      pendingBytes: session?.pendingBytes ?? 0,
      established: this.#established,
      failedAttempts: this.#failedAttempts,
    };
  }

  start(): void {
    this.#running = true;
    this.#dialNow();
  }

  /** Ends the link with a goodbye, and every attempt at one. */
  stop(reason: string): void {
    this.#running = false;
    this.#dropAttempts();
    for (const parting of this.#partings) parting.destroy();
    this.#session?.close(reason);
  }

  /** Ends what `stop` could not end in time. */
  destroy(): void {
    this.#session?.destroy("this node stopped");
  }

  /** Takes a link that `destroy` has not ended yet for down. */
  giveUp(): void {
    this.#session?.giveUp("this node stopped");
  }

  /** The other node has dialled us. */
  accept(link: Link): void {
    if (!this.#running) {
      link.destroy();
      return;
    }
    const negotiation = this.#negotiate(link, "acceptor");
    this.#newcomers.add(negotiation);
    negotiation.begin();
  }

  /** Calls `done` when there is room for messages, or no link. Gives back how to leave the list. */
  whenRoom(done: () => void): () => void {
    if (this.#session === undefined || !this.#session.full) done();
    else this.#roomWaiters.add(done);
    return () => void this.#roomWaiters.delete(done);
  }

  onJudge(negotiation: Negotiation, newcomer: Hello): void {
    const judgement = judgeNewcomer(newcomer.epoch, {
      self: this.#us.from,
      peer: this.nodeId,
      upEpoch: this.#session?.epoch,
      saidHello: this.#dial?.negotiation !== undefined,
    });
    if (judgement.type === "refuse") negotiation.verdict(judgement.reason);
    else if (judgement.type === "probe") this.#probe(negotiation, newcomer, judgement.reason);
    else this.#letIn(negotiation);
  }

  onUp(negotiation: Negotiation, wire: Wire, agreement: Agreement): void {
    this.#newcomers.delete(negotiation);
    if (this.#dial?.negotiation === negotiation) this.#dial = undefined;
    this.#dropAttempts();
    this.#established += 1;
    this.#upSince = this.#ports.clock.now();
    this.#reported.clear();
    const { route, events, telemetry } = this.#ports;
    const ports = this.#ports.sessionPorts(agreement);
    this.#settleAccount(agreement, ports.ledger);
    const session = new Session(wire, agreement, {
      ...ports,
      account: this.account,
      events: this.#sessionEvents(),
    });
    this.#session = session;
    route.channel = session;
    telemetry.emit({ type: "link_up", peer: this.nodeId, epoch: agreement.epoch });
    events.onUp(session);
  }

  onFailed(negotiation: Negotiation, failure: NegotiationFailure): void {
    this.#newcomers.delete(negotiation);
    if (this.#accepted === negotiation) this.#accepted = undefined;
    const isDial = this.#dial?.negotiation === negotiation;
    if (isDial) this.#dial = undefined;
    this.#failedAttempts += 1;
    if (failure.kind === "refused") this.#partings.add(negotiation);
    this.#reportNegotiation(failure);
    if (isDial || this.#retry === undefined) this.#dialLater();
  }

  onGone(negotiation: Negotiation): void {
    this.#partings.delete(negotiation);
  }

  /** What was in doubt since the link before is known now, if it is the same incarnation. */
  #settleAccount({ epoch, receivedThere }: Agreement, ledger: Ledger): void {
    const { arrived, lost } = this.account.onUp(epoch, receivedThere);
    ledger.move({ from: "in_doubt", to: "link_lost", count: lost });
    ledger.arrivedAfterAll(arrived);
  }

  #negotiate(link: Link, role: "dialler" | "acceptor"): Negotiation {
    const { clock, handshakeTimeoutMs: timeoutMs } = this.#ports;
    return new Negotiation(link, this.#us, role, { clock, timeoutMs, events: this });
  }

  #letIn(negotiation: Negotiation): void {
    // The newest word of the other side counts: it would not dial again while it waits.
    if (this.#accepted !== undefined) {
      this.#newcomers.delete(this.#accepted);
      this.#accepted.abandon();
    }
    this.#accepted = negotiation;
    if (this.#dial !== undefined && this.#dial.negotiation === undefined) this.#dropDial();
    negotiation.verdict("accept");
  }

  #probe(negotiation: Negotiation, newcomer: Hello, reason: RefusalReason): void {
    const asked = this.#session;
    asked?.probe(probeMs, (alive) => {
      // It may have given up, or have been dropped for another, while it waited.
      if (!this.#newcomers.has(negotiation)) return;
      if (alive) {
        negotiation.verdict(reason);
        return;
      }
      // Closed first, so that every loss is told before the newcomer's first word.
      if (this.#session === asked) asked.destroy("a new link from the same node took over");
      this.#whenDown(asked, () => {
        if (this.#newcomers.has(negotiation)) this.onJudge(negotiation, newcomer);
      });
    });
  }

  /** A link that was destroyed says so in a turn of its own. */
  #whenDown(session: Session, next: () => void): void {
    if (this.#session !== session) next();
    else this.#ports.clock.soon(() => this.#whenDown(session, next));
  }

  #dialNow(): void {
    this.#cancelRetry();
    if (!this.#running || this.#session !== undefined || this.#dial !== undefined) return;
    if (this.#accepted !== undefined) return;
    const controller = new AbortController();
    const dial: Dial = { controller, negotiation: undefined };
    this.#dial = dial;
    void this.#ports.carrier.dial(this.nodeId, { signal: controller.signal }).then(
      (link) => {
        if (this.#dial === dial) this.#onDialled(link, dial);
        else link.destroy();
      },
      (error: unknown) => {
        if (this.#dial === dial) this.#onDialFailed(error);
      },
    );
  }

  #onDialled(link: Link, dial: Dial): void {
    dial.negotiation = this.#negotiate(link, "dialler");
    dial.negotiation.begin();
  }

  #onDialFailed(error: unknown): void {
    this.#dial = undefined;
    this.#failedAttempts += 1;
    const { telemetry } = this.#ports;
    const { nodeId: peer } = this;
    if (ReignError.is(error, "REIGN_CLUSTER_HANDSHAKE_FAILED")) {
      const { stage, reason } = error.details;
      this.#reportOnce(`${stage} ${reason}`, () =>
        telemetry.emit({ type: "handshake_failed", peer, stage, reason, lasting: true }),
      );
    } else {
      const reason = error instanceof Error ? error.message : String(error);
      this.#reportOnce(reason, () => telemetry.emit({ type: "dial_failed", peer, reason }));
    }
    this.#dialLater();
  }

  #dialLater(): void {
    if (!this.#running || this.#session !== undefined || this.#dial !== undefined) return;
    const { backoff, random, clock } = this.#ports;
    this.#failures += 1;
    this.#cancelRetry();
    this.#retry = clock.after(backoffMs(backoff, this.#failures, random.fraction()), () =>
      this.#dialNow(),
    );
  }

  #dropAttempts(): void {
    this.#cancelRetry();
    this.#dropDial();
    this.#accepted = undefined;
    for (const newcomer of [...this.#newcomers]) newcomer.abandon();
    this.#newcomers.clear();
  }

  #dropDial(): void {
    const dial = this.#dial;
    this.#dial = undefined;
    dial?.controller.abort();
    dial?.negotiation?.abandon();
  }

  #cancelRetry(): void {
    this.#retry?.[Symbol.dispose]();
    this.#retry = undefined;
  }

  #sessionEvents(): SessionEvents {
    const { sessionEvents, telemetry } = this.#ports;
    return {
      ...sessionEvents,
      onRoom: () => this.#releaseRoomWaiters(),
      onViolation: (rule) =>
        telemetry.emit({ type: "protocol_violation", peer: this.nodeId, rule }),
      onDown: (channel, reason) => this.#onSessionDown(channel, reason),
    };
  }

  #onSessionDown(channel: PeerChannel, reason: string): void {
    const { route, telemetry, events, clock } = this.#ports;
    // A link that is lost as soon as it is made is no success: the waits go on growing.
    if (clock.now() - this.#upSince >= lastedMs) this.#failures = 0;
    this.#session = undefined;
    route.channel = undefined;
    telemetry.emit({ type: "link_down", peer: this.nodeId, reason });
    events.onDown(channel);
    this.#releaseRoomWaiters();
    this.#dialLater();
  }

  #releaseRoomWaiters(): void {
    if (this.#roomWaiters.size === 0) return;
    const waiters = [...this.#roomWaiters];
    this.#roomWaiters.clear();
    for (const done of waiters) done();
  }

  #reportNegotiation({ reason, kind }: NegotiationFailure): void {
    const { telemetry } = this.#ports;
    const { nodeId: peer } = this;
    if (kind === "lost") {
      this.#reportOnce(reason, () => telemetry.emit({ type: "dial_failed", peer, reason }));
      return;
    }
    const stage = kind === "tls_refused" ? "tls" : "cluster";
    const lasting = !isPassing(reason);
    this.#reportOnce(`${stage} ${reason}`, () =>
      telemetry.emit({ type: "handshake_failed", peer, stage, reason, lasting }),
    );
  }

  #reportOnce(failure: string, report: () => void): void {
    if (this.#reported.has(failure)) return;
    if (this.#reported.size >= maxReported) this.#reported.clear();
    this.#reported.add(failure);
    report();
  }
}
