/**
 * Makes a logger for nodes of one that takes lines of text: `console`, a winston logger, or
 * anything with these methods. Each call becomes one line of JSON.
 *
 * Whatever is in the fields, there is a line: what JSON has no form for is told in words, and what
 * cannot be looked at is said to be so. There is no method for `trace`, since that of `console`
 * prints where it was called from.
 */
import { checkOptionKeys } from "../core/option-keys.ts";
import { type ClusterLogger, type LogFunction, nullLogger } from "./logger.ts";
import { describeThrown } from "./plain-text.ts";

/** What can be wrapped. Each method is called with one line, without a line feed. */
export interface LogTarget {
  /** Takes the level `error`. */
  error(line: string): unknown;
  /** Takes the level `warn`. */
  warn(line: string): unknown;
  /** Takes the level `info`. */
  info(line: string): unknown;
  /** Takes the levels `debug` and `trace`; without it they go to `info`. */
  debug?(line: string): unknown;
}

/** How a logger is wrapped. */
export interface WrapLoggerOptions {
  /** The lowest level that is written. Default `info`, as of `stdLogger`. */
  readonly level?: keyof ClusterLogger;
}

const levels = ["trace", "debug", "info", "warn", "error"] as const;
const longestPath = 8;
const unshowable = "[cannot be shown]";

/**
 * Gives a logger that writes each line as `{"level":…,"time":…,"msg":…}` and the fields, to the
 * target's method of that level; `debug` and `trace` to `debug`, or to `info` where there is none.
 *
 * An `Error` in the fields is its type, message and places; a `bigint` is its digits; a cycle, and
 * what lies deeper than eight levels, is named and left out. Throws a `TypeError` for what has not
 * the methods `error`, `warn` and `info` and for an option that does not exist, and a `RangeError`
 * for an unknown `level`.
 *
 * Go: `WrapLogger`. A pino logger needs no wrapping.
 */
export function wrapLogger(target: LogTarget, options: WrapLoggerOptions = {}): ClusterLogger {
  checkTarget(target);
  checkOptions(options);
  const { level: lowest = "info" } = options;
  const from = levels.indexOf(lowest);
  if (from < 0) {
    const got = JSON.stringify(lowest);
    throw new RangeError(`Expected the level to be one of ${levels.join(", ")}, got ${got}.`);
  }
  const writer = (level: (typeof levels)[number]): LogFunction => {
    if (levels.indexOf(level) < from) return nullLogger[level];
    // What fails later fails for the caller, who has the promise.
    return (fields, message) => write(target, level, lineOf(level, fields, message));
  };
  return Object.freeze({
    error: writer("error"),
    warn: writer("warn"),
    info: writer("info"),
    debug: writer("debug"),
    trace: writer("trace"),
  });
}

function checkOptions(options: unknown): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`Expected options such as { level }, got ${String(options)}.`);
  }
  checkOptionKeys("wrapLogger", options, ["level"]);
}

function checkTarget(target: unknown): void {
  const isObject = (typeof target === "object" && target !== null) || typeof target === "function";
  const missing = ["error", "warn", "info"].filter(
    (name) => !isObject || typeof Reflect.get(target, name) !== "function",
  );
  if (missing.length === 0) return;
  const got = isObject ? `one without ${missing.join(" and ")}` : String(target);
  throw new TypeError(
    `Expected a logger with the methods error, warn and info, as console, got ${got}.`,
  );
}

/** The target's methods are looked up at each call: they may be replaced, and need their `this`. */
function write(target: LogTarget, level: (typeof levels)[number], line: string): unknown {
  switch (level) {
    case "error":
    case "warn":
    case "info":
      return target[level](line);
    case "debug":
    case "trace":
      return typeof target.debug === "function" ? target.debug(line) : target.info(line);
  }
}

function lineOf(level: string, fields: object, message: string): string {
  const own = { level, time: new Date().toISOString(), msg: textOf(message) };
  const others = shown(isError(fields) ? { err: fields } : fields, []);
  const more = typeof others === "object" && others !== null ? others : { fields: others };
  // Named first, so that they come first; and last, so that no field takes their place.
  return JSON.stringify({ ...own, ...more, ...own });
}

function textOf(message: unknown): string {
  try {
    return String(message);
  } catch {
    return unshowable;
  }
}

/** A proxy may refuse the question. */
function isError(fields: unknown): boolean {
  try {
    return fields instanceof Error;
  } catch {
    return false;
  }
}

/** The same value as JSON can have it. */
function shown(value: unknown, path: readonly object[]): unknown {
  if (typeof value === "bigint" || typeof value === "symbol") return String(value);
  if (typeof value === "function") return "[function]";
  if (typeof value !== "object" || value === null) return value;
  if (path.includes(value)) return "[circular]";
  if (path.length >= longestPath) return "[too deep]";
  try {
    return shownObject(value, [...path, value]);
  } catch {
    return unshowable;
  }
}

function shownObject(value: object, path: readonly object[]): unknown {
  if (value instanceof Error) {
    const { cause } = value;
    return {
      ...describeThrown(value),
      ...(cause === undefined ? {} : { cause: shown(cause, path) }),
    };
  }
  const toJson: unknown = Reflect.get(value, "toJSON");
  if (typeof toJson === "function") return shown(Reflect.apply(toJson, value, []), path);
  if (Array.isArray(value)) return value.map((item) => shown(item, path));
  if (value instanceof Set) return [...value].map((item) => shown(item, path));
  if (value instanceof Map) return [...value].map((pair) => shown(pair, path));
  return Object.fromEntries(
    Object.keys(value).map((key) => [key, shown(Reflect.get(value, key), path)]),
  );
}
