import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { describe, expect, test } from "vitest";
import { createFromSpec } from "../../src/cluster/create.ts";
import { diagnosticsTelemetry, eventTypes } from "../../src/cluster/diagnostics.ts";
import { nullLogger } from "../../src/cluster/logger.ts";
import type { Carrier } from "../../src/ports/carrier.ts";
import { readRows } from "../operating-document.ts";
import { createChangingCluster } from "./changing-cluster.ts";
import { sampleEvents } from "./sample-events.ts";

const carrier: Carrier = {
  listen: async () => ({ address: "here", close: async () => {} }),
  dial: () => Promise.reject(new Error("nobody")),
};

function listenTo(channel: string, then: (message: unknown) => void = () => {}) {
  const messages: unknown[] = [];
  const onMessage = (message: unknown) => {
    messages.push(message);
    then(message);
  };
  subscribe(channel, onMessage);
  return { messages, [Symbol.dispose]: () => void unsubscribe(channel, onMessage) };
}

describe("the diagnostics channels", () => {
  test("are those of docs/operating.md, one for each type of event, with what the event has", () => {
    const documented = readRows("Diagnostics channels", "channel");
    const fields = documented.map(([channel = "", what = ""]) => {
      const names = what.split(/[,:] /).filter((each) => /^[a-z]+[A-Za-z]*$/.test(each));
      return [channel, names.sort()];
    });
    const emitted = sampleEvents.map(({ type, ...rest }) => [
      `reign.${type}`,
      Object.keys(rest).sort(),
    ]);

    expect(new Set(documented.map(([channel]) => channel))).toEqual(
      new Set(eventTypes.map((type) => `reign.${type}`)),
    );
    expect(fields).toEqual(emitted);
  });

  test.each(sampleEvents)("have $type as it was, and which node it is of", (event) => {
    using heard = listenTo(`reign.${event.type}`);
    diagnosticsTelemetry("7").emit(event);

    expect(heard.messages).toEqual([{ nodeId: "7", ...event }]);
  });

  test("are published by every node made from a spec, and by none any more when it is stopped", async () => {
    using listening = listenTo("reign.listening");
    using stopped = listenTo("reign.stopped");
    const spec = { nodes: [{ id: 1, address: "127.0.0.1:9" }] };
    const service = await createFromSpec(spec, 1, { logger: nullLogger, carrier });
    await service.start();
    await service.terminate();

    expect(listening.messages).toEqual([{ nodeId: "1", type: "listening", address: "here" }]);
    expect(stopped.messages).toEqual([{ nodeId: "1", type: "stopped" }]);
  });

  test("may have a subscriber that stops the node when it listens: it dials nobody then", async () => {
    await using cluster = createChangingCluster();
    await cluster.start("2", ["1", "2"]);
    const one = await cluster.create("1", ["1", "2"]);
    const stopped: Promise<void>[] = [];
    using _ = listenTo("reign.listening", () => stopped.push(one.stop()));

    await cluster.during(one.start(), 20_000);

    expect(stopped).toHaveLength(1);
    expect(cluster.network.links).toBe(0);
  });

  test("let a node go on whose subscriber throws, which Node raises as an uncaught exception", async () => {
    const failure = new Error("of the subscriber");
    const before = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    const raised = new Promise((resolve) => process.once("uncaughtException", resolve));
    using first = listenTo("reign.stopped", () => {
      throw failure;
    });
    using second = listenTo("reign.stopped");
    const emit = () => diagnosticsTelemetry("1").emit({ type: "stopped" });

    expect(emit).not.toThrow();
    expect([first.messages.length, second.messages.length]).toEqual([1, 1]);
    expect(await raised).toBe(failure);
    for (const listener of before) process.on("uncaughtException", listener);
  });
});
