/** The five processes, of which some come and go, as the command sees them. */
import type { NodePlace, NodeSetting } from "../reliability/node.ts";
import type { Part } from "../reliability/part-process.ts";
import type { Stage } from "../reliability/scenario.ts";
import type { Books, Departures } from "./accounts.ts";
import type { Mesh } from "./mesh.ts";
import { nodeCount } from "./plan.ts";
import type { Plant } from "./plant.ts";
import { type Glance, startTalker, type TalkerSetting } from "./talker.ts";
import { readLine, type ViolationKind } from "./violation.ts";

type Talker = Part<Awaited<ReturnType<typeof startTalker>>>;

export interface Member {
  readonly node: number;
  readonly process: number;
  readonly talker: Talker;
}

export interface CrewPorts {
  readonly stage: Stage;
  readonly mesh: Mesh;
  readonly options: NonNullable<NodeSetting["options"]>;
  readonly plants: readonly Plant[];
  readonly violated: (kind: ViolationKind, text: string) => void;
}

/** What all processes that ever were have said last, and that of one node. */
export interface Glances {
  readonly all: readonly Glance[];
  readonly of: (node: number) => Glance | undefined;
}

/** Who lies, if anybody is to. */
const liar = 2;
/** In MiB, and always: as large as V8 thinks fit, it would hide what a process comes to hold. */
const youngGeneration = "--max-semi-space-size=2";
const leaveLimitMs = 10_000;
const nobody: Departures = Object.freeze({ left: [], doubt: 0, killed: [] });
export const nodeIds: readonly number[] = Array.from({ length: nodeCount }, (_, i) => i + 1);

export class Crew {
  readonly #ports: CrewPorts;
  readonly #members = new Map<number, Member>();
  /** What each process said last, those that are gone among them. */
  readonly #glances = new Map<number, Glance>();
  readonly #frozen = new Set<number>();
  /** Processes that are to end. */
  readonly #dismissed = new Set<number>();
  #departures: Departures = nobody;
  #processes = 0;

  constructor(ports: CrewPorts) {
    this.#ports = ports;
  }

  get members(): readonly Member[] {
    return nodeIds.flatMap((id) => this.#members.get(id) ?? []);
  }

  /** A new process of the node, which begins to talk. */
  async start(node: number): Promise<void> {
    const { stage, plants } = this.#ports;
    const process = ++this.#processes;
    const setting: TalkerSetting = {
      node: this.#settingOf(node),
      others: nodeIds.filter((id) => id !== node),
      process,
      seed: stage.seed + process,
      plants: node === liar ? plants : [],
    };
    const talker: Talker = await stage.start(startTalker, setting, {
      flags: [youngGeneration],
      heard: (line) => {
        const { kind, text } = readLine(line);
        this.#ports.violated(kind, `node ${node}: ${text}`);
      },
    });
    this.#members.set(node, { node, process, talker });
    void talker.gone.then((how) => {
      if (this.#dismissed.has(process) || stage.signal.aborted) return;
      this.#ports.violated("process", `node ${node}: its process ended (${how})`);
    });
    await talker.ask.talk();
  }

  async kill(node: number): Promise<void> {
    const { talker, process } = this.#member(node);
    this.#dismiss(node);
    talker.kill();
    await talker.gone;
    const { killed, ...rest } = this.#departures;
    this.#departures = { ...rest, killed: [...killed, { node, process }] };
  }

  /** Ends a process in peace, and takes its last figures down. */
  async leave(node: number): Promise<void> {
    const { talker } = this.#member(node);
    const before = await this.#inDoubt();
    const more = (of: number, inDoubt: number) => Math.max(0, inDoubt - (before.get(of) ?? 0));
    const books = await talker.ask.end();
    this.#dismiss(node);
    await talker.leave(leaveLimitMs);
    const how = await talker.gone;
    if (how !== 0) this.#ports.violated("process", `node ${node}: did not end by itself (${how})`);
    // In doubt is what was under way when a link was lost before all goodbyes were said.
    const doubts = await Promise.all(
      this.members.map(async (each) => more(each.node, await each.talker.ask.parted(node))),
    );
    const own = more(node, books.account.lost.in_doubt);
    const doubt = doubts.reduce((sum, each) => sum + each, own);
    const { left, killed, doubt: so } = this.#departures;
    this.#departures = { left: [...left, books], killed, doubt: so + doubt };
  }

  freeze(node: number): void {
    this.#frozen.add(node);
    this.#member(node).talker.signal("SIGSTOP");
  }

  thaw(node: number): void {
    this.#frozen.delete(node);
    this.#member(node).talker.signal("SIGCONT");
  }

  /** Whether all have met all within the time. */
  async meet(limitMs: number): Promise<boolean> {
    const met = await Promise.all(this.members.map(({ talker }) => talker.ask.meet(limitMs)));
    return met.every((each) => each);
  }

  get departures(): Departures {
    return this.#departures;
  }

  forgetDepartures(): void {
    this.#departures = nobody;
  }

  books(): Promise<readonly Books[]> {
    return Promise.all(this.members.map(({ talker }) => talker.ask.books()));
  }

  /** Those that stand still are not asked again. */
  async glance(): Promise<Glances> {
    const awake = this.members.filter(({ node }) => !this.#frozen.has(node));
    await Promise.all(
      awake.map(async ({ process, talker }) => {
        // One that has just been killed has said what it had to say.
        const glance = await talker.ask.glance().catch(() => undefined);
        if (glance !== undefined) this.#glances.set(process, glance);
      }),
    );
    return {
      all: [...this.#glances.values()],
      of: (node) => this.#glances.get(this.#members.get(node)?.process ?? 0),
    };
  }

  #member(node: number): Member {
    const member = this.#members.get(node);
    if (member === undefined) throw new Error(`Node ${node} is not there.`);
    return member;
  }

  /** How many messages each has in doubt, by its node. */
  async #inDoubt(): Promise<ReadonlyMap<number, number>> {
    const ask = async ({ node, talker }: Member) => {
      const { lost } = await talker.ask.glance();
      return [node, lost.in_doubt] as const;
    };
    return new Map(await Promise.all(this.members.map(ask)));
  }

  #dismiss(node: number): void {
    this.#dismissed.add(this.#member(node).process);
    this.#members.delete(node);
  }

  #settingOf(id: number): NodeSetting {
    const { stage, mesh, options } = this.#ports;
    const nodes: readonly NodePlace[] = mesh.placesSeenBy(id);
    return { folder: stage.folder, id, nodes, options };
  }
}
