/** Everything that is known of one life of a cluster, and who is in it. */
import type { Address, MailboxId } from "reign";
import type { SimulatedNode } from "reign/testing";
import { LinkHistory } from "./link-history.ts";
import { Mailboxes } from "./mailboxes.ts";
import { MessageHistory, type Numbered } from "./message-history.ts";
import { NameHistory } from "./name-history.ts";
import type { Watcher } from "./notice-history.ts";
import type { Violations } from "./violations.ts";

/** A run of a node, as the others see it. */
export interface Colleague {
  readonly node: SimulatedNode;
  readonly watcher: Watcher;
  /** An open mailbox that takes whatever comes. */
  readonly inbox: Address<Numbered>;
}

export class Histories {
  readonly violations: Violations;
  readonly mailboxes: Mailboxes = new Mailboxes();
  readonly messages: MessageHistory;
  readonly names: NameHistory;
  readonly links: LinkHistory;
  /** Of all runs, in the order in which they began. */
  readonly colleagues: readonly Colleague[];
  /** Counts a rare state that was reached. */
  readonly sometimes: (label: string) => void;
  readonly #stamps = new Set<string>();
  #lastStamp = 0;

  constructor(ports: Pick<Histories, "sometimes" | "violations" | "colleagues">) {
    const { violations } = ports;
    this.sometimes = ports.sometimes;
    this.violations = violations;
    this.colleagues = ports.colleagues;
    this.messages = new MessageHistory(this.mailboxes, violations);
    this.names = new NameHistory(this.mailboxes, violations);
    this.links = new LinkHistory(violations);
  }

  /** Marks a message that goes to several mailboxes. */
  nextStamp(): number {
    this.#lastStamp += 1;
    return this.#lastStamp;
  }

  stamped(stamp: string, at: MailboxId): void {
    const key = `${stamp} ${at}`;
    if (this.#stamps.has(key)) this.violations.broken("G2", `${at} has message ${stamp} twice`);
    this.#stamps.add(key);
  }
}
