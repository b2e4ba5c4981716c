/**
 * Turns what a node tells of itself into lines of its log.
 *
 * Text that came from outside is cut and escaped here, and what strangers cause, or one peer, is
 * counted rather than written line by line beyond so many lines a second: nobody outside decides how
 * long the log gets.
 */
import type { Clock } from "../ports/clock.ts";
import type { Telemetry, TelemetryEvent } from "../ports/telemetry.ts";
import type { ClusterLogger } from "./logger.ts";

type Level = keyof ClusterLogger;

interface Line {
  readonly level: Level;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

const longestText = 128;
const limitedMs = 1_000;
/** In so long, of all strangers together. */
const strangerLines = 1;
/** In so long, of each peer and kind. More than what happens to a node in good faith. */
const peerLines = 10;

/** Lines of one kind since `since`, and how many there would have been but for the limit. */
interface Written {
  since: number;
  lines: number;
  suppressed: number;
}

/** Writes events to `logger`, each with the id of the node. */
export function logTelemetry(logger: ClusterLogger, node: string, clock: Clock): Telemetry {
  /** By kind and peer, so that there are no more than the peers make. */
  const written = new Map<string, Written>();

  /** Whether there is a line for this; the first one after a pause says how many had none. */
  function allowed(kind: string, most: number, untold: number): { suppressed: number } | undefined {
    const now = clock.now();
    const before = written.get(kind) ?? { since: now, lines: 0, suppressed: 0 };
    written.set(kind, before);
    before.suppressed += untold;
    if (now - before.since >= limitedMs) Object.assign(before, { since: now, lines: 0 });
    if (before.lines >= most) {
      before.suppressed += 1;
      return undefined;
    }
    const { suppressed } = before;
    Object.assign(before, { lines: before.lines + 1, suppressed: 0 });
    return { suppressed };
  }

  function limitsOf(event: TelemetryEvent, level: Level): object | undefined {
    if (event.type === "stranger_refused") return allowed(event.type, strangerLines, event.untold);
    if (!("peer" in event)) return {};
    const found = allowed(`${event.type} ${level} ${event.peer}`, peerLines, 0);
    return found?.suppressed === 0 ? {} : found;
  }

  return {
    emit(event) {
      const { level, message, fields } = lineOf(event);
      const extra = limitsOf(event, level);
      if (extra === undefined) return;
      try {
        logger[level]({ node, event: event.type, ...fields, ...extra }, message);
      } catch {
        // A log that is full or broken must not take the node with it.
      }
    },
  };
}

function lineOf(event: TelemetryEvent): Line {
  switch (event.type) {
    case "listening":
      return line("info", `Listening on ${event.address}.`, { address: event.address });
    case "stopped":
      return line("info", "Stopped.", {});
    case "resolving":
      return line("info", `Resolving ${event.host}.`, { peer: event.peer, host: event.host });
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
      | "callback_failed"
      | "configuration_notice";
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
    case "messages_lost": {
      const { cause, count, from, to, size } = event;
      const whither = to === undefined ? "" : ` for <${to}>`;
      const text = `${count} message${count === 1 ? "" : "s"}${whither} lost: ${cause}.`;
      return line(cause === "closed" ? "debug" : "warn", text, { cause, count, from, to, size });
    }
    case "callback_failed": {
      const { callback, error } = event;
      const reason = plain(error instanceof Error ? error.message : String(error));
      return line("error", `A ${callback} threw: ${reason}.`, { callback, err: error });
    }
    case "configuration_notice":
      return line("warn", plain(event.notice, 1_000), {});
  }
}

function line(level: Level, message: string, fields: Readonly<Record<string, unknown>>): Line {
  return { level, message, fields };
}

/**
 * One line of visible characters, cut at 128: nothing that could end or recolour a line of a log.
 */
function plain(text: string, limit: number = longestText): string {
  const cut = text.length > limit ? `${text.slice(0, limit - 1)}…` : text;
  return cut.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, "\u{fffd}");
}
