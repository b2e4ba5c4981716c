/** The live mailboxes of a node, by number. */
import { MailboxClosed } from "../core/close-notice.ts";
import type { LossCause } from "../core/loss.ts";
import { formatMailboxId, type MailboxId, type NodeId } from "../core/mailbox-id.ts";
import type { MultipleClaim } from "../core/multiple-claim.ts";
import { NumberTable } from "../core/number-table.ts";
import type { Clock } from "../ports/clock.ts";
import type { Ledger } from "./ledger.ts";
import { LocalAddress } from "./local-address.ts";
import { type AnyLocalMailbox, LocalMailbox, type MailboxHost } from "./mailbox.ts";
import { type MailboxNote, type MailboxRequest, noteOf } from "./mailbox-options.ts";
import type { Tracing } from "./tracing.ts";
import { TurnBudget } from "./turn-budget.ts";
import { ClockedTurn } from "./turn-time.ts";

/** What they share with the rest of the node. */
export interface MailboxesPorts {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly tracing: Tracing;
}

export class Mailboxes implements MailboxHost {
  readonly clock: Clock;
  readonly turns: TurnBudget;
  readonly time: ClockedTurn;
  readonly tracing: Tracing;
  readonly #ledger: Ledger;
  readonly #live = new NumberTable<AnyLocalMailbox>();
  readonly #onClosed: (number: number) => void;
  /** Of those of which there is more to know. By the object: a closed one still tells its label. */
  readonly #notes = new WeakMap<AnyLocalMailbox, MailboxNote>();

  constructor(node: MailboxesPorts, onClosed: (number: number) => void) {
    this.clock = node.clock;
    this.turns = new TurnBudget(node.clock);
    this.time = new ClockedTurn(node.clock);
    this.tracing = node.tracing;
    this.#ledger = node.ledger;
    this.#onClosed = onClosed;
  }

  create<M>(
    request: MailboxRequest | undefined,
    madeAt: string | undefined,
    addressFor: (mailbox: LocalMailbox<M>) => LocalAddress<M>,
  ): LocalMailbox<M> {
    const mailbox = new LocalMailbox<M>(this, request?.limit);
    const note = noteOf(request, madeAt);
    if (note !== undefined) this.#notes.set(mailbox, note);
    const address = addressFor(mailbox);
    mailbox.address = address;
    this.#live.add(address.number, mailbox);
    return mailbox;
  }

  noteOf(mailbox: AnyLocalMailbox): MailboxNote | undefined {
    return this.#notes.get(mailbox);
  }

  labelOf(mailbox: AnyLocalMailbox): string | undefined {
    return this.#notes.get(mailbox)?.label;
  }

  /** In order of number. */
  all(): Iterable<AnyLocalMailbox> {
    return this.#live.values();
  }

  get(number: number): AnyLocalMailbox | undefined {
    return this.#live.get(number);
  }

  addressOf(number: number): LocalAddress<never> | undefined {
    const address = this.#live.get(number)?.address;
    return address instanceof LocalAddress ? address : undefined;
  }

  /** Puts in a message that came over a link. */
  deliver(number: number, message: unknown, from: NodeId, size: number): void {
    const ledger = this.#ledger;
    // Before, since what happens inside may throw the message out again.
    ledger.delivered += 1;
    const mailbox = this.#live.get(number);
    const { tracing } = this;
    const watched = tracing.on || tracing.sees(message);
    if (watched) tracing.arrived(this.#target(number), message, from, size);
    const refusal = mailbox === undefined ? "closed" : mailbox.deliver(message);
    if (refusal === undefined) return;
    if (watched) tracing.refused(this.#target(number), message, from, size, refusal);
    this.addressOf(number)?.show();
    ledger.delivered -= 1;
    ledger.lost(refusal, { from, to: ledger.mailbox(number), size });
  }

  /** Puts in a notice, if the mailbox is still there. */
  notify(number: number, notice: MailboxClosed | MultipleClaim): void {
    this.#live.get(number)?.notify(notice);
  }

  /**
   * Takes out every notice about a mailbox that was not received yet; there are several if it was
   * asked for again before. Returns whether there was one.
   */
  takeNotices(number: number, about: MailboxId): boolean {
    const mailbox = this.#live.get(number);
    const matches = (message: unknown) => message instanceof MailboxClosed && message.id === about;
    let taken = false;
    while (mailbox?.takeBack({ matches })) taken = true;
    return taken;
  }

  /** How many there are, and what waits in all of them. */
  population(): { readonly open: number; readonly waiting: number } {
    let open = 0;
    let waiting = 0;
    for (const mailbox of this.#live.values()) {
      open += 1;
      waiting += mailbox.messageCount;
    }
    return { open, waiting };
  }

  /** One in which something waits, if there is any. */
  notEmpty(): AnyLocalMailbox | undefined {
    for (const mailbox of this.#live.values()) if (mailbox.messageCount > 0) return mailbox;
    return undefined;
  }

  closeAll(): void {
    for (const mailbox of [...this.#live.values()]) mailbox.close();
  }

  thrownOut(mailbox: AnyLocalMailbox, cause: LossCause, count: number): void {
    const { address } = mailbox;
    const to = address instanceof LocalAddress ? address : undefined;
    to?.show();
    this.#ledger.thrownOut(cause, { to }, count);
  }

  onClosed(mailbox: AnyLocalMailbox): void {
    const { address } = mailbox;
    if (!(address instanceof LocalAddress)) return;
    this.#live.delete(address.number);
    address.onClosed();
    this.#onClosed(address.number);
  }

  #target(number: number): { readonly id: MailboxId } {
    return this.addressOf(number) ?? { id: formatMailboxId(this.#ledger.mailbox(number)) };
  }
}
