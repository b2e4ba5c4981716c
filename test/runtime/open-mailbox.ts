/** A mailbox without a node, for tests: its host writes down what it is told. */
import type { Address } from "../../src/core/address.ts";
import type { AnyLocalMailbox, MailboxHost } from "../../src/runtime/mailbox.ts";
import { LocalMailbox } from "../../src/runtime/mailbox.ts";
import type { MessageLimit } from "../../src/runtime/mailbox-options.ts";
import { Tracing } from "../../src/runtime/tracing.ts";
import { TurnBudget } from "../../src/runtime/turn-budget.ts";
import { ClockedTurn } from "../../src/runtime/turn-time.ts";
import { createRecordingTelemetry } from "../../src/testing/recording-telemetry.ts";
import type { VirtualClock } from "../../src/testing/virtual-clock.ts";
import { createVirtualClock } from "../../src/testing/virtual-clock.ts";

export interface TestHost extends MailboxHost {
  readonly clock: VirtualClock;
  readonly losses: (readonly [cause: string, count: number])[];
  readonly closed: AnyLocalMailbox[];
}

export function createHost(): TestHost {
  const losses: (readonly [string, number])[] = [];
  const closed: AnyLocalMailbox[] = [];
  const clock = createVirtualClock();
  return {
    clock,
    turns: new TurnBudget(clock),
    time: new ClockedTurn(clock),
    tracing: new Tracing({ nodeId: "1", clock, telemetry: createRecordingTelemetry() }),
    labelOf: () => undefined,
    losses,
    closed,
    thrownOut: (_mailbox, cause, count) => losses.push([cause, count]),
    onClosed: (mailbox) => closed.push(mailbox),
  };
}

export function openMailbox<M>(
  host: MailboxHost,
  number = 1,
  limit?: MessageLimit,
): LocalMailbox<M> {
  const mailbox = new LocalMailbox<M>(host, limit);
  mailbox.address = addressOf(mailbox, number);
  return mailbox;
}

function addressOf<M>(mailbox: LocalMailbox<M>, number: number): Address<M> {
  const id = `1:0123456789abcdef:${number}`;
  const unused = (): never => {
    throw new Error("These tests do without it.");
  };
  return {
    id,
    nodeId: "1",
    send: (message) => mailbox.deliver(message) === undefined,
    sendOrThrow: unused,
    ready: unused,
    onCloseNotify: unused,
    removeNotify: unused,
    toString: () => `<${id}>`,
    toJSON: () => `<${id}>`,
    toBytes: unused,
  };
}
