import { describe, expect, test } from "vitest";
import { type ClusterOptions, createFromSpec, noClustering } from "../../src/cluster/create.ts";
import { nullLogger } from "../../src/cluster/logger.ts";
import { createJsonCodec } from "../../src/codecs/json/json-codec.ts";
import type { MailboxOptions } from "../../src/runtime/mailbox-options.ts";

const spec = { nodes: [{ id: 1, address: "127.0.0.1:1" }] };
const logger = nullLogger;

function asOptions(options: object): ClusterOptions & MailboxOptions {
  return options;
}

describe("an option that does not exist", () => {
  test.each([
    [{ maxPendingByte: 5 }, 'maxPendingBytes, got "maxPendingByte"'],
    [{ strictKeyPermission: true }, 'strictKeyPermissions, got "strictKeyPermission"'],
    [{ colour: "red" }, "one of pingInterval, "],
  ])("of a node is a TypeError that says what may have been meant: %j", async (options, said) => {
    const made = createFromSpec(spec, 1, asOptions({ logger, ...options }));

    await expect(made).rejects.toThrow(TypeError);
    await expect(made).rejects.toThrow(said);
  });

  test("of a node without a cluster, or of a mailbox, is a TypeError too", () => {
    expect(() => noClustering(asOptions({ baseFolder: "." }))).toThrow("noClustering");
    const service = noClustering({ logger });
    expect(() => service.newMailbox(asOptions({ maxMesages: 3 }))).toThrow(
      'Expected as an option of newMailbox maxMessages, got "maxMesages".',
    );
    expect(() => service.newMailbox(asOptions([]))).toThrow(TypeError);
  });
});

describe("an option of the wrong kind", () => {
  test.each<[object, string]>([
    [{ strictKeyPermissions: "yes" }, 'strictKeyPermissions to be true or false, got "yes"'],
    [{ overload: 1n }, 'overload to be "refuse" or "disconnect", got a value of type bigint'],
    [{ overload: "drop" }, 'overload to be "refuse" or "disconnect", got "drop"'],
    [{ writeDeadline: Object.create(null) }, "writeDeadline to be a whole number from 10 to "],
    [{ traceContext: "00-1" }, "traceContext to be a function, got string"],
    [{ logger: {} }, "logger with error, warn, info, debug, trace, got one without error"],
    [{ logger: null }, "logger with error, warn, info, debug, trace, got null"],
    [{ telemetry: () => {} }, "telemetry with emit, got one without emit"],
    [{ codecs: "json" }, "codecs to be an array, got string"],
    [
      { codecs: [createJsonCodec] },
      "codec at codecs[0] with createEncoder, createDecoder, got one ",
    ],
    [{ codecs: [{ ...createJsonCodec(), name: "My JSON" }] }, 'a-z0-9-]{1,32}, got "My JSON"'],
    [{ codecs: [createJsonCodec(), createJsonCodec()] }, 'each codec once, got "json-1" twice'],
    [{ writeDeadline: 9 }, "writeDeadline to be a whole number from 10 to 2147483647, got 9"],
  ])("is refused by name", async (options, said) => {
    await expect(createFromSpec(spec, 1, asOptions({ logger, ...options }))).rejects.toThrow(said);
  });

  test("is refused where somebody waits, too", async () => {
    const service = noClustering({ logger });

    await expect(async () => service.names.wait("it", { signal: 1 as never })).rejects.toThrow(
      "Expected an AbortSignal as signal, got number.",
    );
    await expect(async () => service.drain({ timeout: "1" as never })).rejects.toThrow(
      "Expected milliseconds as timeout, got string.",
    );
  });

  test.each<[unknown, string]>([
    [1_000, "Expected options such as { signal, timeout }, got 1000."],
    [null, "Expected options such as { signal, timeout }, got null."],
    [{ timeuot: 1_000 }, 'Expected as an option of a wait timeout, got "timeuot".'],
  ])("does not make a wait without an end: %j", async (given, said) => {
    const service = noClustering({ logger });
    const options = given as never;

    await expect(async () => service.names.wait("it", options)).rejects.toThrow(said);
    await expect(async () => service.names.sync(options)).rejects.toThrow(said);
    await expect(async () => service.drain(options)).rejects.toThrow(said);
    expect(service.newMailbox().address.send("still here")).toBe(true);
  });
});
