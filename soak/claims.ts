/** Names that several nodes claim and give up all the time, and what their claimants are told. */
import type { Address, ConnectionService, MultipleClaim, Random } from "reign";
import type { Claimants } from "./name-views.ts";

const nameCount = 40;
const claimants = 2;

export const sharedNames: readonly string[] = Array.from(
  { length: nameCount },
  (_, i) => `shared/${i}`,
);

export class Claims {
  readonly #service: ConnectionService;
  readonly #random: Random;
  readonly #addresses: readonly Address<MultipleClaim>[];
  readonly #own = new Map<string, Address<MultipleClaim>>();
  /** Of each name the claimants that were told of last, as long as this process claims it. */
  readonly #told = new Map<string, readonly string[]>();

  constructor(service: ConnectionService, random: Random) {
    this.#service = service;
    this.#random = random;
    this.#addresses = Array.from({ length: claimants }, () => {
      const { address, mailbox } = service.newMailbox<MultipleClaim>();
      void mailbox.consume(({ name, claimants }) => {
        if (this.#own.get(name) === address)
          this.#told.set(
            name,
            claimants.map(({ id }) => id),
          );
      });
      return address;
    });
  }

  /** Gives a name up, claims it, or claims it with another mailbox. */
  change(): void {
    const name = sharedNames[Math.floor(this.#random.fraction() * nameCount)] ?? "";
    const address = this.#addresses[Math.floor(this.#random.fraction() * claimants)];
    const own = this.#own.get(name);
    if (address === undefined) return;
    if (own === undefined || (own !== address && this.#random.fraction() < 0.3)) {
      this.#service.names.register(name, address);
      this.#own.set(name, address);
    } else {
      this.#service.names.unregister(name, own);
      this.#own.delete(name);
      this.#told.delete(name);
    }
  }

  own(): Claimants {
    return Object.fromEntries([...this.#own].map(([name, { id }]) => [name, [id]]));
  }

  get told(): Claimants {
    return Object.fromEntries(this.#told);
  }
}
