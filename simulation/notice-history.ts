/**
 * Who watches which mailbox, and which notices came, in one life of a cluster: G9 to G13.
 *
 * Of a watcher and a mailbox it is known at any moment whether a notice is owed. One that comes
 * while none is owed is one too many; one that is owed for a mailbox that is gone, when everything
 * has settled, is missing.
 */
import type { CloseReason, MailboxId, NodeId } from "reign";
import type { Mailboxes } from "./mailboxes.ts";
import type { MessageHistory } from "./message-history.ts";
import type { Violations } from "./violations.ts";

/** What the owner of a mailbox had sent to a watcher when it closed the mailbox. */
interface Farewell {
  readonly from: string;
  readonly link: number;
  readonly n: number;
}

export interface NoticePorts {
  readonly mailboxes: Mailboxes;
  readonly messages: MessageHistory;
  readonly violations: Violations;
}

/** The watches of one watcher, a mailbox of one run of a node. */
export class Watcher {
  readonly id: MailboxId;
  readonly nodeId: NodeId;
  readonly #ports: NoticePorts;
  /** With what is known when it is asked for: a mailbox of another incarnation, and the link. */
  readonly #owed = new Map<MailboxId, { readonly foreign: boolean; readonly link: number }>();
  readonly #farewells = new Map<MailboxId, Farewell>();

  constructor(id: MailboxId, nodeId: NodeId, ports: NoticePorts) {
    this.id = id;
    this.nodeId = nodeId;
    this.#ports = ports;
  }

  /** The mailboxes of `node` for which a notice is owed. */
  owedOf(node: NodeId): MailboxId[] {
    return [...this.#owed.keys()].filter((id) => this.#ports.mailboxes.get(id)?.nodeId === node);
  }

  watches(target: MailboxId): boolean {
    return this.#owed.has(target);
  }

  /**
   * `foreign`: there is a link to the node of the mailbox, but to another of its incarnations. Then
   * the mailbox is as good as gone (G14), also if this node has not met its incarnation yet.
   */
  watched(target: MailboxId, foreign: boolean, link: number): void {
    if (!this.#owed.has(target)) this.#owed.set(target, { foreign, link });
  }

  unwatched(target: MailboxId, answer: boolean): void {
    const owed = this.#owed.delete(target);
    if (owed === answer) return;
    const what = owed ? "is owed and lost" : "was received, and is taken back";
    this.#broken("G9", target, `removeNotify answers ${answer}, and the notice ${what}`);
  }

  /** `target` is being closed: what was sent to this watcher has to come before the notice. */
  farewell(target: MailboxId, farewell: Farewell): void {
    this.#farewells.set(target, farewell);
  }

  noticed(target: MailboxId, reason: CloseReason): void {
    const foreign = this.#owed.get(target)?.foreign === true;
    if (!this.#owed.delete(target)) this.#broken("G9", target, `a notice (${reason}) too many`);
    if (foreign && reason !== "noproc") this.#broken("G14", target, `${reason}, and not noproc`);
    const { mailboxes, messages } = this.#ports;
    const own = mailboxes.get(target)?.nodeId === this.nodeId;
    if (reason !== "noconnection" && !foreign && mailboxes.isOpen(target)) {
      this.#broken("G9", target, `${reason}, while the mailbox is open`);
    }
    if (reason === "noconnection" && own) this.#broken("G13", target, "no link to itself");
    const farewell = this.#farewells.get(target);
    if (reason !== "closed" || farewell === undefined) return;
    const last = messages.lastReceived(farewell.from, this.id);
    if (last >= farewell.n) return;
    this.#broken("G11", target, `the notice is ahead of message ${farewell.n}, behind ${last}`);
  }

  /** To be asked when everything has settled. */
  checkAllNoticed(linkTo: (node: NodeId) => number): void {
    for (const [target, { link }] of this.#owed) {
      const { mailboxes } = this.#ports;
      if (!mailboxes.isOpen(target)) {
        this.#broken("G9", target, "the mailbox is gone, and no notice came");
      } else if (link !== linkTo(mailboxes.get(target)?.nodeId ?? "")) {
        this.#broken("G10", target, "the link of the watch is gone, and no notice came");
      }
    }
  }

  #broken(rule: string, target: MailboxId, what: string): void {
    this.#ports.violations.broken(rule, `watcher ${this.id}, mailbox ${target}: ${what}`);
  }
}
