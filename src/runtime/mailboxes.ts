/** The live mailboxes of a node, by number. */
import { MailboxClosed } from "../core/close-notice.ts";
import type { LossCause } from "../core/loss.ts";
import type { MailboxId, NodeId } from "../core/mailbox-id.ts";
import type { MultipleClaim } from "../core/multiple-claim.ts";
import { NumberTable } from "../core/number-table.ts";
import type { Clock } from "../ports/clock.ts";
import type { Ledger } from "./ledger.ts";
import { LocalAddress } from "./local-address.ts";
import { type AnyLocalMailbox, LocalMailbox, type MailboxHost } from "./mailbox.ts";
import type { MessageLimit } from "./mailbox-options.ts";
import { TurnBudget } from "./turn-budget.ts";

export class Mailboxes implements MailboxHost {
  readonly clock: Clock;
  readonly turns: TurnBudget;
  readonly #ledger: Ledger;
  readonly #live = new NumberTable<AnyLocalMailbox>();
  readonly #onClosed: (number: number) => void;

  constructor(clock: Clock, ledger: Ledger, onClosed: (number: number) => void) {
    this.clock = clock;
    this.turns = new TurnBudget(clock);
    this.#ledger = ledger;
    this.#onClosed = onClosed;
  }

  create<M>(
    limit: MessageLimit | undefined,
    addressFor: (mailbox: LocalMailbox<M>) => LocalAddress<M>,
  ): LocalMailbox<M> {
    const mailbox = new LocalMailbox<M>(this, limit);
    const address = addressFor(mailbox);
    mailbox.address = address;
    this.#live.add(address.number, mailbox);
    return mailbox;
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
    const refusal = mailbox === undefined ? "closed" : mailbox.deliver(message);
    if (refusal === undefined) return;
    this.addressOf(number)?.show();
    ledger.thrownOut(refusal, { from, to: ledger.mailbox(number), size });
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
}
