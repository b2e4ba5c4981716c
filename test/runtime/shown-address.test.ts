/**
 * Ways in which an address becomes known to somebody who may ask for it after its mailbox has
 * closed: whoever still has the object has to be given that one.
 */
import { expect, test } from "vitest";
import type { MailboxClosed } from "../../src/core/close-notice.ts";
import type { NewMailbox } from "../../src/runtime/node-service.ts";
import type { Service } from "../../src/runtime/service.ts";
import { createTestCluster, type TestCluster } from "./cluster.ts";

type Told = string | Uint8Array | undefined;

interface Scene extends NewMailbox<unknown> {
  readonly cluster: TestCluster;
  readonly own: Service;
  readonly other: Service;
}

const ways: Readonly<Record<string, (scene: Scene) => Told | Promise<Told>>> = {
  "its id": ({ address }) => address.id,
  "its text": ({ address }) => `${address}`,
  "its bytes": ({ address }) => address.toBytes(),
  "its JSON": ({ address }) => JSON.parse(JSON.stringify(address)) as string,
  "its id, first asked for when it was closed": ({ address, mailbox }) => {
    mailbox.close();
    return address.id;
  },
  "a close notice": ({ address, mailbox, own }) => {
    const watcher = own.newMailbox<MailboxClosed>();
    address.onCloseNotify(watcher.address);
    mailbox.close();
    return watcher.mailbox.tryReceive()?.id;
  },
  "a sample of what was lost": async ({ address, mailbox, own }) => {
    const losses = own.losses();
    address.send("left in it");
    mailbox.close();
    return (await losses.next()).value?.to;
  },
  "the error of a later receive": ({ mailbox }) => {
    mailbox.close();
    try {
      mailbox.tryReceive();
    } catch (error) {
      return (error as { details: { id: string } }).details.id;
    }
    return undefined;
  },
  "its name, on another node": async ({ address, cluster, own, other }) => {
    own.names.register("it", address);
    await cluster.clock.settle();
    return other.names.lookup("it")?.id;
  },
  "a message to another node": async ({ address, cluster, own, other }) => {
    const there = other.newMailbox<{ readonly answerTo: { readonly id: string } }>();
    own.address(there.address.id).send({ answerTo: address });
    await cluster.clock.settle();
    return there.mailbox.tryReceive()?.answerTo.id;
  },
};

test.each(Object.keys(ways))(
  "an address that is known by %s stays one object when its mailbox is closed",
  async (way) => {
    await using cluster = createTestCluster(["1", "2"]);
    const [own, other] = (await cluster.startAll()) as [Service, Service];
    const { address, mailbox } = own.newMailbox();
    const told = await ways[way]?.({ cluster, own, other, address, mailbox });
    mailbox.close();

    expect(own.address(told ?? "")).toBe(address);
    expect(address.send("late")).toBe(false);
  },
);

test("an address that was guessed while its mailbox lived is that address ever after", async () => {
  await using cluster = createTestCluster(["1", "2"]);
  const [own] = (await cluster.startAll()) as [Service, Service];
  const first = own.newMailbox();
  const second = own.newMailbox();
  const guess = first.address.id.replace(/1$/, "2");

  expect(own.address(guess)).toBe(second.address);
  second.mailbox.close();
  expect(own.address(guess)).toBe(second.address);
});

test("the address of a closed mailbox of which nobody was told is dead to who guesses it", async () => {
  await using cluster = createTestCluster(["1", "2"]);
  const [own] = (await cluster.startAll()) as [Service, Service];
  const first = own.newMailbox();
  const second = own.newMailbox();
  second.mailbox.close();
  const guessed = own.address(first.address.id.replace(/1$/, "2"));

  expect(guessed.send("anybody?")).toBe(false);
  expect(own.newMailbox().address.id).not.toBe(guessed.id);
});
