/** What must compile and what must not; `tsc -p tsconfig.test.json` is the judge of the second. */
import { expectTypeOf, test } from "vitest";
import type { Address, Mailbox, MailboxClosed, MultipleClaim } from "../../src/index.ts";
import { noClustering, nullLogger } from "../../src/index.ts";

interface Ping {
  readonly type: "ping";
  readonly reply: Address<Pong>;
}
interface Pong {
  readonly type: "pong";
}

const service = noClustering({ logger: nullLogger });

test("an address takes what its mailbox is for, and nothing else", () => {
  const pings = service.newMailbox<Ping>();
  const pongs = service.newMailbox<Pong>();
  pings.address.send({ type: "ping", reply: pongs.address });
  // @ts-expect-error: another kind of message.
  pings.address.send({ type: "pong" });
  // @ts-expect-error: a reply address that takes something else.
  pings.address.send({ type: "ping", reply: pings.address });
  // @ts-expect-error: not a message at all.
  pings.address.sendOrThrow("ping");

  expectTypeOf(pongs.mailbox.receive()).resolves.toEqualTypeOf<Pong>();
  expectTypeOf(pongs.mailbox).toEqualTypeOf<Mailbox<Pong>>();
});

test("an address that takes more stands where one that takes less is wanted, not the reverse", () => {
  const both: Address<Ping | Pong> = service.newMailbox<Ping | Pong>().address;
  const onlyPong: Address<Pong> = both;
  // @ts-expect-error: whoever gets it could send a ping.
  const wider: Address<Ping | Pong> = service.newMailbox<Pong>().address;

  expectTypeOf(onlyPong).toEqualTypeOf<Address<Pong>>();
  expectTypeOf(wider).not.toBeAny();
});

test("a watcher has room for the notice", () => {
  const target = service.newMailbox<Pong>().address;
  const watcher = service.newMailbox<Pong | MailboxClosed>();
  target.onCloseNotify(watcher.address);
  target.onCloseNotify(service.newMailbox().address);
  // @ts-expect-error: a mailbox that knows nothing of notices.
  target.onCloseNotify(target);
  // @ts-expect-error: the same.
  target.removeNotify(target);
});

test("a claimant has room for the notice", () => {
  service.names.register("it", service.newMailbox<Pong | MultipleClaim>().address);
  service.names.register("it", service.newMailbox().address);
  service.names.unregister("it", service.newMailbox<Pong>().address);
  const deaf = service.newMailbox<Pong>();
  // @ts-expect-error: a mailbox that knows nothing of conflicts.
  service.names.register("it", deaf.address);
});

test("a name's address is of the type that the caller says, and of any without", () => {
  expectTypeOf(service.names.lookup<Pong>("it")).toEqualTypeOf<Address<Pong> | undefined>();
  expectTypeOf(service.names.lookup("it")).toEqualTypeOf<Address<unknown> | undefined>();
  expectTypeOf(
    service.names.wait<Pong>("it", { timeout: 0 }).catch(() => undefined),
  ).resolves.toEqualTypeOf<Address<Pong> | undefined>();
  expectTypeOf(service.newMailbox().mailbox.receive()).resolves.toBeUnknown();
});
