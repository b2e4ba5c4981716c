/** What needs no network: the entries, a mailbox, names, codecs, the simulation. */
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import {
  MailboxClosed,
  type MultipleClaim,
  noClustering,
  nullLogger,
  ReignError,
  receiveAny,
} from "reign";
import { codecContract, createVirtualClock, simulate } from "reign/testing";
import type { Check } from "./check.ts";
import { codecMakers } from "./codec-makers.ts";

const entries = ["reign", "reign/tls", "reign/testing", "reign/testing/proxy"];

export const localChecks: readonly Check[] = [
  { name: "every entry is imported, and required, as one module", run: loadEntries },
  { name: "a mailbox gives what is asked for", run: receiveSelectively },
  { name: "waits end with their signal and their timeout", run: endWaits },
  { name: "several mailboxes are waited for, and one is consumed", run: receiveFromMany },
  { name: "a closed mailbox is told of, and its name goes", run: closeMailbox },
  { name: "all codecs keep their contract", run: keepContracts },
  { name: "a simulated cluster of one seed lives the same life twice", run: simulateTwice },
];

async function loadEntries(): Promise<void> {
  const require = createRequire(import.meta.url);
  for (const entry of entries) {
    const imported: object = await import(entry);
    assert.ok(Object.keys(imported).length > 0, entry);
    assert.equal(require(entry), imported, entry);
  }
}

async function receiveSelectively(): Promise<void> {
  await using service = noClustering({ logger: nullLogger });
  type Message = { type: "a"; n: number } | { type: "b"; n: number } | Date;
  const { address, mailbox } = service.newMailbox<Message>();
  for (const n of [1, 2]) {
    address.send({ type: "a", n });
    address.send({ type: "b", n });
  }
  address.send(new Date(0));
  assert.equal((await mailbox.receive(Date)).getTime(), 0);
  assert.equal((await mailbox.receive({ type: "b" })).n, 1);
  assert.equal(mailbox.tryReceive({ type: "b", n: 1 }), undefined);
  const rest: number[] = [];
  for await (const message of mailbox) {
    rest.push(message instanceof Date ? Number.NaN : message.n);
    if (mailbox.messageCount === 0) break;
  }
  assert.deepEqual(rest, [1, 2, 2]);
}

async function endWaits(): Promise<void> {
  const clock = createVirtualClock();
  await using service = noClustering({ logger: nullLogger, clock });
  using mailbox = service.newMailbox<string>().mailbox;
  const late = mailbox.receive({ timeout: 1_000 });
  clock.advance(1_000);
  assert.equal(await late, undefined);
  const controller = new AbortController();
  const waiting = mailbox.receive({ signal: controller.signal });
  controller.abort(new RangeError("enough"));
  await assert.rejects(waiting, RangeError);
}

async function receiveFromMany(): Promise<void> {
  await using service = noClustering({ logger: nullLogger });
  const [quiet, busy] = [service.newMailbox<string>(), service.newMailbox<number>()];
  const first = receiveAny([quiet.mailbox, busy.mailbox]);
  busy.address.send(1);
  assert.equal((await first).message, 1);
  const taken: number[] = [];
  const consumed = busy.mailbox.consume((n) => {
    taken.push(n);
    if (n === 3) busy.mailbox.close();
  });
  busy.address.send(2);
  busy.address.send(3);
  await consumed;
  assert.deepEqual(taken, [2, 3]);
}

async function closeMailbox(): Promise<void> {
  await using service = noClustering({ logger: nullLogger });
  const worker = service.newMailbox<MultipleClaim>();
  const me = service.newMailbox<MailboxClosed>();
  service.names.register("worker", worker.address);
  worker.address.onCloseNotify(me.address);
  worker.mailbox.close();
  const { id, reason } = await me.mailbox.receive(MailboxClosed);
  assert.deepEqual([id, reason], [worker.address.id, "closed"]);
  assert.equal(service.names.lookup("worker"), undefined);
  await assert.rejects(worker.mailbox.receive(), (error) =>
    ReignError.is(error, "REIGN_MAILBOX_CLOSED"),
  );
}

function keepContracts(): void {
  for (const createCodec of Object.values(codecMakers)) {
    for (const promise of codecContract(createCodec)) promise.run();
  }
}

async function simulateTwice(): Promise<void> {
  const live = async (): Promise<string> => {
    const { traceHash } = await simulate({ nodes: 3, seed: 7 }, async (cluster) => {
      const { service } = cluster.node(3);
      service.names.register("queue", service.newMailbox().address);
      await cluster.node(1).service.names.wait("queue");
      cluster.partition([1, 2], [3]);
      await cluster.advance(60_000);
    });
    return traceHash;
  };
  assert.equal(await live(), await live());
}
