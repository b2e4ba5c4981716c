/** One run of a node in a simulated cluster: a real service in a process of its own. */
import type { NodeId } from "../../core/mailbox-id.ts";
import type { Carrier, Listener } from "../../ports/carrier.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Codec } from "../../ports/codec.ts";
import type { Random } from "../../ports/random.ts";
import type { TelemetryEvent } from "../../ports/telemetry.ts";
import type { NodeService } from "../../runtime/node-service.ts";
import { Service } from "../../runtime/service.ts";
import type { ServiceSettings } from "../../runtime/settings.ts";
import type { Death, SimulatedProcess } from "./process.ts";

/** What a program in a simulation has of its node. Belongs to one incarnation. */
export interface SimulatedNode {
  readonly id: NodeId;
  /** 1 for the first incarnation of the node, and one more for each that follows. */
  readonly run: number;
  /** Its name in the timeline: `2`, and from its second run on `2#2`. */
  readonly name: string;
  readonly service: NodeService;
  /** The time of its process, which faults can stop and move ahead. */
  readonly clock: Clock;
  /** Chance that the seed decides, for this run alone. */
  readonly random: Random;
  /** False once it has crashed, or was stopped. */
  readonly running: boolean;
  /** Waits in the time of its process; for ever, if the process ends first. */
  readonly sleep: (ms: number) => Promise<void>;
  /** Adds a line to the timeline. */
  readonly note: (text: string) => void;
}

export interface NodeRunPorts {
  readonly id: NodeId;
  readonly run: number;
  readonly peers: readonly NodeId[];
  readonly process: SimulatedProcess;
  readonly carrier: Carrier;
  readonly codecs: readonly Codec[];
  readonly settings: ServiceSettings;
  readonly random: Random;
  readonly onEvent: (node: NodeRun, event: TelemetryEvent) => void;
  readonly onNote: (who: string, text: string) => void;
  /** It is `running` no more. */
  readonly onEnding: () => void;
}

export class NodeRun implements SimulatedNode {
  readonly id: NodeId;
  readonly run: number;
  readonly service: Service;
  readonly process: SimulatedProcess;
  readonly random: Random;
  /** The peers that it has a link to, with their incarnation. */
  readonly linkedTo: Map<NodeId, string> = new Map();
  // Functions, not methods, since a program takes its node apart: `({ service, sleep }) => …`.
  readonly sleep: (ms: number) => Promise<void>;
  readonly note: (text: string) => void;
  readonly #onEnding: () => void;
  #leaving: Promise<void> | undefined;
  readonly #gone: Promise<void>;
  #tellGone: () => void = () => {};

  constructor(ports: NodeRunPorts) {
    const { id, run, process, random } = ports;
    this.id = id;
    this.run = run;
    this.process = process;
    this.random = random;
    this.sleep = (ms) => new Promise((resolve) => process.clock.after(ms, resolve));
    this.note = (text) => ports.onNote(process.name, text);
    this.#onEnding = ports.onEnding;
    this.#gone = new Promise((resolve) => {
      this.#tellGone = resolve;
    });
    this.service = new Service({
      clusterName: "simulation",
      nodeId: id,
      peers: ports.peers,
      settings: ports.settings,
      clock: process.clock,
      random,
      telemetry: {
        emit: (event) => {
          this.#follow(event);
          ports.onEvent(this, event);
        },
      },
      carrier: process.within(ports.carrier),
      codecs: ports.codecs,
    });
  }

  get name(): string {
    return this.process.name;
  }

  get clock(): Clock {
    return this.process.clock;
  }

  get running(): boolean {
    return !this.process.dead && this.#leaving === undefined;
  }

  die(death: Death): void {
    this.#onEnding();
    this.process.die(death);
    this.#tellGone();
  }

  /** Settles when its service has ended as a program would end it, or its process is gone. */
  leave(): Promise<void> {
    this.#leaving ??= Promise.race([this.service.terminate(), this.#gone]);
    this.#onEnding();
    return this.#leaving;
  }

  #follow(event: TelemetryEvent): void {
    if (event.type === "link_up") this.linkedTo.set(event.peer, event.epoch);
    if (event.type === "link_down") this.linkedTo.delete(event.peer);
  }
}

/** A carrier on which nobody can be reached: that of a process which did not get its port. */
export function dialOnly(carrier: Carrier): Carrier {
  const deaf: Listener = { address: "nowhere", close: async () => {} };
  return { listen: async () => deaf, dial: (peer, options) => carrier.dial(peer, options) };
}

/** What the timeline says of an event; nothing of those that come too often. */
export function describeEvent(event: TelemetryEvent): string | undefined {
  switch (event.type) {
    case "link_up":
      return `link to ${event.peer} up`;
    case "link_down":
      return `link to ${event.peer} down: ${event.reason}`;
    case "handshake_failed":
      return event.lasting ? `handshake with ${event.peer} failed: ${event.reason}` : undefined;
    case "protocol_violation":
      return `protocol violation by ${event.peer}: ${event.rule}`;
    case "messages_lost":
      return `${event.count} messages lost: ${event.cause}`;
    case "callback_failed":
      return `${event.callback} threw: ${String(event.error)}`;
    default:
      return undefined;
  }
}
