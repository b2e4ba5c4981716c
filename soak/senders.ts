/** What a process sends: numbered messages to the inboxes of all others, and to the dead. */
import type { Address, ConnectionService, Random } from "reign";
import { type Item, inboxName, slowInbox } from "./inboxes.ts";
import { numbered } from "./stream-check.ts";

const messagesOfTick = 2;
const burst = 60;
const greetings = 3;
const ghostsKept = 5;
/** Each so many ticks: one to the slow inbox, one to the dead. */
const slowEvery = 4;
const ghostEvery = 10;

interface SendersPorts {
  readonly self: { readonly from: number; readonly process: number };
  readonly others: readonly number[];
  readonly random: Random;
}

interface Stream {
  readonly address: Address<Item>;
  last: number;
}

export class Senders {
  /** Calls of `send`, by the node that the address was of. */
  readonly sentTo: Record<number, number> = {};
  readonly #service: ConnectionService;
  readonly #ports: SendersPorts;
  /** By name. A name of somebody who cannot be reached keeps the address that it had. */
  readonly #streams = new Map<string, Stream>();
  /** Addresses of processes that are gone. */
  #ghosts: readonly Stream[] = [];
  #ticks = 0;

  constructor(service: ConnectionService, ports: SendersPorts) {
    this.#service = service;
    this.#ports = ports;
  }

  tick(): void {
    this.#ticks += 1;
    const { others, random } = this.#ports;
    for (const other of others) {
      for (let i = 0; i < messagesOfTick; i++) {
        this.#sendNumbered(inboxName(other, Math.floor(random.fraction() * slowInbox)));
      }
      if (this.#ticks % slowEvery === 0) this.#sendNumbered(inboxName(other, slowInbox));
    }
    if (random.fraction() < 0.005) {
      const other = others[Math.floor(random.fraction() * others.length)] ?? 0;
      for (let i = 0; i < burst; i++) this.#sendNumbered(inboxName(other, slowInbox));
    }
    if (this.#ticks % ghostEvery === 0) for (const ghost of this.#ghosts) this.#next(ghost);
  }

  /** To the first inbox of a node. */
  sendTo(node: number, item: Item): void {
    const stream = this.#streamTo(inboxName(node, 0));
    if (stream !== undefined) this.#send(stream.address, item);
  }

  /** A few numbered messages to a mailbox that is new. */
  greet(address: Address<Item>): void {
    const stream = { address, last: 0 };
    for (let i = 0; i < greetings; i++) this.#next(stream);
  }

  /** Which of the old addresses seem to live, though their process is gone. */
  ghosts(): readonly string[] {
    return this.#ghosts.filter((ghost) => this.#next(ghost)).map(({ address }) => address.id);
  }

  #sendNumbered(name: string): void {
    const stream = this.#streamTo(name);
    if (stream !== undefined) this.#next(stream);
  }

  #streamTo(name: string): Stream | undefined {
    const address = this.#service.names.lookup<Item>(name);
    const known = this.#streams.get(name);
    if (address === undefined || address === known?.address) return known;
    if (known !== undefined) this.#ghosts = [...this.#ghosts.slice(1 - ghostsKept), known];
    const stream: Stream = { address, last: 0 };
    this.#streams.set(name, stream);
    // The number of names stays the same, and an old stream lives on as a ghost for a while.
    return stream;
  }

  #next(stream: Stream): boolean {
    stream.last += 1;
    const { self } = this.#ports;
    const { address, last } = stream;
    return this.#send(
      address,
      numbered(self, { to: address.id, number: last, size: this.#size() }),
    );
  }

  #send(address: Address<Item>, item: Item): boolean {
    const node = Number(address.nodeId);
    this.sentTo[node] = (this.sentTo[node] ?? 0) + 1;
    return address.send(item);
  }

  /** One in fifty is of 10 to 100 KiB. */
  #size(): number {
    const { random } = this.#ports;
    const most = random.fraction() < 0.02 ? 100 * 1_024 : 400;
    return Math.floor((0.1 + 0.9 * random.fraction()) * most);
  }
}
