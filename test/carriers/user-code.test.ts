/** Whatever a program gives a node may throw: its link and its process are no part of that. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ConnectionService } from "../../src/cluster/connection-service.ts";
import type { ClusterOptions } from "../../src/cluster/create.ts";
import { createTermCodec } from "../../src/codecs/term/term-codec.ts";
import type { Address } from "../../src/core/address.ts";
import type { Codec } from "../../src/ports/codec.ts";
import { eventually } from "./tls-cluster.ts";
import { createTlsServices } from "./tls-services.ts";

const fail = (): never => {
  throw new Error("the program's own");
};
/** No type holds a program back from handing over a function that fails later. */
const reject = (): unknown => Promise.reject(new Error("the program's own, later"));

/** What nobody caught, while a test of this file ran. */
const uncaught: unknown[] = [];
const note = (error: unknown) => void uncaught.push(error);

beforeAll(() => {
  process.on("uncaughtExceptionMonitor", note);
  process.on("unhandledRejection", note);
});

afterAll(() => {
  process.off("uncaughtExceptionMonitor", note);
  process.off("unhandledRejection", note);
});

async function expectNothingUncaught(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  expect(uncaught).toEqual([]);
}

/** A link with node 1 made of `options`; both ends can reach a mailbox of the other. */
async function linked(options: ClusterOptions, others: ClusterOptions = {}) {
  const cluster = await createTlsServices(["1", "2"]);
  const [one, two] = await Promise.all([cluster.start("1", options), cluster.start("2", others)]);
  await Promise.all([one.connected(2), two.connected(1)]);
  return { cluster, one, two };
}

async function expectTalking(from: ConnectionService, to: ConnectionService): Promise<void> {
  const { address, mailbox } = to.newMailbox();
  from.address(address.id).send("still there");
  expect(await mailbox.receive()).toBe("still there");
  mailbox.close();
}

const throwing = { error: fail, warn: fail, info: fail, debug: fail, trace: fail };
const rejecting = { error: reject, warn: reject, info: reject, debug: reject, trace: reject };

describe("a link lives on, and nothing is left uncaught, when", () => {
  test.each<[string, ClusterOptions]>([
    ["the logger throws", { logger: throwing }],
    ["the logger rejects", { logger: rejecting }],
    ["the telemetry throws", { telemetry: { emit: fail } }],
    ["the telemetry rejects", { telemetry: { emit: reject as () => void } }],
    ["both throw", { logger: throwing, telemetry: { emit: fail } }],
  ])("%s", async (_what, options) => {
    const { cluster, one, two } = await linked(options);
    await using _closing = cluster;
    one.addConnectionStatusCallback(fail);
    one.addConnectionStatusCallback(reject);
    await expectTalking(one, two);
    await expectTalking(two, one);
    await two.terminate();
    await eventually(() => expect(one.address("2:00000000000000aa:1").send(1)).toBe(false));
    await expectNothingUncaught();
  });

  test("the telemetry throws, which the log tells", async () => {
    const lines: object[] = [];
    const keep = (fields: object) => void lines.push(fields);
    const logger = { error: keep, warn: keep, info: keep, debug: keep, trace: keep };
    const { cluster } = await linked({ logger, telemetry: { emit: fail } });
    await using _closing = cluster;

    expect(lines).toContainEqual(
      expect.objectContaining({
        event: "callback_failed",
        callback: "telemetry",
        err: expect.objectContaining({ message: "the program's own" }),
      }),
    );
  });

  test("matchers, getters and status callbacks throw", async () => {
    const { cluster, one, two } = await linked({});
    await using _closing = cluster;
    const { address, mailbox } = two.newMailbox();
    const remote: Address<unknown> = one.address(address.id);
    const waiting = mailbox.receive(fail);
    const failed = expect(waiting).rejects.toThrow("the program's own");
    remote.send({ any: "message" });
    await failed;
    two.addConnectionStatusCallback(fail);
    two.addConnectionStatusCallback(reject);

    expect(await mailbox.receive()).toEqual({ any: "message" });
    expect(() => mailbox.tryReceive(fail)).not.toThrow();
    for (const property of ["text", "then", "toJSON", "constructor", "toString"]) {
      const trap = Object.defineProperty({}, property, { get: fail, enumerable: true });
      expect(() => remote.send(trap)).toThrow(TypeError);
    }
    await expectTalking(one, two);
    await expectNothingUncaught();
  });

  test("a message looks like a promise on arrival: it is data, and nobody waits for it", async () => {
    const { cluster, one, two } = await linked({});
    await using _closing = cluster;
    const { address, mailbox } = two.newMailbox();
    const message = JSON.parse('{"then":1,"catch":{},"__proto__":{"then":true},"toJSON":null}');
    one.address(address.id).send(message);

    expect(await mailbox.receive()).toEqual(message);
    await expectNothingUncaught();
  });

  test("a codec of the program's own throws over a message to send", async () => {
    const codecs = [oddCodec({ encode: fail })];
    const { cluster, one, two } = await linked({ codecs }, { codecs });
    await using _closing = cluster;
    const { address } = two.newMailbox();

    expect(() => one.address(address.id).send(1)).toThrow("the program's own");
    await expect(one.connected(2, { timeout: 0 })).resolves.toBeUndefined();
    await expectNothingUncaught();
  });
});

describe("a link ends, and nothing else, when a codec of the program's own", () => {
  test.each<[string, Partial<Odd>]>([
    ["throws over a message that came", { decode: fail }],
    ["cannot be made a decoder", { createDecoder: fail }],
  ])("%s", async (_what, odd) => {
    const { cluster, one, two } = await linked(
      { codecs: [oddCodec({})] },
      { codecs: [oddCodec(odd)] },
    );
    await using _closing = cluster;
    const { address, mailbox } = two.newMailbox();
    one.address(address.id).send("unreadable there");
    await eventually(() => expect(two.stats().violations).toBe(1));
    await one.connected(2);

    expect(two.stats().lost.unreadable).toBe(1);
    expect(mailbox.messageCount).toBe(0);
    await expectNothingUncaught();
  });
});

interface Odd {
  readonly encode: () => never;
  readonly decode: () => never;
  readonly createDecoder: () => never;
}

function oddCodec({ encode, decode, createDecoder }: Partial<Odd>): Codec {
  const term = createTermCodec();
  return {
    name: "odd-1",
    createEncoder: (ports) => (encode === undefined ? term.createEncoder(ports) : { encode }),
    createDecoder(ports) {
      createDecoder?.();
      return decode === undefined ? term.createDecoder(ports) : { decode };
    },
  };
}
