/**
 * Pings at a steady pace and what they take, as somebody would see it who uses the link.
 *
 * The pace does not wait for answers. A process that stood still sends the pings that were due
 * meanwhile, and each has two times: from its sending, and from when it was due, which has the
 * standstill in it.
 */
import type { Address, ConnectionService, Mailbox } from "reign";

export interface Ping {
  readonly id: number;
  readonly reply: Address<number>;
}

export interface PingTimes {
  readonly fromSent: readonly number[];
  readonly fromDue: readonly number[];
  /** Refused, or not answered when the times were asked for. */
  readonly unanswered: number;
}

/** Answers pings until the service ends, and gives the id of the address to send them to. */
export function answerPings(service: ConnectionService): string {
  const { address, mailbox } = service.newMailbox<Ping>();
  void (async () => {
    for await (const { id, reply } of mailbox) reply.send(id);
  })();
  return address.id;
}

export class Pinger {
  readonly #address: Address<number>;
  readonly #mailbox: Mailbox<number>;
  readonly #target: Address<Ping>;
  readonly #pending = new Map<number, { readonly sent: number; readonly due: number }>();
  #fromSent: number[] = [];
  #fromDue: number[] = [];
  #refused = 0;
  #lastId = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(service: ConnectionService, target: Address<Ping>) {
    const { address, mailbox } = service.newMailbox<number>();
    this.#address = address;
    this.#mailbox = mailbox;
    this.#target = target;
    void this.#listen();
  }

  begin(everyMs: number): void {
    this.#fromSent = [];
    this.#fromDue = [];
    this.#refused = 0;
    this.#pending.clear();
    let due = performance.now();
    this.#timer = setInterval(() => {
      for (const now = performance.now(); due <= now; due += everyMs) this.#ping(due);
    }, everyMs);
  }

  /** Ends them, lets the last ones come back, and gives what they took. */
  async end(patienceMs = 2_000): Promise<PingTimes> {
    clearInterval(this.#timer);
    const until = performance.now() + patienceMs;
    while (this.#pending.size > 0 && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const unanswered = this.#refused + this.#pending.size;
    return { fromSent: this.#fromSent, fromDue: this.#fromDue, unanswered };
  }

  #ping(due: number): void {
    const id = ++this.#lastId;
    this.#pending.set(id, { sent: performance.now(), due });
    if (this.#target.send({ id, reply: this.#address })) return;
    this.#pending.delete(id);
    this.#refused += 1;
  }

  async #listen(): Promise<void> {
    for await (const id of this.#mailbox) {
      const ping = this.#pending.get(id);
      if (ping === undefined) continue;
      this.#pending.delete(id);
      const now = performance.now();
      this.#fromSent.push(now - ping.sent);
      this.#fromDue.push(now - ping.due);
    }
  }
}
