/**
 * Turns what a node tells of itself into lines of its log.
 *
 * Text that came from outside is cut and escaped here, and what others can make happen again and
 * again is counted rather than written line by line: neither strangers nor a peer whose link comes
 * and goes decide how long the log gets. Of a link the last state is written in any case.
 */
import type { Clock } from "../ports/clock.ts";
import type { Telemetry, TelemetryEvent } from "../ports/telemetry.ts";
import { type Allowance, LineLimits, type Occurrence } from "./line-limits.ts";
import type { ClusterLogger } from "./logger.ts";
import { describeThrown, plain } from "./plain-text.ts";

type Level = keyof ClusterLogger;

interface Line {
  readonly level: Level;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

const forStrangers: Allowance = { atOnce: 1, everyMs: 1_000 };
/** For each kind of line about a peer: ten as they come, then twelve a minute. */
const forPeer: Allowance = { atOnce: 10, everyMs: 5_000 };
const forViolations: Allowance = { ...forPeer, sameCauseMs: 60_000 };

/** Writes events to `logger`, each with the id of the node. */
export function logTelemetry(logger: ClusterLogger, node: string, clock: Clock): Telemetry {
  return new EventLog(logger, node, clock);
}

/** What a link's last change was, when there was no room for it. */
interface HeldChange {
  event: TelemetryEvent;
  readonly timer: Disposable;
}

class EventLog implements Telemetry {
  readonly #logger: ClusterLogger;
  readonly #node: string;
  readonly #clock: Clock;
  readonly #limits = new LineLimits();
  readonly #held = new Map<string, HeldChange>();

  constructor(logger: ClusterLogger, node: string, clock: Clock) {
    this.#logger = logger;
    this.#node = node;
    this.#clock = clock;
  }

  emit(event: TelemetryEvent): void {
    if (event.type === "stopped") for (const key of [...this.#held.keys()]) this.#release(key);
    const limit = limitOf(event);
    if (limit === undefined) {
      this.#write(event, 0);
      return;
    }
    const held = this.#held.get(limit.key);
    if (held !== undefined) held.event = event;
    const verdict = this.#limits.admit(limit.key, limit, this.#clock.now(), limit);
    if (!verdict.write) {
      if (isChange(event)) this.#hold(limit.key, event, verdict.roomAt);
      return;
    }
    held?.timer[Symbol.dispose]();
    this.#held.delete(limit.key);
    this.#write(event, verdict.suppressed);
  }

  #hold(key: string, event: TelemetryEvent, until: number): void {
    if (this.#held.has(key)) return;
    const timer = this.#clock.after(Math.max(0, until - this.#clock.now()), () =>
      this.#release(key),
    );
    this.#held.set(key, { event, timer });
  }

  #release(key: string): void {
    const held = this.#held.get(key);
    this.#held.delete(key);
    held?.timer[Symbol.dispose]();
    if (held !== undefined) this.#write(held.event, this.#limits.settle(key));
  }

  #write(event: TelemetryEvent, suppressed: number): void {
    try {
      const { level, message, fields } = lineOf(event);
      const extra = suppressed > 0 ? { suppressed } : {};
      const all = { node: this.#node, event: event.type, ...fields, ...extra };
      const written: unknown = this.#logger[level](all, message);
      // A logger that writes later may fail later.
      if (written instanceof Promise) void written.catch(() => {});
    } catch {
      // A log that is full or broken must not take the node with it.
    }
  }
}

function isChange(event: TelemetryEvent): boolean {
  return event.type === "link_up" || event.type === "link_down";
}

type Limit = Allowance & Occurrence & { readonly key: string };

/** What can be made to happen without end, by whoever is out there or by the program itself. */
function limitOf(event: TelemetryEvent): Limit | undefined {
  switch (event.type) {
    case "stranger_refused":
      return { ...forStrangers, key: event.type, untold: event.untold };
    case "link_up":
    case "link_down":
      return { ...forPeer, key: `link ${event.peer}` };
    case "protocol_violation":
      // A peer chooses the numbers in a cause, so they make no other cause of it.
      return {
        ...forViolations,
        key: `${event.type} ${event.peer}`,
        cause: event.rule.replaceAll(/[0-9]+/g, "#"),
      };
    case "handshake_failed":
      return { ...forPeer, key: `${event.type} ${event.peer} ${event.lasting}` };
    case "dial_failed":
    case "resolve_slow":
    case "resolved":
    case "resolve_failed":
      return { ...forPeer, key: `${event.type} ${event.peer}` };
    case "callback_failed":
      return { ...forPeer, key: `${event.type} ${event.callback}` };
    case "listening":
    case "stopped":
    case "resolving":
    case "configuration_notice":
    case "configuration_refused":
    // Limited where they are counted, or told.
    case "messages_lost":
    case "certificate_expiring":
      return undefined;
  }
}

function lineOf(event: TelemetryEvent): Line {
  switch (event.type) {
    case "listening":
      return line("info", `Listening on ${event.address}.`, { address: event.address });
    case "stopped":
      return line("info", "Stopped.", {});
    case "resolving":
      return line("info", `Resolving ${event.host}.`, { peer: event.peer, host: event.host });
    case "resolve_slow": {
      const { peer, host, tookMs } = event;
      const text = `${host} has been looked up for ${Math.round(tookMs)} ms, without an answer.`;
      return line("info", text, { peer, host, tookMs });
    }
    case "resolved": {
      const { peer, host, ip, tookMs } = event;
      const text = `Resolved ${host} to ${ip} in ${Math.round(tookMs)} ms.`;
      return line("info", text, { peer, host, ip, tookMs });
    }
    case "resolve_failed": {
      const { peer, host } = event;
      const reason = plain(event.reason);
      return line("info", `Could not resolve ${host}: ${reason}.`, { peer, host, reason });
    }
    case "dial_failed": {
      const reason = plain(event.reason);
      const text = `No link to node ${event.peer} yet: ${reason}. Trying on.`;
      return line("info", text, { peer: event.peer, reason });
    }
    case "link_up":
      return line("warn", `Link to node ${event.peer} is up.`, {
        peer: event.peer,
        epoch: event.epoch,
      });
    default:
      return troubleLine(event);
  }
}

type Trouble = Extract<
  TelemetryEvent,
  {
    type:
      | "link_down"
      | "handshake_failed"
      | "stranger_refused"
      | "protocol_violation"
      | "messages_lost"
      | "certificate_expiring"
      | "callback_failed"
      | "configuration_notice"
      | "configuration_refused";
  }
>;

function troubleLine(event: Trouble): Line {
  switch (event.type) {
    case "link_down": {
      const reason = plain(event.reason);
      const text = `Link to node ${event.peer} is down: ${reason}.`;
      return line("warn", text, { peer: event.peer, reason });
    }
    case "handshake_failed": {
      const { peer, stage, lasting } = event;
      const reason = plain(event.reason);
      const text = `No link with node ${peer}: the ${stage} handshake failed: ${reason}.`;
      return line(lasting ? "error" : "debug", text, { peer, stage, reason });
    }
    case "stranger_refused": {
      const from = plain(event.from);
      const reason = plain(event.reason);
      return line("warn", `Refused a connection from ${from}: ${reason}.`, { from, reason });
    }
    case "protocol_violation": {
      const rule = plain(event.rule);
      const text = `Node ${event.peer} broke the protocol: ${rule}. Its link was closed.`;
      return line("error", text, { peer: event.peer, rule });
    }
    case "messages_lost":
      return lossLine(event);
    case "certificate_expiring":
      return certificateLine(event);
    case "callback_failed": {
      const { callback } = event;
      const err = describeThrown(event.error);
      return line("error", `A ${callback} threw: ${sentence(err.message)}`, { callback, err });
    }
    case "configuration_notice":
      return line("warn", plain(event.notice, 1_000), {});
    case "configuration_refused": {
      const { changed } = event;
      // Several mistakes of a spec are a line each.
      const reason = plain(event.reason.replaceAll(/\n */g, " "), 1_000);
      const text = `Refused the changed ${changed}, what was before stays in force: ${reason}`;
      return line("warn", text, { changed, reason });
    }
  }
}

/** Most of what is thrown is a sentence already. */
function sentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}

type EventOf<T extends TelemetryEvent["type"]> = Extract<TelemetryEvent, { type: T }>;

function lossLine(event: EventOf<"messages_lost">): Line {
  const { cause, count, from, to, size } = event;
  const whither = to === undefined ? "" : ` for <${to}>`;
  const typeName = event.typeName === undefined ? undefined : plain(event.typeName);
  const why = typeName === undefined ? cause : `${cause} "${typeName}"`;
  const text = `${count} message${count === 1 ? "" : "s"}${whither} lost: ${why}.`;
  const fields = { cause, count, from, to, size, typeName };
  return line(cause === "closed" ? "debug" : "warn", text, fields);
}

function certificateLine(event: EventOf<"certificate_expiring">): Line {
  const { certificate, validTo, daysLeft } = event;
  const subject = plain(event.subject.replaceAll("\n", ", "));
  const what = `The ${certificate} certificate of ${subject}`;
  const end = daysLeft < 0 ? "has ended" : `ends in ${daysLeft} day${daysLeft === 1 ? "" : "s"}`;
  const text = `${what} ${end}, at ${validTo}: from then on no new link is made.`;
  return line("warn", text, { certificate, subject, validTo, daysLeft });
}

function line(level: Level, message: string, fields: Readonly<Record<string, unknown>>): Line {
  return { level, message, fields };
}
