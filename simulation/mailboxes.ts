/** Every mailbox of one life of a cluster, open and closed, of all runs of all nodes. */
import type { MailboxId, NodeId } from "reign";

export interface MailboxRecord {
  readonly id: MailboxId;
  readonly nodeId: NodeId;
  readonly owner: { readonly running: boolean };
  /** Whether it may throw messages away that reached it. */
  readonly bounded: boolean;
}

export class Mailboxes {
  readonly #records = new Map<MailboxId, MailboxRecord>();
  readonly #ids: MailboxId[] = [];
  readonly #closed = new Set<MailboxId>();

  add(record: MailboxRecord): void {
    this.#records.set(record.id, record);
    this.#ids.push(record.id);
  }

  get(id: MailboxId): MailboxRecord | undefined {
    return this.#records.get(id);
  }

  /** Whether its owner has neither closed it nor ended. */
  isOpen(id: MailboxId): boolean {
    return this.#records.get(id)?.owner.running === true && !this.#closed.has(id);
  }

  get open(): MailboxRecord[] {
    return [...this.#records.values()].filter(({ id }) => this.isOpen(id));
  }

  closed(id: MailboxId): void {
    this.#closed.add(id);
  }

  /** In the order in which they were made. */
  get ids(): readonly MailboxId[] {
    return this.#ids;
  }
}
