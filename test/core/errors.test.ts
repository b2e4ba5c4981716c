import { describe, expect, expectTypeOf, test } from "vitest";
import {
  DecodeError,
  NotSerializableError,
  ReignError,
  reignErrorCodes,
} from "../../src/core/errors.ts";

describe("a ReignError", () => {
  const error = new ReignError(
    "REIGN_QUEUE_FULL",
    "Too much waits for node 2.",
    { id: "2:0123456789abcdef:7", limitBytes: 8 },
    { cause: "slow" },
  );

  test("is an Error with a code, details, and the cause it was given", () => {
    expect(error).toBeInstanceOf(Error);
    expect(String(error)).toBe("ReignError: Too much waits for node 2.");
    expect(error).toMatchObject({
      name: "ReignError",
      code: "REIGN_QUEUE_FULL",
      details: { id: "2:0123456789abcdef:7", limitBytes: 8 },
      cause: "slow",
    });
  });

  test("is told by its code, and its details have the type that belongs to it", () => {
    const caught: unknown = error;

    expect(ReignError.is(caught, "REIGN_TOO_LARGE")).toBe(false);
    expect(ReignError.is(caught, "REIGN_QUEUE_FULL")).toBe(true);
    if (ReignError.is(caught, "REIGN_QUEUE_FULL")) {
      expectTypeOf(caught.details).toEqualTypeOf<{
        readonly id: string;
        readonly limitBytes: number;
      }>();
    }
  });

  test("of another copy of the package is told as well", () => {
    const foreign = Object.assign(new Error("Stopped."), {
      name: "ReignError",
      code: "REIGN_STOPPED",
      details: { nodeId: "1" },
    });

    expect(ReignError.is(foreign, "REIGN_STOPPED")).toBe(true);
    expect(ReignError.is(foreign, "REIGN_TIMEOUT")).toBe(false);
  });

  test.each([
    ["nothing", undefined],
    ["null", null],
    ["a text", "REIGN_STOPPED"],
    ["an error without a code", new Error("REIGN_STOPPED")],
    ["a system's error", Object.assign(new Error("no"), { code: "ECONNREFUSED" })],
    ["another error with its code", Object.assign(new TypeError("no"), { code: "REIGN_STOPPED" })],
    ["an object that looks like one", { name: "ReignError", code: "REIGN_STOPPED" }],
  ])("is not %s", (_what, value) => {
    expect(ReignError.is(value, "REIGN_STOPPED")).toBe(false);
  });
});

test("the codes are a closed set, all of one form and each of them once", () => {
  expect(Object.isFrozen(reignErrorCodes)).toBe(true);
  expect(new Set(reignErrorCodes).size).toBe(reignErrorCodes.length);
  for (const code of reignErrorCodes) expect(code).toMatch(/^REIGN_[A-Z]+(_[A-Z]+)*$/);
});

test("what cannot be sent is a TypeError that names its place in the message", () => {
  const cause = new Error("of a getter");
  const error = new NotSerializableError("message.order.lines[3]", "a function", { cause });

  expect(error).toBeInstanceOf(TypeError);
  expect(error).toMatchObject({
    name: "TypeError",
    code: "REIGN_NOT_SERIALIZABLE",
    path: "message.order.lines[3]",
    cause,
  });
  expect(error.message).toBe("message.order.lines[3] cannot be sent as a copy: a function");
});

test("a DecodeError is an error of its own, which no system error or TypeError is taken for", () => {
  expect(new DecodeError("no").name).toBe("DecodeError");
  expect(new DecodeError("no")).toBeInstanceOf(Error);
  expect(new TypeError("no")).not.toBeInstanceOf(DecodeError);
});
