/** What receiving gives, by type, and what must not compile. Only the compiler runs this file. */
import { expectTypeOf } from "vitest";
import type { Address } from "../../src/core/address.ts";
import { MailboxClosed } from "../../src/core/close-notice.ts";
import type { LocalMailbox, Mailbox } from "../../src/runtime/mailbox.ts";
import type { NodeService } from "../../src/runtime/node-service.ts";
import { receiveAny } from "../../src/runtime/receive-any.ts";
import type { ReceiveOptions } from "../../src/runtime/receive-options.ts";

type Order = {
  readonly type: "order";
  readonly id: number;
  readonly from: Address<string>;
  readonly detail: { readonly state: "open" | "shipped" };
};
type Stop = { readonly type: "stop" };
type Message = Order | Stop | MailboxClosed | string;

declare const mailbox: Mailbox<Message>;
declare const anything: Mailbox<unknown>;
declare const options: ReceiveOptions;
declare const signal: AbortSignal;
declare const customer: Address<string>;
declare function isOrder(message: Message): message is Order;
declare function isStopLike(value: unknown): value is { readonly type: "stop" };
declare function rank(value: unknown): number;
declare function isNumber(value: unknown): value is number;

// Without a matcher.
expectTypeOf(mailbox.receive()).toEqualTypeOf<Promise<Message>>();
expectTypeOf(mailbox.receive({})).toEqualTypeOf<Promise<Message>>();
expectTypeOf(mailbox.receive({ signal })).toEqualTypeOf<Promise<Message>>();
expectTypeOf(mailbox.receive({ timeout: 5 })).toEqualTypeOf<Promise<Message | undefined>>();
expectTypeOf(mailbox.receive({ timeout: 5, signal })).toEqualTypeOf<Promise<Message | undefined>>();
expectTypeOf(mailbox.receive(options)).toEqualTypeOf<Promise<Message | undefined>>();
expectTypeOf(mailbox.tryReceive()).toEqualTypeOf<Message | undefined>();

// Type guards.
expectTypeOf(mailbox.receive(isOrder)).toEqualTypeOf<Promise<Order>>();
expectTypeOf(mailbox.receive(isOrder, { signal })).toEqualTypeOf<Promise<Order>>();
expectTypeOf(mailbox.receive(isOrder, { timeout: 5 })).toEqualTypeOf<Promise<Order | undefined>>();
expectTypeOf(mailbox.tryReceive(isOrder)).toEqualTypeOf<Order | undefined>();
expectTypeOf(mailbox.receive(isStopLike)).toEqualTypeOf<Promise<Stop>>();
expectTypeOf(anything.receive(isNumber)).toEqualTypeOf<Promise<number>>();
expectTypeOf(mailbox.receive((message) => message instanceof MailboxClosed)).toEqualTypeOf<
  Promise<MailboxClosed>
>();

// Predicates that say nothing about the type.
expectTypeOf(mailbox.receive((message) => rank(message) > 1)).toEqualTypeOf<Promise<Message>>();
expectTypeOf(anything.receive((value) => rank(value) > 1)).toEqualTypeOf<Promise<unknown>>();
void mailbox.receive((message) => {
  expectTypeOf(message).toEqualTypeOf<Message>();
  return rank(message) > 1;
});

// Classes.
expectTypeOf(mailbox.receive(MailboxClosed)).toEqualTypeOf<Promise<MailboxClosed>>();
expectTypeOf(anything.receive(MailboxClosed)).toEqualTypeOf<Promise<MailboxClosed>>();
expectTypeOf(anything.tryReceive(Error)).toEqualTypeOf<Error | undefined>();

// Patterns.
expectTypeOf(mailbox.receive({ type: "order" })).toEqualTypeOf<Promise<Order>>();
expectTypeOf(mailbox.receive({ type: "stop" }, { timeout: 1 })).toEqualTypeOf<
  Promise<Stop | undefined>
>();
expectTypeOf(mailbox.tryReceive({ type: "stop" })).toEqualTypeOf<Stop | undefined>();
expectTypeOf(mailbox.receive({ id: 7, from: customer })).resolves.toExtend<Order>();
expectTypeOf(mailbox.receive({ reason: "closed" })).resolves.toExtend<MailboxClosed>();
expectTypeOf(mailbox.receive({ detail: { state: "open" } })).resolves.toExtend<Order>();
expectTypeOf(mailbox.receive({ detail: { state: "open" } }))
  .resolves.toHaveProperty("detail")
  .toHaveProperty("state")
  .toEqualTypeOf<"open">();
expectTypeOf(anything.receive({ type: "x", n: 1 })).resolves.toEqualTypeOf<{
  readonly type: "x";
  readonly n: 1;
}>();

// @ts-expect-error No message has this type.
void mailbox.receive({ type: "other" });
// @ts-expect-error No message has this property.
void mailbox.receive({ tipe: "order" });
// @ts-expect-error The property is a number.
void mailbox.receive({ type: "order", id: true });
// @ts-expect-error No order is in this state.
void mailbox.receive({ detail: { state: "lost" } });
// @ts-expect-error Every promise is truthy.
void mailbox.receive(async () => true);
// @ts-expect-error The guard takes less than the mailbox does.
void mailbox.receive((message: Stop) => message.type === "stop");
// @ts-expect-error A string is no matcher.
void mailbox.receive("order");
// @ts-expect-error An array is no pattern.
void anything.receive([1]);
// @ts-expect-error The timeout is a number.
void mailbox.receive({ timeout: "5" });
// @ts-expect-error There is no such option.
void mailbox.receive(isOrder, { timeOut: 5 });

// Iteration.
expectTypeOf(mailbox[Symbol.asyncIterator]().next()).resolves.toEqualTypeOf<
  IteratorResult<Message, undefined>
>();

// A mailbox is neither wider nor narrower than what it takes; its address may be narrowed.
declare const strings: Mailbox<string>;
declare const local: LocalMailbox<string>;
expectTypeOf(local).toExtend<Mailbox<string>>();
expectTypeOf(mailbox.address).toExtend<Address<string>>();
expectTypeOf(strings.address).not.toExtend<Address<Message>>();
expectTypeOf(strings).not.toExtend<Mailbox<Message>>();
expectTypeOf(mailbox).not.toExtend<Mailbox<string>>();

// Several mailboxes.
declare const numbers: Mailbox<number>;
expectTypeOf(receiveAny([strings, numbers])).toEqualTypeOf<
  Promise<
    | { readonly mailbox: Mailbox<string>; readonly message: string }
    | { readonly mailbox: Mailbox<number>; readonly message: number }
  >
>();
expectTypeOf(receiveAny([strings], { signal })).resolves.toEqualTypeOf<{
  readonly mailbox: Mailbox<string>;
  readonly message: string;
}>();
expectTypeOf(receiveAny([strings], { timeout: 1 })).resolves.toEqualTypeOf<
  { readonly mailbox: Mailbox<string>; readonly message: string } | undefined
>();
// @ts-expect-error An address is no mailbox.
void receiveAny([strings.address]);

// A bound changes nothing about the types, and only the four policies compile.
declare const service: NodeService;
expectTypeOf(service.newMailbox<Message>({ maxMessages: 5 }).mailbox).toEqualTypeOf<
  Mailbox<Message>
>();
service.newMailbox({ maxMessages: 5, overflow: "drop_oldest" });
// @ts-expect-error: nobody waits for room in a mailbox.
service.newMailbox({ maxMessages: 5, overflow: "block" });
// @ts-expect-error: a number.
service.newMailbox({ maxMessages: "5" });
