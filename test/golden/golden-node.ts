/** A node that does what a recording says, and tells what a program on it gets to know. */
import type { Codec } from "../../src/index.ts";
import * as reign from "../../src/index.ts";
import type { Carrier } from "../../src/ports/carrier.ts";
import { Service } from "../../src/runtime/service.ts";
import { resolveSettings } from "../../src/runtime/settings.ts";
import { codecValues } from "../../src/testing/codec-values.ts";
import {
  createRecordingTelemetry,
  type RecordingTelemetry,
} from "../../src/testing/recording-telemetry.ts";
import type { VirtualClock } from "../../src/testing/virtual-clock.ts";
import { canonical } from "./canonical.ts";
import type { Action, NodeName, NodeSettings, Recording } from "./recording.ts";

/** Every codec of the package. */
export function allCodecs(): Codec[] {
  return Object.entries(reign)
    .filter(([name]) => /^create\w+Codec$/.test(name))
    .map(([, create]) => Reflect.apply(create as () => Codec, undefined, []));
}

export interface GoldenNode {
  readonly service: Service;
  /** Does it at once; what takes time is heard of later. */
  act(action: Action): void;
  /** What it has heard since, in order: first what it was told, then what is in its mailboxes. */
  hear(): string[];
}

export function createGoldenNode(
  name: NodeName,
  { nodes, codec }: Pick<Recording, "nodes" | "codec">,
  ports: { readonly clock: VirtualClock; readonly carrier: Carrier },
): GoldenNode {
  const { epoch, cluster, traceparent } = nodes[name];
  const telemetry = createRecordingTelemetry();
  const service = new Service({
    clusterName: cluster,
    nodeId: name,
    peers: name === "1" ? ["2"] : ["1"],
    settings: resolveSettings({}),
    random: { epoch: () => epoch, fraction: () => 0.5 },
    telemetry,
    codecs: allCodecs().filter((each) => each.name === codec),
    traceContext: traceparent === undefined ? undefined : () => traceparent,
    ...ports,
  });
  return new ActingNode(service, telemetry, nodes);
}

class ActingNode implements GoldenNode {
  readonly service: Service;
  readonly #telemetry: RecordingTelemetry;
  readonly #nodes: Readonly<Record<NodeName, NodeSettings>>;
  readonly #mailboxes: reign.NewMailbox<unknown>[] = [];
  readonly #closed = new Set<number>();
  readonly #heard: string[] = [];

  constructor(
    service: Service,
    telemetry: RecordingTelemetry,
    nodes: Readonly<Record<NodeName, NodeSettings>>,
  ) {
    this.service = service;
    this.#telemetry = telemetry;
    this.#nodes = nodes;
  }

  act(action: Action): void {
    switch (action[0]) {
      case "start":
        void this.service.start();
        break;
      case "stop":
        void this.service.stop();
        break;
      case "mailbox":
        this.#mailboxes.push(this.service.newMailbox());
        break;
      case "close":
        this.#own(action[1]).mailbox.close();
        this.#closed.add(action[1]);
        break;
      case "let pass":
        break;
      default:
        this.#talk(action);
    }
  }

  hear(): string[] {
    for (const event of this.#telemetry.events) {
      if (event.type === "link_up" || event.type === "link_down") this.#heard.push(event.type);
      if (event.type === "protocol_violation") this.#heard.push(`violation: ${event.rule}`);
      if (event.type === "handshake_failed") this.#heard.push(`no link: ${event.reason}`);
    }
    this.#telemetry.clear();
    for (const [index, { mailbox }] of this.#mailboxes.entries()) {
      // A mailbox that is closed has nothing for anybody.
      if (this.#closed.has(index + 1)) continue;
      for (;;) {
        const message = mailbox.tryReceive();
        if (message === undefined) break;
        const traced = this.service.traceparentOf(message);
        const context = traced === undefined ? "" : `, in ${traced}`;
        this.#heard.push(`mailbox ${index + 1} has ${canonical(message)}${context}`);
      }
    }
    return this.#heard.splice(0);
  }

  #talk(
    action: Exclude<
      Action,
      readonly ["start" | "stop" | "mailbox" | "close" | "let pass", ...unknown[]]
    >,
  ): void {
    const { names } = this.service;
    switch (action[0]) {
      case "send":
        this.#at(action[1]).send(action[2]);
        break;
      case "send bytes":
        this.#at(action[1]).send(new Uint8Array(action[2]).fill(7));
        break;
      case "send value":
        this.#at(action[1]).send(tableValue(action[2]));
        break;
      case "watch":
        this.#at(action[1]).onCloseNotify(this.#own(action[2]).address);
        break;
      case "unwatch":
        this.#at(action[1]).removeNotify(this.#own(action[2]).address);
        break;
      case "register":
        names.register(action[1], this.#own(action[2]).address);
        break;
      case "unregister":
        names.unregister(action[1], this.#own(action[2]).address);
        break;
      case "look up": {
        const found = names.lookupAll(action[1]).map(String).sort();
        this.#heard.push(`${action[1]} is ${found.join(", ") || "nobody"}`);
        break;
      }
      case "sync names":
        void names.sync().then(() => this.#heard.push("names are in step"));
        break;
    }
  }

  #own(number: number): reign.NewMailbox<unknown> {
    const found = this.#mailboxes[number - 1];
    if (found === undefined) throw new Error(`There is no mailbox ${number}.`);
    return found;
  }

  #at(place: string): reign.Address {
    const [node = "", number = ""] = place.split(":");
    const { epoch } = this.#nodes[node as NodeName];
    return this.service.address(`${node}:${epoch}:${number}`);
  }
}

function tableValue(name: string): unknown {
  const found = codecValues().find((each) => each.name === name);
  if (found === undefined) throw new Error(`The table of values has no ${name}.`);
  return found.value();
}
