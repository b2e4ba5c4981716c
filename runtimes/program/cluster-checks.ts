/** What two processes do over mutual TLS, with certificates that `reign init` has made. */
import assert from "node:assert/strict";
import { type ConnectionService, MailboxClosed, MultipleClaim } from "reign";
import type { Check } from "./check.ts";
import type { CodecName } from "./codec-makers.ts";
import { initFolder, TwoNodes } from "./two-nodes.ts";

export const clusterChecks: readonly Check[] = [
  { name: "`reign init` makes certificates and a spec", run: makeCertificates },
  { name: "two processes over mutual TLS answer each other, with every kind of value", run: echo },
  { name: "the same in JSON, and in V8's own form", run: echoOtherwise },
  { name: "a name claimed twice is told to its claimant, and both are reached", run: claimTwice },
  { name: "the close of a mailbox elsewhere is told once", run: closeElsewhere },
  { name: "a process that is killed is told of, and met again when it comes back", run: killOther },
  { name: "an end in peace leaves nothing behind", run: endInPeace },
];

async function makeCertificates(): Promise<void> {
  assert.match(await initFolder(), /Made .*cluster\.json/);
}

function values(): readonly unknown[] {
  const cycle: { name: string; self?: unknown } = { name: "cycle" };
  cycle.self = cycle;
  return [
    undefined,
    -0,
    2n ** 70n,
    "ä€😀",
    new Date(1_700_000_000_000),
    /a+/giu,
    new Map<unknown, unknown>([["a", new Set([1, { b: [2] }])]]),
    new Uint8Array(100_000).fill(7),
    new Float64Array([Math.PI, Number.NaN]),
    new RangeError("outside", { cause: new TypeError("inside") }),
    cycle,
  ];
}

async function echo(): Promise<void> {
  await echoOver("term");
}

async function echoOtherwise(): Promise<void> {
  await echoOver("json");
  await echoOver("v8");
}

async function echoOver(codec: CodecName): Promise<void> {
  await using nodes = await TwoNodes.start(codec);
  for (const value of values()) {
    const answer = await nodes.ask((from) => ({ type: "echo", value, from }));
    if (value instanceof Error && answer.value instanceof Error) {
      assert.equal(answer.value.constructor, value.constructor);
      assert.equal(answer.value.message, value.message);
      assert.ok(answer.value.cause instanceof TypeError);
    } else {
      assert.deepEqual(answer.value, value);
    }
    assert.equal(answer.about, await nodes.other(), "an address arrives as the one that is known");
  }
}

async function claimTwice(): Promise<void> {
  await using nodes = await TwoNodes.start();
  const { service } = nodes;
  const mine = service.newMailbox<MultipleClaim | string>();
  service.names.register("leader", mine.address);
  const { about } = await nodes.ask((from) => ({ type: "claim", name: "leader", from }));
  const { claimants } = await mine.mailbox.receive(MultipleClaim);
  assert.deepEqual(new Set(claimants), new Set([mine.address, about]));
  assert.equal(service.names.sendAll("leader", "hello"), 2);
  assert.equal(await mine.mailbox.receive((message) => typeof message === "string"), "hello");
}

async function closeElsewhere(): Promise<void> {
  await using nodes = await TwoNodes.start();
  const { about } = await nodes.ask((from) => ({ type: "claim", name: "worker", from }));
  const watcher = nodes.service.newMailbox<MailboxClosed>();
  about.onCloseNotify(watcher.address);
  await nodes.ask((from) => ({ type: "close", name: "worker", from }));
  const { id, reason } = await watcher.mailbox.receive(MailboxClosed);
  assert.deepEqual([id, reason], [about.id, "closed"]);
  assert.equal(watcher.mailbox.messageCount, 0);
  assert.equal(nodes.service.names.lookup("worker"), undefined);
}

async function killOther(): Promise<void> {
  await using nodes = await TwoNodes.start();
  const other = await nodes.other();
  const watcher = nodes.service.newMailbox<MailboxClosed>();
  other.onCloseNotify(watcher.address);
  const down = changedTo(nodes.service, false);
  nodes.kill();
  assert.equal((await watcher.mailbox.receive()).reason, "noconnection");
  await down;
  assert.equal(nodes.service.names.lookup("other"), undefined);
  assert.equal(other.send({ type: "end" }), false);
  await nodes.startOther();
  assert.notEqual((await nodes.other()).id, other.id);
}

async function changedTo(service: ConnectionService, wanted: boolean): Promise<void> {
  for await (const { connected } of service.connectionStatus()) {
    if (connected === wanted) return;
  }
}

async function endInPeace(): Promise<void> {
  await using nodes = await TwoNodes.start();
  await nodes.ask((from) => ({ type: "echo", value: 1, from }));
  assert.equal(await nodes.end(), 0);
  await nodes.service.stop();
  const { lost } = nodes.service.stats();
  assert.equal(lost.in_doubt, 0);
}
