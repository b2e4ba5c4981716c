import { describe, expect, test } from "vitest";
import { noClustering } from "../../src/cluster/create.ts";
import { nullLogger } from "../../src/cluster/logger.ts";
import type { Hop, TracedMsg } from "../../src/core/traced.ts";
import { createRecordingTelemetry } from "../../src/testing/recording-telemetry.ts";
import { createVirtualClock } from "../../src/testing/virtual-clock.ts";
import { createTestCluster, present } from "./cluster.ts";

function openService() {
  const clock = createVirtualClock();
  const telemetry = createRecordingTelemetry();
  return { clock, telemetry, service: noClustering({ logger: nullLogger, clock, telemetry }) };
}

class Diary implements TracedMsg {
  readonly steps: [string, Hop][] = [];
  reignSent(hop: Hop): void {
    this.steps.push(["sent", hop]);
  }
  reignTransferred(hop: Hop): void {
    this.steps.push(["transferred", hop]);
  }
  reignReceived(hop: Hop): void {
    this.steps.push(["received", hop]);
  }
}

describe("a message with hooks", () => {
  test("is told when it is sent and when it is received", async () => {
    const { service, clock } = openService();
    const { address, mailbox } = service.newMailbox<Diary>();
    const message = new Diary();
    address.send(message);
    await clock.advanceBy(7);

    await mailbox.receive();

    expect(message.steps).toEqual([
      ["sent", { from: "0", to: address.id, at: 0 }],
      ["received", { from: "0", to: address.id, at: 7 }],
    ]);
  });

  test("is told that it was received by whoever waits for it, before that one runs", async () => {
    const { service } = openService();
    const { address, mailbox } = service.newMailbox<Diary>();
    const waiting = [
      mailbox.receive(),
      mailbox.receive(Diary),
      mailbox.receive({ timeout: 1_000 }),
    ];
    const messages = waiting.map(() => new Diary());
    for (const message of messages) address.send(message);
    for (const [i, message] of (await Promise.all(waiting)).entries()) {
      expect(message).toBe(messages[i]);
      expect(present(message).steps.map(([step]) => step)).toEqual(["sent", "received"]);
    }
  });

  test("is told at each end of a link, and brings along what it noted, if both nodes have registered its class", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const [one, two] = (await cluster.startAll()).map(present);
    for (const service of [one, two]) present(service).registerType(Diary, { name: "diary" });
    const { address, mailbox } = present(two).newMailbox<Diary>();
    const message = new Diary();

    present(one).address(address.id).send(message);
    await cluster.clock.advanceBy(1_000);
    const arrived = await mailbox.receive();

    const steps = arrived.steps.map(([step, { from, to }]) => [step, from, to]);
    expect(steps).toEqual([
      ["sent", "1", address.id],
      ["transferred", "1", "2"],
      ["transferred", "1", "2"],
      ["received", "2", address.id],
    ]);
    expect(arrived).toBeInstanceOf(Diary);
    expect(message.steps.map(([step]) => step)).toEqual(["sent", "transferred"]);
  });

  test("is told nothing of a send that has nowhere to go", () => {
    const { service } = openService();
    const { address, mailbox } = service.newMailbox<Diary>();
    mailbox.close();
    const message = new Diary();
    expect(address.send(message)).toBe(false);
    expect(() => service.address("9:00000000000000aa:1").send(message)).toThrow(TypeError);
    expect(message.steps).toEqual([]);
  });

  test("may have some of the hooks alone, and inherit them", async () => {
    class Half {
      received = 0;
      reignReceived(): void {
        this.received += 1;
      }
    }
    class Heir extends Half {}
    const { service } = openService();
    const { address, mailbox } = service.newMailbox<Heir>();
    const message = new Heir();
    address.send(message);
    await mailbox.receive();
    expect(message.received).toBe(1);
  });

  test("whose hooks throw or reject is delivered all the same, and that is reported", async () => {
    class Bad {
      reignSent(): void {
        throw new Error("sent");
      }
      reignReceived(): Promise<void> {
        return Promise.reject(new Error("received"));
      }
    }
    const { service, telemetry, clock } = openService();
    const { address, mailbox } = service.newMailbox<Bad>();
    const message = new Bad();

    expect(address.send(message)).toBe(true);
    expect(await mailbox.receive()).toBe(message);

    await clock.settle();
    const reports = telemetry.eventsOf("callback_failed");
    expect(reports.map(({ callback, error }) => [callback, String(error)])).toEqual([
      ["reignSent", "Error: sent"],
      ["reignReceived", "Error: received"],
    ]);
    expect(service.stats()).toMatchObject({ sent: 1, delivered: 1 });
  });

  test("that ends the wait or closes the mailbox as it is handed over is not lost", async () => {
    const stop = new AbortController();
    class Ending {
      reignReceived(): void {
        stop.abort();
        mailbox.close();
      }
    }
    const { service } = openService();
    const { address, mailbox } = service.newMailbox<Ending>();
    const waiting = mailbox.receive({ signal: stop.signal });
    const message = new Ending();
    address.send(message);
    expect(await waiting).toBe(message);
    expect(service.stats()).toMatchObject({ sent: 1, delivered: 1 });
  });

  test("is one by its class alone: plain objects, arrays and proxies are not looked into", async () => {
    const { service } = openService();
    const { address, mailbox } = service.newMailbox();
    const refuse = (): never => {
      throw new Error("This is not to run.");
    };
    const proxy = new Proxy({}, { getPrototypeOf: refuse, get: refuse, has: refuse });
    const plain = { reignSent: refuse };
    const array = Object.assign([], { reignSent: refuse });
    const ofNoClass = { constructor: new Proxy(class {}, { get: refuse }) };
    for (const message of [proxy, plain, array, ofNoClass]) {
      expect(address.send(message)).toBe(true);
      expect(mailbox.tryReceive()).toBe(message);
    }
    expect(Reflect.get(service, "tracing").on).toBe(false);
  });
});
