/**
 * The account of the messages between this node and one peer, kept over all links that there are
 * with one incarnation of it: what was handed to links, what the peer says it had, what came.
 *
 * When a link goes down nobody knows which of the messages that had been handed to it arrived:
 * those that it had not said it had are in doubt. When the two meet again each tells the other how
 * many messages it has had from it in all, and that settles it: what did not arrive then is lost
 * for certain. If another incarnation comes in its place, it is never known.
 */
import { DecodeError } from "./errors.ts";
import type { Epoch } from "./mailbox-id.ts";

/** What a node tells another when they meet: "of your run `epoch` I have had so many messages". */
export interface Receipt {
  readonly epoch: Epoch;
  readonly messages: number;
}

/** What became of the messages in doubt. Those in neither number stay in doubt for ever. */
export interface Settlement {
  readonly arrived: number;
  readonly lost: number;
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
   * A link is up, and the peer has told how many messages it had from this run of this node, if it
   * knows of any.
   *
   * It knows of none when it is a new incarnation, and also when another process with this node's
   * identity was here in between: then the two count from the start again. A number that does not
   * fit what was said before is where they go on from, and harms the account of nobody else.
   */
  onUp(epoch: Epoch, receivedThere: number | undefined): Settlement {
    const inDoubt = this.#inDoubt;
    const there = receivedThere ?? -1;
    const fits = epoch === this.#epoch && there >= this.#receipted && there <= this.#handed;
    const lost = fits ? this.#handed - there : 0;
    if (epoch !== this.#epoch) this.#received = 0;
    this.#epoch = epoch;
    this.#inDoubt = 0;
    this.#handed = receivedThere ?? 0;
    this.#receipted = this.#handed;
    return { arrived: fits ? inDoubt - lost : 0, lost };
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
