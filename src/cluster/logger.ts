/** What a node writes its log to. A pino logger is one as it is. */
import { pino } from "pino";

/** Takes a line of one level: its fields first, then its text. Erlang's `logger`, pino's shape. */
export type LogFunction = (fields: object, message: string) => void;

/** Five levels. A logger that throws harms nothing: the line is lost. */
export interface ClusterLogger {
  /** Keeps nodes from each other and will not right itself: should wake somebody. */
  readonly error: LogFunction;
  /** To be known about, but expected in a network, as a link that is lost. */
  readonly warn: LogFunction;
  /** What a healthy node does. */
  readonly info: LogFunction;
  readonly debug: LogFunction;
  readonly trace: LogFunction;
}

const quiet: LogFunction = () => {};

/** Throws every line away. */
export const nullLogger: ClusterLogger = Object.freeze({
  error: quiet,
  warn: quiet,
  info: quiet,
  debug: quiet,
  trace: quiet,
});

const standardError = 2;

/** The default: one JSON object a line, from `info` up, to standard error. */
export const stdLogger: ClusterLogger = pino(
  { name: "reign", level: "info" },
  // Synchronous, so that the last line before a crash is written too.
  pino.destination({ dest: standardError, sync: true }),
);
