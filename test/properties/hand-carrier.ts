/**
 * A carrier on which nothing happens by itself: each dial that is made, each link that is accepted,
 * each chunk that arrives and each end that is heard of waits until somebody lets it happen. So
 * every order of them can be tried.
 */
import type { NodeId } from "../../src/core/mailbox-id.ts";
import type { Carrier, Link, LinkEvents } from "../../src/ports/carrier.ts";
import type { Clock } from "../../src/ports/clock.ts";

export interface HandEvent {
  readonly name: string;
  run(): void;
}

class HandLink implements Link {
  readonly peer: NodeId;
  readonly pendingBytes = 0;
  readonly name: string;
  /** What is on its way to this end, in order; `undefined` is the end of it. */
  readonly incoming: (Uint8Array | undefined)[] = [];
  other: HandLink | undefined;
  /** Nobody reads before the dialler has it, or the listener. */
  handedOver = false;
  down = false;
  readonly #clock: Clock;
  #events: LinkEvents | undefined;

  constructor(peer: NodeId, name: string, clock: Clock) {
    this.peer = peer;
    this.name = name;
    this.#clock = clock;
  }

  subscribe(events: LinkEvents): void {
    this.#events = events;
  }

  write(bytes: Uint8Array): void {
    if (!this.down) this.other?.incoming.push(bytes.slice());
  }

  admit(): void {}

  close(): void {
    this.destroy();
  }

  destroy(): void {
    if (this.down) return;
    this.other?.incoming.push(undefined);
    this.#end("destroyed");
  }

  /** The cable is cut: both ends hear of it, each in its own time. */
  cut(): void {
    for (const end of [this, this.other])
      end?.incoming.splice(0, Number.POSITIVE_INFINITY, undefined);
  }

  deliver(): void {
    const bytes = this.incoming.shift();
    if (this.down) return;
    if (bytes === undefined) this.#end("the other side ended it");
    else this.#events?.onBytes(bytes);
  }

  #end(reason: string): void {
    this.down = true;
    this.incoming.length = 0;
    this.#clock.soon(() => this.#events?.onDown({ reason, refused: false }));
  }
}

export class HandNetwork {
  readonly #clock: Clock;
  readonly #accepts = new Map<string, (link: Link) => void>();
  readonly #ends: HandLink[] = [];
  /** Dials that wait for an end, and links that nobody has been given yet. */
  readonly #handovers = new Map<string, () => void>();
  #dials = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Links of which an end is up. */
  get links(): number {
    return this.#ends.filter((end) => !end.down).length / 2;
  }

  /** All that could happen next. */
  events(): HandEvent[] {
    const handovers = [...this.#handovers].map(([name, run]) => ({ name, run }));
    const deliveries = this.#ends
      .filter(({ handedOver, down, incoming }) => handedOver && !down && incoming.length > 0)
      .map((end) => ({ name: `${end.name} reads`, run: () => end.deliver() }));
    return [...handovers, ...deliveries];
  }

  cut(): void {
    for (const end of this.#ends) if (!end.down) end.cut();
  }

  /** What the process `name` of node `nodeId` reaches the others by. */
  carrier(nodeId: NodeId, name: string = nodeId): Carrier {
    return {
      listen: async (accept) => {
        this.#accepts.set(nodeId, accept);
        return {
          address: nodeId,
          close: async () => {
            if (this.#accepts.get(nodeId) === accept) this.#accepts.delete(nodeId);
          },
        };
      },
      dial: (peer, { signal }) =>
        new Promise((resolve, reject) => {
          this.#dials += 1;
          const number = this.#dials;
          const label = `dial ${number} of ${name}`;
          signal.addEventListener("abort", () => {
            this.#handovers.delete(label);
            reject(signal.reason);
          });
          this.#handovers.set(label, () => {
            this.#handovers.delete(label);
            if (this.#accepts.has(peer)) resolve(this.#connect(nodeId, peer, number));
            else reject(new Error("Nobody is there."));
          });
        }),
    };
  }

  #connect(from: NodeId, to: NodeId, number: number): Link {
    const dialler = new HandLink(to, `${number} at its dialler ${from}`, this.#clock);
    const acceptor = new HandLink(from, `${number} at ${to}`, this.#clock);
    dialler.other = acceptor;
    acceptor.other = dialler;
    dialler.handedOver = true;
    this.#ends.push(dialler, acceptor);
    const label = `${number} is accepted by ${to}`;
    this.#handovers.set(label, () => {
      this.#handovers.delete(label);
      acceptor.handedOver = true;
      const accept = this.#accepts.get(to);
      if (accept === undefined) acceptor.destroy();
      else accept(acceptor);
    });
    return dialler;
  }
}
