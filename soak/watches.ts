/** What a process watches on the others: their inboxes, and each mailbox that it was shown. */
import type { Address, ConnectionService, MailboxClosed, Random } from "reign";
import { inboxName } from "./inboxes.ts";
import type { Lies } from "./plant.ts";
import { tellOf } from "./violation.ts";
import { WatchLedger } from "./watch-ledger.ts";

interface WatchesPorts {
  readonly others: readonly number[];
  readonly random: Random;
  readonly lies: Lies;
}

export class Watches {
  readonly #service: ConnectionService;
  readonly #ports: WatchesPorts;
  readonly #ledger = new WatchLedger();
  readonly #watcher: Address<MailboxClosed>;
  /** Of mailboxes that are watched, by id: where they were found. */
  readonly #names = new Map<string, string>();

  constructor(service: ConnectionService, ports: WatchesPorts) {
    this.#service = service;
    this.#ports = ports;
    const { address, mailbox } = service.newMailbox<MailboxClosed>();
    this.#watcher = address;
    void mailbox.consume((notice) => this.#noticed(notice));
  }

  watch(address: Address<never>, name: string): void {
    if (this.#ledger.isPending(address.id)) return;
    this.#ledger.asked(address.id);
    this.#names.set(address.id, name);
    address.onCloseNotify(this.#watcher);
  }

  /** Watches inboxes that are not watched, and thinks better of one watch of many. */
  tick(): void {
    for (const other of this.#ports.others) {
      const name = inboxName(other, 0);
      const inbox = this.#service.names.lookup(name);
      if (inbox !== undefined) this.watch(inbox, name);
    }
    const { pending } = this.#ledger;
    const id = pending[Math.floor(this.#ports.random.fraction() * pending.length)];
    if (id === undefined) return;
    const answer = this.#service.address(id).removeNotify(this.#watcher);
    this.#names.delete(id);
    const wrong = this.#ledger.takenBack(id, answer);
    if (wrong !== undefined) tellOf("notice", wrong);
  }

  /** Mailboxes that are watched and of which no notice has come, `living` aside. */
  pending(living: readonly (string | undefined)[]): readonly string[] {
    return this.#ledger.pending.filter((id) => !living.includes(id));
  }

  #noticed({ id, reason }: MailboxClosed): void {
    for (let times = this.#ports.lies.timesOfNotice(); times > 0; times--) {
      const wrong = this.#ledger.noticed(id);
      if (wrong !== undefined) tellOf("notice", `${wrong} (${reason})`);
    }
    const name = this.#names.get(id);
    this.#names.delete(id);
    // A link that was lost may be back by now, and the mailbox and its name with it.
    if (name === undefined || reason !== "closed") return;
    const found = this.#service.names.lookupAll(name).some((address) => address.id === id);
    if (found) tellOf("notice", `${id} is found under ${name} after its notice (${reason})`);
  }
}
