/** Mailboxes that are opened, shown to all others under a name, and closed again soon. */
import type { Address, ConnectionService, Mailbox, MultipleClaim, Random } from "reign";
import type { Item } from "./inboxes.ts";
import { type Numbered, StreamCheck } from "./stream-check.ts";

const shortestMs = 200;
const longestMs = 3_000;
const namesKept = 10;

interface RoomsPorts {
  readonly self: { readonly from: number; readonly process: number };
  readonly random: Random;
  readonly invite: (room: Address<Item>, name: string) => void;
  readonly took: (message: Numbered, id: string, check: StreamCheck) => void;
}

interface Room {
  readonly name: string;
  readonly mailbox: Mailbox<Item | MultipleClaim>;
  readonly timer: ReturnType<typeof setTimeout>;
}

export class Rooms {
  readonly #service: ConnectionService;
  readonly #ports: RoomsPorts;
  readonly #open = new Set<Room>();
  #names: readonly string[] = [];
  #last = 0;

  constructor(service: ConnectionService, ports: RoomsPorts) {
    this.#service = service;
    this.#ports = ports;
  }

  /** Of those that were opened last. */
  get names(): readonly string[] {
    return this.#names;
  }

  open(): void {
    const { self, random, invite, took } = this.#ports;
    const { address, mailbox } = this.#service.newMailbox<Item | MultipleClaim>();
    const check = new StreamCheck();
    void mailbox.consume((item) => {
      if ("kind" in item && item.kind === "numbered") took(item, address.id, check);
    });
    const name = `room/${self.from}/${self.process}/${++this.#last}`;
    this.#names = [...this.#names.slice(1 - namesKept), name];
    this.#service.names.register(name, address);
    const ms = shortestMs + random.fraction() * (longestMs - shortestMs);
    const timer = setTimeout(() => this.#close(room), ms);
    const room: Room = { name, mailbox, timer };
    this.#open.add(room);
    invite(address, name);
  }

  closeAll(): void {
    for (const room of this.#open) this.#close(room);
  }

  #close(room: Room): void {
    clearTimeout(room.timer);
    this.#open.delete(room);
    // A name goes with its mailbox, or before it.
    if (this.#ports.random.fraction() < 0.5) {
      this.#service.names.unregister(room.name, room.mailbox.address);
    }
    room.mailbox.close();
  }
}
