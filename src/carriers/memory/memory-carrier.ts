/** How one node reaches the others of its memory network, and is reached. */
import { ReignError } from "../../core/errors.ts";
import type { NodeId } from "../../core/mailbox-id.ts";
import type { Carrier, Link, Listener } from "../../ports/carrier.ts";
import { drawDelay } from "./memory-pipe.ts";
import type { FailedHandshake, MemoryListening, MemorySwitchboard } from "./memory-switchboard.ts";

export interface MemoryCarrierOptions {
  readonly nodeId: NodeId;
  readonly failHandshake: FailedHandshake;
  readonly switchboard: MemorySwitchboard;
}

export class MemoryCarrier implements Carrier {
  readonly #nodeId: NodeId;
  readonly #failHandshake: FailedHandshake;
  readonly #switchboard: MemorySwitchboard;

  constructor(options: MemoryCarrierOptions) {
    this.#nodeId = options.nodeId;
    this.#failHandshake = options.failHandshake;
    this.#switchboard = options.switchboard;
  }

  async listen(accept: (link: Link) => void): Promise<Listener> {
    const address = `memory:${this.#nodeId}`;
    const listening: MemoryListening = {
      nodeId: this.#nodeId,
      failHandshake: this.#failHandshake,
      accept,
    };
    if (!this.#switchboard.startListening(listening)) throw addressInUse(address);
    return { address, close: async () => this.#switchboard.stopListening(listening) };
  }

  async dial(peer: NodeId, { signal }: { readonly signal: AbortSignal }): Promise<Link> {
    signal.throwIfAborted();
    // It would reach whoever listens under the same name: a twin, which the handshake must find
    // out.
    if (peer === this.#nodeId) throw new Error(`Node ${peer} cannot dial itself.`);
    const dial = { from: this.#nodeId, to: peer, failHandshake: this.#failHandshake };
    return reach(this.#switchboard, () => this.#switchboard.connect(dial), signal);
  }
}

/** Tries at the end of a round trip, and again whenever a path changes, until it is settled. */
function reach(
  switchboard: MemorySwitchboard,
  connect: () => Link | undefined,
  signal: AbortSignal,
): Promise<Link> {
  return new Promise((resolve, reject) => {
    const { clock, delayMs, random } = switchboard.transit;
    let settled = false;
    const roundTrip = drawDelay(delayMs, random) + drawDelay(delayMs, random);
    const timer =
      roundTrip > 0 ? clock.after(roundTrip, () => clock.soon(attempt)) : clock.soon(attempt);
    signal.addEventListener("abort", abort, { once: true });

    function attempt(): void {
      if (settled) return;
      try {
        const link = connect();
        if (link === undefined) switchboard.hang(attempt);
        else settle(() => resolve(link));
      } catch (error) {
        settle(() => reject(error));
      }
    }

    function abort(): void {
      settle(() => reject(signal.reason));
    }

    function settle(tell: () => void): void {
      settled = true;
      timer?.[Symbol.dispose]();
      switchboard.stopHanging(attempt);
      signal.removeEventListener("abort", abort);
      tell();
    }
  });
}

function addressInUse(address: string): ReignError {
  const cause = Object.assign(new Error(`listen EADDRINUSE ${address}`), {
    code: "EADDRINUSE",
    syscall: "listen",
  });
  return new ReignError(
    "REIGN_LISTEN_FAILED",
    `Cannot listen on ${address}: it is in use. Close the listener that has it first.`,
    { address },
    { cause },
  );
}
