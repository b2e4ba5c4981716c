/**
 * A hundred senders in one process, each with a mailbox of its own in the other.
 *
 * The senders take turns, ten messages at a time, so that messages to all mailboxes are mixed on
 * the way as they would be in a program.
 */
import type { NatsConnection } from "@nats-io/transport-node";
import type { Address, MultipleClaim } from "reign";
import type { Case, Role, Setting, Timing } from "./case.ts";
import { secondsSince } from "./elapsed.ts";
import { erlangBetween } from "./erlang.ts";
import { expectItem, type Item, itemOf } from "./item.ts";
import { countOn, nats, nextOn, publishAll } from "./nats.ts";
import { startNamedNode, startSeekingNode } from "./pair-of-nodes.ts";
import { Tally } from "./tally.ts";

interface Begin {
  readonly answerTo: Address<Answer>;
}

/** First the mailboxes, then that each has got all of its messages. */
type Answer = { readonly to: readonly Address<Item>[] } | { readonly received: number };

const senders = 100;
const inTurn = 10;

export const remoteMany: Case = {
  id: "R5",
  title: "100 senders to 100 mailboxes of another process over mutual TLS, 100-byte objects",
  unit: "messages",
  size: { full: 500_000, quick: 5_000 },
  measure: "rate",
  remote: true,
  oneProcessor: false,
  contestants: [
    {
      name: "reign",
      roles: [
        { name: "receiver", start: startReignReceivers },
        { name: "sender", start: startReignSenders },
      ],
    },
    erlangBetween("TLS", "many", { share: 0.2 }),
    erlangBetween("TCP", "many", { share: 0.2 }),
    nats(receiveFromNats, sendToNats, { share: 0.2 }),
  ],
  goals: [{ contestant: "reign", atLeast: 1_600_000 }],
};

async function startReignReceivers(setting: Setting): Promise<Role> {
  const { service, mailbox } = await startNamedNode<Begin>(setting);
  const ends = Array.from({ length: senders }, () => service.newMailbox<Item>());
  return {
    async round(count: number): Promise<undefined> {
      const { answerTo } = (await mailbox.receive()) as Begin;
      const all = Promise.all(
        ends.map(async (end) => {
          for (let i = 0; i < count / senders; i++) expectItem(await end.mailbox.receive(), i);
        }),
      );
      answerTo.send({ to: ends.map(({ address }) => address) });
      await all;
      answerTo.send({ received: count });
    },
  };
}

async function startReignSenders(setting: Setting): Promise<Role> {
  const { target, address, mailbox } = await startSeekingNode<Begin | MultipleClaim, Answer>(
    setting,
  );
  return {
    async round(count: number): Promise<Timing> {
      target.send({ answerTo: address });
      const answer = await mailbox.receive();
      if (!("to" in answer)) throw new Error("Expected the mailboxes.");
      const started = performance.now();
      await Promise.all(answer.to.map((to) => sendItems(to, count / senders)));
      await mailbox.receive();
      return { seconds: secondsSince(started) };
    },
  };
}

/** Whoever awaits it goes on when the other senders have had their turn. */
const nextTurn = Promise.resolve();

async function sendItems(to: Address<Item>, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    while (!to.send(itemOf(i))) await to.ready();
    if (i % inTurn === inTurn - 1) await nextTurn;
  }
}

function receiveFromNats(connection: NatsConnection): Role {
  const tally = new Tally(() => connection.publish("received"));
  for (let sender = 0; sender < senders; sender++) {
    countOn(connection, `items.${sender}`, tally, (message) => {
      // Which of its sender's messages it is, its place among all of a round says.
      const turn = Math.floor(tally.taken / (senders * inTurn));
      expectItem(message.json<Item>(), turn * inTurn + (tally.taken % inTurn));
      tally.take();
    });
  }
  return { round: (count) => tally.begin(count) };
}

function sendToNats(connection: NatsConnection): Role {
  const received = nextOn(connection, "received");
  return {
    async round(count: number): Promise<Timing> {
      const started = performance.now();
      const answer = received();
      await publishAll(connection, count, (i) => {
        const turn = Math.floor(i / (senders * inTurn));
        const text = JSON.stringify(itemOf(turn * inTurn + (i % inTurn)));
        connection.publish(`items.${Math.floor(i / inTurn) % senders}`, text);
        return text.length;
      });
      await answer;
      return { seconds: secondsSince(started) };
    },
  };
}
