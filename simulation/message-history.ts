/**
 * What was sent and what was received, in one life of a cluster, and whether the two fit: G1 to G4,
 * G7, G14 and G25.
 *
 * Messages from one run of a node to one mailbox are numbered. Of each it is kept whether `send`
 * took it and on which link, so that a gap can be told from a loss at the edge of a link.
 */
import { isDeepStrictEqual } from "node:util";
import type { Address, MailboxId, NodeId } from "reign";
import type { Mailboxes } from "./mailboxes.ts";
import type { Violations } from "./violations.ts";

export interface Numbered {
  /** The run of the sender. */
  readonly from: string;
  readonly to: MailboxId;
  readonly n: number;
  /** An address that travels with it, and its id beside it. */
  readonly gift?: Address<Numbered>;
  readonly giftId?: MailboxId;
  readonly bytes?: Uint8Array;
  /** The receiver is to tell `about` in turn that the message with this number was sent before. */
  readonly relay?: { readonly about: Address<Numbered>; readonly after: number };
  /** Such a report: the number that its receiver may or may not have got from `from` itself. */
  readonly report?: { readonly from: string; readonly after: number };
}

interface Sent {
  readonly taken: boolean;
  /** Which link to the node of the mailbox it was, counted by the sender; -1 without one. */
  readonly link: number;
  /** What is in it, as far as it is to be the same when it is received. */
  readonly content: Content;
}

interface Content {
  readonly giftId: MailboxId | undefined;
  readonly byteCount: number | undefined;
  readonly relayed: number | undefined;
  readonly reported: number | undefined;
}

interface Pair {
  readonly sent: Sent[];
  lastReceived: number;
}

export class MessageHistory {
  readonly #mailboxes: Mailboxes;
  readonly #violations: Violations;
  readonly #pairs = new Map<string, Pair>();

  constructor(mailboxes: Mailboxes, violations: Violations) {
    this.#mailboxes = mailboxes;
    this.#violations = violations;
  }

  /** The number of the next message from a run to a mailbox: 0, 1, and so on. */
  nextNumber(from: string, to: MailboxId): number {
    return this.#pair(from, to).sent.length;
  }

  /** The number of the last that the mailbox has received from that run; -1 for none. */
  lastReceived(from: string, to: MailboxId): number {
    return this.#pair(from, to).lastReceived;
  }

  /** The number of the last message that `send` took for the same link; -1 for none. */
  lastTaken(from: string, to: MailboxId, link: number): number {
    return this.#pair(from, to).sent.findLastIndex((sent) => sent.taken && sent.link === link);
  }

  sent(message: Numbered, { taken, link }: Omit<Sent, "content">): void {
    this.#pair(message.from, message.to).sent.push({ taken, link, content: contentOf(message) });
  }

  arrived(message: Numbered, at: MailboxId): void {
    const { from, to, n } = message;
    if (to !== at) this.#violations.broken("G14", `a message for ${to} is received in ${at}`);
    const pair = this.#pair(from, to);
    const what = `message ${n} from ${from} to ${to}`;
    if (n === pair.lastReceived) this.#violations.broken("G2", `${what} is received twice`);
    if (n < pair.lastReceived) {
      this.#violations.broken("G1", `${what} is received behind message ${pair.lastReceived}`);
    }
    const sent = pair.sent[n];
    if (sent === undefined) this.#violations.broken("G2", `${what} was never sent`);
    else if (!sent.taken) this.#violations.broken("G7", `${what} is received after send was false`);
    else if (this.#mailboxes.get(to)?.bounded === false) this.#checkGap(pair, n, sent.link, what);
    if (sent !== undefined && !isDeepStrictEqual(contentOf(message), sent.content)) {
      this.#violations.broken("G6", `${what} is not what was sent`);
    }
    pair.lastReceived = Math.max(pair.lastReceived, n);
  }

  /**
   * To be asked when everything has settled: all that was sent on a link that is still up, to a
   * mailbox that is open and throws nothing away, has arrived.
   */
  checkNothingMissing(from: string, linkTo: (node: NodeId) => number): void {
    for (const { id, nodeId, bounded } of this.#mailboxes.open) {
      if (bounded) continue;
      const last = this.lastTaken(from, id, linkTo(nodeId));
      if (last <= this.lastReceived(from, id)) continue;
      this.#violations.broken("G3", `message ${last} from ${from} to ${id} is missing in the end`);
    }
  }

  #checkGap(pair: Pair, n: number, link: number, what: string): void {
    for (let k = pair.lastReceived + 1; k < n; k++) {
      const skipped = pair.sent[k];
      if (skipped?.taken !== true || skipped.link !== link) continue;
      this.#violations.broken("G3", `${what} is received without message ${k} of the same link`);
      return;
    }
  }

  #pair(from: string, to: MailboxId): Pair {
    const key = `${from}>${to}`;
    const known = this.#pairs.get(key);
    if (known !== undefined) return known;
    const pair: Pair = { sent: [], lastReceived: -1 };
    this.#pairs.set(key, pair);
    return pair;
  }
}

function contentOf({ giftId, bytes, relay, report }: Numbered): Content {
  return {
    giftId,
    byteCount: bytes?.length,
    relayed: relay?.after,
    reported: report?.after,
  };
}
