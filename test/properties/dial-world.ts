/**
 * Two real nodes, or two and a twin, that reach each other by a carrier that is moved by hand. Each
 * is seen from outside: whether it says that it is linked, and what comes of what it sends.
 */
import { expect } from "vitest";
import { createTermCodec } from "../../src/codecs/term/term-codec.ts";
import type { Codec } from "../../src/ports/codec.ts";
import type { Mailbox } from "../../src/runtime/mailbox.ts";
import { Service } from "../../src/runtime/service.ts";
import { resolveSettings } from "../../src/runtime/settings.ts";
import { createRecordingTelemetry } from "../../src/testing/recording-telemetry.ts";
import { createSeededRandom } from "../../src/testing/seeded-random.ts";
import { createVirtualClock } from "../../src/testing/virtual-clock.ts";
import { present } from "../runtime/cluster.ts";
import { type HandEvent, HandNetwork } from "./hand-carrier.ts";
import { Observer } from "./observer.ts";

/** What is odd about a node. */
export interface Process {
  readonly nodeId: string;
  readonly clusterName?: string;
  readonly codecs?: readonly string[];
}

/** What may befall the second of the two, or the path, in the midst of it. */
export const faults = ["cut", "wait", "stop", "restart", "twin"] as const;
export type Fault = (typeof faults)[number];

export interface Run {
  readonly service: Service;
  readonly mailbox: Mailbox<number>;
  readonly telemetry: ReturnType<typeof createRecordingTelemetry>;
  readonly got: Set<number>;
  linked: boolean;
  stopped: boolean;
}

// No ping and no silence: what happens is what the test lets happen.
const settings = resolveSettings({ pingInterval: 1e8, maxReconnectDelay: 1_000 });

export class DialWorld {
  readonly #clock = createVirtualClock();
  readonly #random = createSeededRandom(1);
  readonly #network = new HandNetwork(this.#clock);
  readonly #observer = new Observer();
  readonly #processes: readonly Process[];
  readonly runs: Run[] = [];
  #sent = 0;

  constructor(processes: readonly Process[]) {
    this.#processes = processes;
  }

  get links(): number {
    return this.#network.links;
  }

  async begin(): Promise<void> {
    for (const process of this.#processes) await this.#start(process);
    await this.#hear();
  }

  events(): HandEvent[] {
    return this.#network.events();
  }

  async happen(event: HandEvent): Promise<void> {
    event.run();
    await this.#hear();
    this.#observer.check();
  }

  async suffer(fault: Fault): Promise<void> {
    if (fault === "cut") this.#network.cut();
    else if (fault === "wait") await this.#clock.advanceBy(6_000);
    else if (fault === "twin") await this.#start(present(this.#processes[1]));
    else if (!present(this.runs[1]).stopped) {
      await this.#stop(present(this.runs[1]));
      if (fault === "restart") this.runs[1] = await this.#start(present(this.#processes[1]), 1);
    }
    await this.#hear();
    this.#observer.check();
  }

  /** Lets everything happen, the oldest first, and time pass, until nothing more does. */
  async settle(): Promise<void> {
    for (let round = 0; round < 8; round++) {
      for (let [event] = this.events(); event !== undefined; [event] = this.events()) {
        await this.happen(event);
      }
      await this.#clock.advanceBy(3_000);
    }
    this.#observer.check();
  }

  /** Why nodes say that they got no link. */
  refusals(run: Run): string[] {
    const events = run.telemetry.events.filter((event) => event.type === "handshake_failed");
    return [...new Set(events.map(({ reason }) => reason))];
  }

  /** Each of two sends to the other, and it arrives. */
  async talk(a: Run, b: Run): Promise<void> {
    const sent = [this.#say(a, b), this.#say(b, a)];
    await this.settle();
    for (const [i, to] of [b, a].entries()) {
      expect(sent[i]).toBeGreaterThan(0);
      expect(to.got).toContain(sent[i]);
    }
  }

  async end(): Promise<void> {
    for (const run of this.runs) if (!run.stopped) await this.#stop(run);
    await this.settle();
    expect(this.links).toBe(0);
    expect(this.#clock.pendingTimers).toBe(0);
  }

  /** `stop` settles, whatever is under way, and leaves no link. */
  async #stop(run: Run): Promise<void> {
    run.stopped = true;
    let settled = false;
    const stopped = run.service.terminate().then(() => {
      settled = true;
    });
    await this.#clock.advanceBy(5_000);
    expect(settled).toBe(true);
    expect(run.linked).toBe(false);
    await stopped;
  }

  async #start({ nodeId, clusterName = "test", codecs = ["term-3"] }: Process, at?: number) {
    const telemetry = createRecordingTelemetry();
    const service = new Service({
      clusterName,
      nodeId,
      peers: ["1", "2"].filter((other) => other !== nodeId),
      settings,
      clock: this.#clock,
      random: this.#random,
      telemetry,
      carrier: this.#network.carrier(nodeId, `${nodeId}/${this.runs.length}`),
      codecs: codecs.map(named),
    });
    const { mailbox } = service.newMailbox<number>();
    const run: Run = { service, mailbox, telemetry, got: new Set(), linked: false, stopped: false };
    void mailbox.consume((n) => {
      this.#observer.watch(() => expect(run.got).not.toContain(n));
      run.got.add(n);
    });
    service.addConnectionStatusCallback((_peer, up) => {
      this.#observer.watch(() => expect(up).toBe(!run.linked));
      run.linked = up;
      // Each says something as soon as it can, to all that it could be linked to.
      if (up) for (const other of this.runs) if (other !== run) this.#say(run, other);
    });
    if (at === undefined) this.runs.push(run);
    await service.start();
    return run;
  }

  /** The number that was sent; 0 if `send` was false. */
  #say(from: Run, to: Run): number {
    const n = ++this.#sent;
    return from.service.address<number>(to.mailbox.address.id).send(n) ? n : 0;
  }

  /** Promises are heard, and what was asked for soon, but no timer runs. */
  async #hear(): Promise<void> {
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 12; i++) await Promise.resolve();
      this.#clock.runSoon();
    }
    for (let i = 0; i < 12; i++) await Promise.resolve();
  }
}

/** The term codec under another name. */
function named(name: string): Codec {
  return { ...createTermCodec(), name };
}
