/** A binary of a hundred megabytes goes over a link, and pings go past it. */
import type { Address } from "reign";
import { type NodeSetting, placeNodes, startNode } from "./node.ts";
import { answerPings, Pinger } from "./pings.ts";
import { type Scenario, type Stage, series } from "./scenario.ts";

const rounds = { full: 10, quick: 1 } as const;
const mebibyte = 2 ** 20;
const bytes = { full: 100 * mebibyte, quick: 10 * mebibyte } as const;
const pingEveryMs = 2;

const whatBinds =
  "what binds is the copying of 100 MiB into fresh memory, 50 to 70 ms on a small machine: one " +
  "standstill of the sender, which encodes, and one of the receiver, which decodes";

interface Big {
  readonly bytes: Uint8Array;
  readonly reply: Address<number>;
}

export const bigBesideSmall: Scenario = {
  id: "big",
  title: "a binary of 100 MiB beside pings",
  limitSeconds: 600,
  parts: [startSender, startReceiver],
  figures: [
    {
      title: "pings while the binary is under way",
      done:
        "maxMessageBytes and maxPendingBytes are raised to 128 MiB. A ping each 2 ms to another " +
        "mailbox of the same node, from before the binary is sent until it has arrived; from " +
        "sent to answered. Encoding at the sender and decoding at the receiver each copy the " +
        "binary into fresh memory in one go, and each process stands still for as long.",
      unit: "ms",
      wanted: { full: 100, quick: 1 },
      goals: [{ of: "p99", atMost: 50, reason: whatBinds }],
      values: series("from sent"),
    },
    {
      title: "the same, from when a ping was due",
      done: "With the time in it for which the sender stood still, as while it encodes the binary.",
      unit: "ms",
      wanted: { full: 100, quick: 1 },
      goals: [],
      values: series("from due"),
    },
    {
      title: "the binary, from send to its arrival in the mailbox",
      done: "100 MiB, compared with what was sent by a checksum.",
      unit: "ms",
      wanted: rounds,
      goals: [],
      values: series("binary"),
    },
    {
      title: "pings refused or not answered, and binaries that did not arrive whole",
      done: "Of all rounds.",
      unit: "",
      wanted: rounds,
      goals: [{ of: "total", atMost: 0 }],
      values: series("wrong"),
    },
  ],
  run: runBig,
};

async function runBig(stage: Stage): Promise<void> {
  const { size, folder } = stage;
  const nodes = await placeNodes(2);
  const room = 128 * mebibyte;
  const options = { maxMessageBytes: room, maxPendingBytes: room };
  const setting = (id: number): NodeSetting => ({ folder, id, nodes, options });
  const [sender, receiver] = await Promise.all([
    stage.start(startSender, setting(1)),
    stage.start(startReceiver, setting(2)),
  ]);
  await sender.ask.aim(await receiver.ask.addresses());
  for (let round = 1; round <= rounds[size]; round++) {
    stage.progress(`round ${round} of ${rounds[size]}`);
    const { fromSent, fromDue, wrong, tookMs } = await sender.ask.send(bytes[size]);
    stage.record("from sent", ...fromSent);
    stage.record("from due", ...fromDue);
    stage.record("wrong", wrong);
    stage.record("binary", tookMs);
  }
}

interface Addresses {
  readonly echo: string;
  readonly sink: string;
}

/** Node 2: takes the binary, and answers pings. */
async function startReceiver(node: NodeSetting) {
  const service = await startNode(node);
  const echo = answerPings(service);
  const { address, mailbox } = service.newMailbox<Big>();
  void (async () => {
    for await (const message of mailbox) message.reply.send(checksum(message.bytes));
  })();
  return { addresses: (): Addresses => ({ echo, sink: address.id }) };
}

/** Node 1. */
async function startSender(node: NodeSetting) {
  const service = await startNode(node);
  let pinger: Pinger | undefined;
  let sink: Address<Big> | undefined;
  return {
    async aim(addresses: Addresses) {
      await service.connected(2, { timeout: 10_000 });
      pinger = new Pinger(service, service.address(addresses.echo));
      sink = service.address<Big>(addresses.sink);
    },
    async send(length: number) {
      if (pinger === undefined || sink === undefined) throw new Error("Nowhere to send to.");
      const binary = new Uint8Array(length).map((_, i) => i * 31);
      const expected = checksum(binary);
      using answers = service.newMailbox<number>().mailbox;
      pinger.begin(pingEveryMs);
      // Some pings are under way when it comes.
      await new Promise((resolve) => setTimeout(resolve, 10 * pingEveryMs));
      const began = performance.now();
      const taken = sink.send({ bytes: binary, reply: answers.address });
      const sum = taken ? await answers.receive({ timeout: 100_000 }) : undefined;
      const tookMs = performance.now() - began;
      const { fromSent, fromDue, unanswered } = await pinger.end();
      const wrong = unanswered + (sum === expected ? 0 : 1);
      return { fromSent, fromDue, wrong, tookMs };
    },
  };
}

/** Cheap beside the transfer: a word in four kilobytes, and the length. */
function checksum(bytes: Uint8Array): number {
  let sum = bytes.length;
  for (let i = 0; i < bytes.length; i += 4_093) sum = (Math.imul(sum, 31) + (bytes[i] ?? 0)) | 0;
  return sum;
}
