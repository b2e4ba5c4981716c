/**
 * A process is killed and comes again on its port, as the same node and another incarnation: it
 * gets in, and whoever knew the one before reaches nobody by its addresses.
 *
 * Every second time the connection of the one before falls silent first, so that the newcomer is
 * there before anybody has noticed that the other one is gone.
 */
import type { Address, MailboxClosed } from "reign";
import { createProxy } from "reign/testing/proxy";
import { LinkChanges } from "./link-changes.ts";
import { type NodeSetting, placeNodes, portOf, startNode } from "./node.ts";
import { type Scenario, type Stage, series } from "./scenario.ts";

const rounds = { full: 200, quick: 2 } as const;
const halfOfThem = { full: rounds.full / 2, quick: rounds.quick / 2 } as const;
/** The start of Node and a second of asking take far less; the silence of the old link 20 s. */
const linkLimitMs = 5_000;
const mailboxes = 10;
const sendEveryMs = 2;
const patienceMs = 10_000;

interface Message {
  /** The address that it is meant for: whoever gets it and has another one should not have it. */
  readonly to: string;
  readonly reply?: Address<string>;
}

export const restart: Scenario = {
  id: "restart",
  title: "a process that is killed and comes again on its port",
  limitSeconds: 1_200,
  parts: [startKeeper, startComer],
  figures: [
    {
      title: "start of the new process to the link up, the end of the old one noticed",
      done:
        "SIGKILL; the system closes the connection, and a new process with the same id is " +
        "started on the same port. From its spawn, with the start of Node in it, until both ends " +
        "say that the link is up.",
      unit: "ms",
      wanted: halfOfThem,
      goals: [{ of: "max", atMost: linkLimitMs }],
      values: series("noticed"),
    },
    {
      title: "the same, the end of the old one not noticed",
      done:
        "A proxy makes the old connection silent before the SIGKILL. The old link is asked for a " +
        "sign of life, for a second, before the new one takes its place.",
      unit: "ms",
      wanted: halfOfThem,
      goals: [{ of: "max", atMost: linkLimitMs }],
      values: series("unnoticed"),
    },
    {
      title: "messages to the dead that reached the new process",
      done:
        "Each 2 ms a message to each of the 10 mailboxes of the old process, which have the same " +
        "numbers as those of the new one, from before the kill until the round is over.",
      unit: "",
      wanted: rounds,
      goals: [{ of: "total", atMost: 0 }],
      values: series("stale"),
    },
    {
      title: "old addresses that were taken for living",
      done:
        "Of all incarnations so far, with the link up: a send is not false, or a watch yields " +
        "anything but one noproc.",
      unit: "",
      wanted: rounds,
      goals: [{ of: "total", atMost: 0 }],
      values: series("living"),
    },
    {
      title: "mailboxes of the new process that do not answer",
      done: "Of its 10, asked over the new link.",
      unit: "",
      wanted: rounds,
      goals: [{ of: "total", atMost: 0 }],
      values: series("unanswered"),
    },
    {
      title: "links that went down besides",
      done: "At either end, the one that is lost with the old process aside.",
      unit: "",
      wanted: rounds,
      goals: [{ of: "total", atMost: 0 }],
      values: series("downs"),
    },
  ],
  run: runRestart,
};

async function runRestart(stage: Stage): Promise<void> {
  const { size, folder } = stage;
  const [one, two] = await placeNodes(2);
  if (one === undefined || two === undefined) return;
  // Either may dial, and always through a proxy.
  await using toOne = await createProxy({ target: { port: portOf(one) } });
  await using toTwo = await createProxy({ target: { port: portOf(two) } });
  const options = { maxReconnectDelay: 50 };
  const keeperNodes = [one, { id: 2, address: `127.0.0.1:${toTwo.port}` }];
  const comerNodes = [{ id: 1, address: `127.0.0.1:${toOne.port}` }, two];
  const comerSetting: NodeSetting = { folder, id: 2, nodes: comerNodes, options };
  const keeper = await stage.start(startKeeper, { folder, id: 1, nodes: keeperNodes, options });
  let comer = await stage.start(startComer, comerSetting);
  await Promise.all([keeper.ask.up(), comer.ask.up()]);
  for (let round = 1; round <= rounds[size]; round++) {
    await keeper.ask.pin(await comer.ask.list());
    const before = await keeper.ask.downs();
    const connections = [...toOne.connections, ...toTwo.connections];
    const unnoticed = round % 2 === 0;
    if (unnoticed) for (const connection of connections) connection.discard();
    comer.kill();
    await comer.gone;
    const began = performance.now();
    comer = await stage.start(startComer, comerSetting);
    await Promise.all([keeper.ask.flapped(before), comer.ask.up()]);
    stage.record(unnoticed ? "unnoticed" : "noticed", performance.now() - began);
    for (const connection of connections) connection.cut({ with: "rst" });
    stage.record("unanswered", await keeper.ask.unanswered(await comer.ask.list()));
    stage.record("living", await keeper.ask.living());
    stage.record("stale", await comer.ask.foreign());
    const [downs, ownDowns] = await Promise.all([keeper.ask.downs(), comer.ask.downs()]);
    stage.record("downs", downs - before - 1 + ownDowns);
    if (round % 20 === 0) stage.progress(`round ${round} of ${rounds[size]}`);
  }
}

/** Node 2, of which there is one after the other. */
async function startComer(node: NodeSetting) {
  const service = await startNode(node);
  const changes = new LinkChanges(service);
  let foreign = 0;
  const ids = Array.from({ length: mailboxes }, () => {
    const { address, mailbox } = service.newMailbox<Message>();
    void (async () => {
      for await (const { to, reply } of mailbox) {
        if (to !== address.id) foreign += 1;
        reply?.send(address.id);
      }
    })();
    return address.id;
  });
  return {
    list: () => ids,
    foreign: () => foreign,
    up: () => changes.up("1"),
    downs: () => changes.downs("1"),
  };
}

/** Node 1, which stays, and keeps all addresses that it ever had. */
async function startKeeper(node: NodeSetting) {
  const service = await startNode(node);
  const changes = new LinkChanges(service);
  const old: Address<Message>[] = [];
  let pinned: readonly Address<Message>[] = [];
  setInterval(() => {
    for (const address of pinned) address.send({ to: address.id });
  }, sendEveryMs);

  /** How many of these do not answer, and with their own id. */
  async function unanswered(ids: readonly string[]): Promise<number> {
    using answers = service.newMailbox<string>().mailbox;
    const missing = new Set(ids);
    for (const id of ids) service.address<Message>(id).send({ to: id, reply: answers.address });
    while (missing.size > 0) {
      const id = await answers.receive({ timeout: patienceMs });
      if (id === undefined || !missing.delete(id)) break;
    }
    return missing.size;
  }

  return {
    up: () => changes.up("2"),
    downs: () => changes.downs("2"),
    flapped: (before: number) => changes.flapped("2", before),
    unanswered,
    /** Sends to these from now on, whatever becomes of them. Settles when they have heard of it. */
    async pin(ids: readonly string[]) {
      pinned = ids.map((id) => service.address<Message>(id));
      old.push(...pinned);
      if ((await unanswered(ids)) > 0) throw new Error("Those who live do not answer.");
    },
    /** How many of all old addresses do not seem as dead as they are. */
    async living(): Promise<number> {
      using watcher = service.newMailbox<MailboxClosed>().mailbox;
      const dead = new Set(old.map(({ id }) => id));
      let living = 0;
      for (const address of old) {
        if (address.send({ to: address.id })) living += 1;
        address.onCloseNotify(watcher.address);
      }
      while (dead.size > 0) {
        const notice = await watcher.receive({ timeout: patienceMs });
        if (notice === undefined) break;
        if (!dead.delete(notice.id) || notice.reason !== "noproc") living += 1;
      }
      return living + dead.size + watcher.messageCount;
    },
  };
}
