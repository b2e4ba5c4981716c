/**
 * One side of a conversation between two nodes, which notices every promise that is broken.
 *
 * What it sends is numbered anew on each link, so that the other side can tell at each message:
 * nothing came twice or too early (G1, G2), nothing is missing inside a link (G3), and it is whole.
 * It also watches over a mailbox of the other side, anew on each link, and expects one notice for
 * each link that goes down, no later than the callback that says so (G9, G10).
 */
import { vi } from "vitest";
import type { ConnectionService } from "../../src/cluster/connection-service.ts";
import type { Address } from "../../src/core/address.ts";
import { MailboxClosed } from "../../src/core/close-notice.ts";
import type { Mailbox } from "../../src/runtime/mailbox.ts";
import { pattern } from "../testing/proxy/tcp-ends.ts";

/** Waits until `check` throws no more: on a busy machine, long. Tests have limits of their own. */
export function patiently(check: () => void): Promise<void> {
  return vi.waitFor(check, { interval: 4, timeout: 90_000 });
}

interface Said {
  readonly link: number;
  readonly number: number;
  readonly bytes: Uint8Array;
}

export class Talker {
  /** What went wrong; empty at the end of a test. */
  readonly problems: string[] = [];
  /** How often a link came up and went down, and how many messages came. */
  ups = 0;
  downs = 0;
  heard = 0;
  /** How many were refused though the link was up. */
  refused = 0;
  /** Called when a link has come up. */
  onUp: () => void = () => undefined;
  readonly service: ConnectionService;
  readonly address: Address<Said>;
  readonly #mailbox: Mailbox<Said>;
  readonly #watcher: { readonly address: Address; readonly mailbox: Mailbox<unknown> };
  #other: Address<Said> | undefined;
  #sentOnLink = 0;
  #last = { link: 0, number: -1 };

  constructor(service: ConnectionService) {
    this.service = service;
    ({ address: this.address, mailbox: this.#mailbox } = service.newMailbox<Said>());
    this.#watcher = service.newMailbox();
    service.addConnectionStatusCallback((_nodeId, connected) => {
      if (connected) this.#linkUp();
      else this.#linkDown();
    });
    void this.#listen();
  }

  get up(): boolean {
    return this.ups > this.downs;
  }

  meet(other: Talker): void {
    this.#other = this.service.address<Said>(other.address.id);
  }

  /** Sends one message with `size` bytes in it, and says whether it was accepted. */
  say(size: number): boolean {
    const message = { link: this.ups, number: this.#sentOnLink, bytes: pattern(size) };
    if (this.#other?.send(message) !== true) {
      if (this.up) this.refused += 1;
      return false;
    }
    this.#sentOnLink += 1;
    return true;
  }

  /** Settles when there is room for messages, or no link. */
  async room(): Promise<void> {
    await this.#other?.ready();
  }

  /** Settles when there have been so many links, and the last is up. */
  async upAgain(links: number): Promise<void> {
    await patiently(() => {
      if (this.ups < links || !this.up) throw new Error(`${this.ups} links, up: ${this.up}.`);
    });
  }

  /** Whether the other side hears what is said now: `false` if the link goes down before. */
  async isHeardBy(other: Talker): Promise<boolean> {
    if (!this.say(10)) return false;
    const link = this.ups;
    const number = this.#sentOnLink - 1;
    const heard = (): boolean =>
      other.#last.link > link || (other.#last.link === link && other.#last.number >= number);
    await patiently(() => {
      if (!heard() && this.up && this.ups === link) throw new Error(`Not heard: ${number}.`);
    });
    return heard();
  }

  async hears(messages: number): Promise<void> {
    await patiently(() => {
      if (this.heard < messages) throw new Error(`Heard ${this.heard} of ${messages}.`);
    });
  }

  #linkUp(): void {
    this.ups += 1;
    this.#sentOnLink = 0;
    this.#other?.onCloseNotify(this.#watcher.address);
    this.onUp();
  }

  #linkDown(): void {
    this.downs += 1;
    const notices: unknown[] = [];
    const { mailbox } = this.#watcher;
    for (let n = mailbox.tryReceive(); n !== undefined; n = mailbox.tryReceive()) notices.push(n);
    const [first] = notices;
    const right = first instanceof MailboxClosed && first.reason === "noconnection";
    if (notices.length !== 1 || !right) this.#broken(`notices: ${JSON.stringify(notices)}`);
  }

  async #listen(): Promise<void> {
    for await (const message of this.#mailbox) this.#hear(message);
  }

  #hear({ link, number, bytes }: Said): void {
    const { link: lastLink, number: last } = this.#last;
    if (link < lastLink) this.#broken(`message ${link}/${number} after link ${lastLink}`);
    const expected = link === lastLink ? last + 1 : 0;
    if (number !== expected) this.#broken(`message ${link}/${number} in place of ${expected}`);
    if (Buffer.compare(bytes, pattern(bytes.length)) !== 0)
      this.#broken(`message ${number} differs`);
    this.#last = { link, number };
    this.heard += 1;
  }

  #broken(how: string): void {
    this.problems.push(`node ${this.service.nodeId}: ${how}`);
  }
}
