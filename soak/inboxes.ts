/** The mailboxes in which a process is reached as long as it lives, under names. */
import type { Address, ConnectionService, MultipleClaim, Overflow } from "reign";
import type { Claimants } from "./name-views.ts";
import type { Lies } from "./plant.ts";
import { type Numbered, StreamCheck } from "./stream-check.ts";
import { tellOf } from "./violation.ts";

/** A mailbox has been opened: watch it, and send to it. */
export interface Invitation {
  readonly kind: "invitation";
  readonly room: Address<Item>;
  /** Under which it is registered, unless it has been given up meanwhile. */
  readonly name: string;
}

export type Item = Numbered | Invitation;

/** So many that are read as messages come, and after them one whose owner is slow. */
const fastInboxes = 3;
export const slowInbox = fastInboxes;
const inboxCount = fastInboxes + 1;
const slowMs = 5;
const slowRoom = 50;
const overflows: readonly Overflow[] = ["reject", "drop_oldest", "drop_newest"];

export function inboxName(node: number, index: number): string {
  return `in/${node}/${index}`;
}

/** Those of one node. */
export function inboxNames(node: number): readonly string[] {
  return Array.from({ length: inboxCount }, (_, index) => inboxName(node, index));
}

interface InboxesPorts {
  readonly self: { readonly from: number; readonly process: number };
  readonly lies: Lies;
  readonly invited: (invitation: Invitation) => void;
}

export class Inboxes {
  /** How many numbered messages came, by the node that sent them. */
  readonly gotFrom: Record<number, number> = {};
  readonly #ports: InboxesPorts;
  readonly #claims: Record<string, readonly string[]> = {};

  constructor(service: ConnectionService, ports: InboxesPorts) {
    this.#ports = ports;
    const { from, process } = ports.self;
    for (const [index, name] of inboxNames(from).entries()) {
      const slow = index === slowInbox;
      const overflow = overflows[process % overflows.length];
      const made = service.newMailbox<Item | MultipleClaim>(
        slow ? { maxMessages: slowRoom, overflow } : {},
      );
      const check = new StreamCheck();
      const take = (item: Item | MultipleClaim): void => this.#take(item, made.address.id, check);
      if (slow) void takeSlowly(made.mailbox, take);
      else void made.mailbox.consume(take);
      service.names.register(name, made.address);
      this.#claims[name] = [made.address.id];
    }
  }

  claims(): Claimants {
    return this.#claims;
  }

  #take(item: Item | MultipleClaim, id: string, check: StreamCheck): void {
    if (!("kind" in item))
      tellOf("names", `another claimant of ${item.name}, which is of one node`);
    else if (item.kind === "invitation") this.#ports.invited(item);
    else this.check(item, id, check);
  }

  /** A numbered message has come into the mailbox `id`. */
  check(message: Numbered, id: string, check: StreamCheck): void {
    this.gotFrom[message.from] = (this.gotFrom[message.from] ?? 0) + 1;
    for (let times = this.#ports.lies.timesOfMessage(); times > 0; times--) {
      const wrong = check.take(message, id);
      if (wrong !== undefined) tellOf(wrong.kind, wrong.text);
    }
  }
}

async function takeSlowly<T>(mailbox: AsyncIterable<T>, take: (item: T) => void): Promise<void> {
  for await (const item of mailbox) {
    take(item);
    await new Promise((resolve) => setTimeout(resolve, slowMs));
  }
}
