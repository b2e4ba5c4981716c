/** What mailbox_test.go of the Go library verifies, and no other test here. */
import { expect, test } from "vitest";
import type { Address } from "../../src/core/address.ts";
import { MailboxClosed } from "../../src/core/close-notice.ts";
import type { Service } from "../../src/runtime/service.ts";
import { createTestCluster, present } from "../runtime/cluster.ts";

/** Each form of an address that can be kept and brought back. */
const forms: readonly (readonly [string, (address: Address) => string | Uint8Array])[] = [
  ["its text", (address) => String(address)],
  ["its id", (address) => address.id],
  ["its JSON", (address) => JSON.parse(JSON.stringify(address))],
  ["its bytes", (address) => address.toBytes()],
];

test.each(forms)(
  "a message for an address made of %s arrives, here and from another node",
  async (_, formOf) => {
    await using cluster = createTestCluster(["1", "2"]);
    const [one, two] = (await cluster.startAll()).map(present) as [Service, Service];
    const { address, mailbox } = two.newMailbox();
    const form = formOf(address);
    two.address(form).send("from here");
    one.address(form).send("from there");
    // What was brought back can be taken along again.
    one.address(formOf(one.address(form))).send("and again");
    await cluster.clock.settle();

    expect([1, 2, 3].map(() => mailbox.tryReceive())).toEqual([
      "from here",
      "from there",
      "and again",
    ]);
  },
);

test("the forms of an address are the same wherever it is known, and after its mailbox is closed", async () => {
  await using cluster = createTestCluster(["1", "2"]);
  const [one, two] = (await cluster.startAll()).map(present) as [Service, Service];
  const { address, mailbox } = two.newMailbox();
  const there = one.address(address.id);
  const { epoch } = two.self;
  const before = forms.map(([, formOf]) => formOf(address));
  mailbox.close();

  for (const each of [address, there])
    expect(forms.map(([, formOf]) => formOf(each))).toEqual(before);
  expect(before.slice(0, 3)).toEqual([`<2:${epoch}:1>`, `2:${epoch}:1`, `<2:${epoch}:1>`]);
  const bytes = [0x3c, 1, 0x32, ...Buffer.from(epoch, "hex"), 1];
  expect(before[3]).toEqual(Uint8Array.from(bytes));
});

test("the address of a mailbox that never was takes no message, tells its watcher, and keeps its id", async () => {
  await using cluster = createTestCluster(["1"]);
  const one = await cluster.start("1");
  const watcher = one.newMailbox();
  const id = watcher.address.id.replace(/1$/, "77");
  const never = one.address(id);
  expect(never.send("anybody?")).toBe(false);
  expect(never.removeNotify(watcher.address)).toBe(false);
  never.onCloseNotify(watcher.address);

  expect(watcher.mailbox.tryReceive()).toEqual(new MailboxClosed(never.id, "noproc"));
  expect(never.id).toBe(id);
});
