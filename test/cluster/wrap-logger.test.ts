import { describe, expect, test, vi } from "vitest";
import { createFromSpec } from "../../src/cluster/create.ts";
import { type LogTarget, wrapLogger } from "../../src/cluster/wrap-logger.ts";

const levels = ["error", "warn", "info", "debug", "trace"] as const;

/** A target that keeps its lines, and needs its `this`, as winston's loggers do. */
class Kept implements LogTarget {
  readonly lines: [method: string, line: string][] = [];
  error(line: string) {
    this.lines.push(["error", line]);
  }
  warn(line: string) {
    this.lines.push(["warn", line]);
  }
  info(line: string) {
    this.lines.push(["info", line]);
  }
  debug(line: string) {
    this.lines.push(["debug", line]);
  }
  /** Winston's takes the level first, and `console.trace` prints a stack. */
  log(): never {
    throw new Error("never called");
  }
  trace(): never {
    throw new Error("never called");
  }
}

function onlyFields(fields: object): Record<string, unknown> {
  const target = new Kept();
  wrapLogger(target).warn(fields, "text");
  expect(target.lines).toHaveLength(1);
  return JSON.parse(target.lines[0]?.[1] ?? "");
}

describe("a logger that was wrapped", () => {
  test("gets one line of JSON a call, at the method of its level, and none at trace", () => {
    const target = new Kept();
    const logger = wrapLogger(target, { level: "trace" });
    for (const level of levels) logger[level]({ node: "1", event: "x" }, "two\nlines");

    expect(target.lines.map(([method]) => method)).toEqual([
      "error",
      "warn",
      "info",
      "debug",
      "debug",
    ]);
    for (const [index, [, line]] of target.lines.entries()) {
      expect(line).not.toContain("\n");
      expect(JSON.parse(line)).toEqual({
        level: levels[index],
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        msg: "two\nlines",
        node: "1",
        event: "x",
      });
    }
  });

  test("gets what is for debug and trace at info, where it has no debug", () => {
    const lines: string[] = [];
    const target = {
      error: () => {},
      warn: () => {},
      info: (line: string) => void lines.push(line),
    };
    const logger = wrapLogger(target, { level: "trace" });
    logger.debug({}, "a");
    logger.trace({}, "b");

    expect(lines.map((line) => JSON.parse(line).level)).toEqual(["debug", "trace"]);
  });

  test("gets nothing below the level that was asked for, which is info if none was", () => {
    const [byDefault, fromWarn] = [new Kept(), new Kept()];
    const loggers = [wrapLogger(byDefault), wrapLogger(fromWarn, { level: "warn" })];
    for (const logger of loggers) for (const level of levels) logger[level]({}, "text");

    expect(byDefault.lines.map(([method]) => method)).toEqual(["error", "warn", "info"]);
    expect(fromWarn.lines.map(([method]) => method)).toEqual(["error", "warn"]);
  });

  test("may be console itself", () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    wrapLogger(console).warn({ node: "1" }, "look");

    expect(warn).toHaveBeenCalledTimes(1);
    expect(JSON.parse(String(warn.mock.calls[0]?.[0]))).toMatchObject({ msg: "look", node: "1" });
    warn.mockRestore();
  });

  test("is told of errors, bigints, symbols, functions and collections in words", () => {
    const error = new RangeError("wrong", { cause: new TypeError("deeper") });
    const fields = onlyFields({
      err: error,
      big: 12n,
      symbol: Symbol("s"),
      call: () => {},
      map: new Map([["a", 1n]]),
      set: new Set([1]),
      date: new Date(0),
      nothing: undefined,
    });

    expect(fields).toMatchObject({
      err: {
        type: "RangeError",
        message: "wrong",
        stack: expect.stringContaining("wrap-logger.test"),
        cause: { type: "TypeError", message: "deeper" },
      },
      big: "12",
      symbol: "Symbol(s)",
      call: "[function]",
      map: [["a", "1"]],
      set: [1],
      date: "1970-01-01T00:00:00.000Z",
    });
  });

  test("has its line whatever is in the fields: cycles, depth, and what throws when looked at", () => {
    const cycle: Record<string, unknown> = { twice: [] };
    cycle["self"] = cycle;
    let deep: object = {};
    for (let i = 0; i < 100_000; i++) deep = { deep };
    const hostile = {
      get trap(): never {
        throw new Error("never");
      },
    };

    expect(onlyFields({ cycle })).toMatchObject({ cycle: { twice: [], self: "[circular]" } });
    expect(JSON.stringify(onlyFields({ deep }))).toContain("[too deep]");
    expect(onlyFields({ hostile, beside: 1 })).toMatchObject({
      hostile: "[cannot be shown]",
      beside: 1,
    });
    expect(onlyFields(hostile)).toMatchObject({ fields: "[cannot be shown]", msg: "text" });
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(onlyFields(proxy)).toMatchObject({ fields: "[cannot be shown]", msg: "text" });
    expect(onlyFields(new Error("alone"))).toMatchObject({ err: { message: "alone" } });
  });

  test("has its level, time and text, whatever fields have the same names", () => {
    expect(onlyFields({ level: 99, msg: "other", time: 0 })).toMatchObject({
      level: "warn",
      msg: "text",
      time: expect.any(String),
    });
  });

  test.each<[string, unknown, string]>([
    ["nothing", undefined, "got undefined"],
    ["a text", "console", "got console"],
    ["an object without methods", {}, "one without error and warn and info"],
    ["one without warn", { error() {}, info() {} }, "one without warn"],
  ])("cannot be %s", (_what, target, got) => {
    const wrap = () => Reflect.apply(wrapLogger, undefined, [target]);

    expect(wrap).toThrow(TypeError);
    expect(wrap).toThrow(got);
  });

  test("has a level that there is", () => {
    const options = { level: "loud" };

    expect(() => Reflect.apply(wrapLogger, undefined, [console, options])).toThrow(
      'Expected the level to be one of trace, debug, info, warn, error, got "loud".',
    );
    for (const other of [{ levle: "debug" }, "debug"]) {
      expect(() => Reflect.apply(wrapLogger, undefined, [console, other])).toThrow(TypeError);
    }
  });

  test("is the log of a node", async () => {
    const target = new Kept();
    const spec = { nodes: [{ id: 1, address: "127.0.0.1:9" }] };
    const carrier = {
      listen: async () => ({ address: "here", close: async () => {} }),
      dial: () => Promise.reject(new Error("nobody")),
    };
    const service = await createFromSpec(spec, 1, { logger: wrapLogger(target), carrier });
    await service.start();
    await service.terminate();

    expect(target.lines.map(([, line]) => JSON.parse(line).event)).toEqual([
      "listening",
      "stopped",
    ]);
  });
});
