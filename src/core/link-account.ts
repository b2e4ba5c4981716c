/**
 * The account of the messages between this node and one peer, kept over all links that there are
 * with one incarnation of it: what was handed to links, what the peer says it had, what came.
 *
 * When a link goes down nobody knows which of the messages that had been handed to it arrived:
 * those that it had not said it had are in doubt. When the two meet again each tells the other how
 * many messages it has had from it in all, and that settles it: what did not arrive then is lost
 * for certain. If another incarnation comes in its place, all of them are.
 */
import { DecodeError } from "./errors.ts";
import type { Epoch } from "./mailbox-id.ts";

/** What a node tells another when they meet: "of your run `epoch` I have had so many messages". */
export interface Receipt {
  readonly epoch: Epoch;
  readonly messages: number;
}

export class LinkAccount {
  #epoch: Epoch | undefined;
  /** Counted as the peer counts: what was lost before the present link is not in it. */
  #handed = 0;
  #receipted = 0;
  #received = 0;
  #inDoubt = 0;

  /** Messages handed to links that are down, of which the peer has not said that they arrived. */
  get inDoubt(): number {
    return this.#inDoubt;
  }

  /** How many messages came from the present incarnation, over all links. */
  get received(): number {
    return this.#received;
  }

  /** What to tell the peer when the two meet. */
  get receipt(): Receipt | undefined {
    const epoch = this.#epoch;
    return epoch === undefined ? undefined : { epoch, messages: this.#received };
  }

  /**
   * A link is up, and the peer has told what it had from this node, if anything. Returns how many
   * of the messages in doubt are lost; the others arrived.
   */
  onUp(epoch: Epoch, receivedThere: number): number {
    const inDoubt = this.#inDoubt;
    this.#inDoubt = 0;
    if (epoch !== this.#epoch) {
      this.#epoch = epoch;
      this.#handed = 0;
      this.#receipted = 0;
      this.#received = 0;
      return inDoubt;
    }
    // More than was sent, or less than it said before, is a peer that cannot count.
    const there = Math.min(Math.max(receivedThere, this.#receipted), this.#handed);
    const lost = this.#handed - there;
    this.#handed = there;
    this.#receipted = there;
    return lost;
  }

  /** Messages have been handed to the link. */
  onHanded(count: number): void {
    this.#handed += count;
  }

  onReceived(): void {
    this.#received += 1;
  }

  /** The peer says how many messages it has had. */
  onReceipt(count: number): void {
    if (count < this.#receipted || count > this.#handed) {
      throw new DecodeError("a peer says that it had messages which were not sent to it");
    }
    this.#receipted = count;
  }

  /** The link is down. Returns how many messages have come to be in doubt with it. */
  onDown(): number {
    this.#inDoubt = this.#handed - this.#receipted;
    return this.#inDoubt;
  }
}
