/**
 * A model of two nodes that dial each other, small enough to look at every schedule of it.
 *
 * It has what `runtime/peer.ts` knows of dials, newcomers and the link that is up, and the frames
 * of the handshake by name. `explore` walks through all orders in which things can happen: a timer
 * fires, a connection is there at one end or the other, a frame arrives; and, as often as `faults`
 * allows, a dial fails, a link is cut, somebody loses patience or a sound link is slow to answer. A
 * schedule is bad if it comes to an end, with nothing on its way and no newcomer undecided, but
 * without one link that both nodes take for the one that is up; where faults or the number of links
 * ended it early, both nodes may instead be about to dial again.
 */
import type { judgeNewcomer } from "../../src/core/link-rules.ts";

type Judge = typeof judgeNewcomer;
type NodeIndex = 0 | 1;
type Role = "dialler" | "acceptor";
type Frame = "hello" | "welcome" | "confirm" | "refuse" | "fin";
type EndState =
  | "connecting"
  | "unseen"
  | "wants_hello"
  | "probing"
  | "wants_welcome"
  | "wants_confirm"
  | "up"
  | "closed";

interface End {
  state: EndState;
  /** What is on its way to this end. */
  incoming: Frame[];
}

interface Link {
  readonly by: NodeIndex;
  readonly dialler: End;
  readonly acceptor: End;
}

interface Node {
  retry: boolean;
  dial: number | undefined;
  accepted: number | undefined;
  session: number | undefined;
}

export interface Options {
  readonly judge: Judge;
  readonly ids: readonly [string, string];
  readonly links: number;
  readonly faults: number;
}

export interface Exploration {
  readonly states: number;
  /** Schedules, step by step, that end otherwise than they may. */
  readonly bad: readonly string[];
  /** How many ends had which links up, as `0 0`: both nodes hold the first. */
  readonly endings: ReadonlySet<string>;
  /** Whether the two nodes ever took two different links for the one that is up. */
  readonly everSplit: boolean;
}

class World {
  readonly #options: Options;
  readonly nodes: readonly [Node, Node];
  readonly links: Link[];
  faults: number;

  constructor(options: Options, from?: World) {
    this.#options = options;
    const fresh = (): Node => ({
      retry: true,
      dial: undefined,
      accepted: undefined,
      session: undefined,
    });
    this.nodes =
      from === undefined ? [fresh(), fresh()] : [{ ...from.nodes[0] }, { ...from.nodes[1] }];
    this.links = (from?.links ?? []).map(({ by, dialler, acceptor }) => ({
      by,
      dialler: { ...dialler, incoming: [...dialler.incoming] },
      acceptor: { ...acceptor, incoming: [...acceptor.incoming] },
    }));
    this.faults = from?.faults ?? options.faults;
  }

  key(): string {
    const node = ({ retry, dial, accepted, session }: Node) =>
      `${retry ? "r" : ""}/${dial ?? ""}/${accepted ?? ""}/${session ?? ""}`;
    const end = ({ state, incoming }: End) => `${state}<${incoming.join()}`;
    const links = this.links.map((link) => `${link.by}${end(link.dialler)}${end(link.acceptor)}`);
    return `${this.nodes.map(node).join("|")}#${links.join("|")}#${this.faults}`;
  }

  /** Everything that could happen next, each by a name and as the world after it. */
  *next(): Generator<[event: string, after: World]> {
    for (const [event, act] of this.#events()) {
      const after = new World(this.#options, this);
      act(after);
      yield [event, after];
    }
  }

  *#events(): Generator<[string, (world: World) => void]> {
    for (const n of [0, 1] as const) {
      if (this.nodes[n].retry && this.links.length < this.#options.links) {
        yield [`node ${n} dials`, (world) => world.#dialNow(n)];
      }
    }
    for (const [i, link] of this.links.entries()) {
      if (link.dialler.state === "connecting") {
        yield [`link ${i} connects`, (world) => world.#connect(i)];
      }
      if (link.acceptor.state === "unseen") {
        yield [`link ${i} is accepted`, (world) => world.#end(i, "acceptor", "wants_hello")];
      }
      for (const role of ["dialler", "acceptor"] as const) yield* this.#eventsOfEnd(i, link, role);
      if (this.faults > 0) yield* this.#faultsOf(i, link);
    }
  }

  *#eventsOfEnd(i: number, link: Link, role: Role): Generator<[string, (world: World) => void]> {
    const { state, incoming } = link[role];
    const [frame] = incoming;
    if (frame !== undefined && state !== "unseen" && state !== "connecting") {
      yield [`link ${i}: ${role} reads ${frame}`, (world) => world.#deliver(i, role)];
    }
    if (state !== "probing") return;
    const health = this.#healthOfSession((1 - link.by) as NodeIndex);
    if (health === "sound") yield [`link ${i}: probe answered`, (world) => world.#refuse(i)];
    if (health === "broken") yield [`link ${i}: probe failed`, (world) => world.#takeOver(i)];
    if (health === "sound" && this.faults > 0) {
      yield [`link ${i}: probe failed on a slow link`, fault((world) => world.#takeOver(i))];
    }
  }

  *#faultsOf(i: number, link: Link): Generator<[string, (world: World) => void]> {
    if (link.dialler.state === "connecting") {
      yield [`link ${i} cannot be made`, fault((world) => world.#failed(i, "dialler"))];
    } else if (link.dialler.state !== "closed" || link.acceptor.state !== "closed") {
      yield [`link ${i} is cut`, fault((world) => world.#cut(i))];
    }
    for (const role of ["dialler", "acceptor"] as const) {
      const { state } = link[role];
      if (state.startsWith("wants") || state === "probing") {
        yield [`link ${i}: ${role} gives up`, fault((world) => world.#failed(i, role))];
      }
    }
  }

  /** Whether the link that a node has up would answer it. */
  #healthOfSession(n: NodeIndex): "sound" | "broken" | "unsure" {
    const { session } = this.nodes[n];
    const link = session === undefined ? undefined : this.links[session];
    if (link === undefined) return "broken";
    const other = link.by === n ? link.acceptor : link.dialler;
    if (other.state === "closed") return "broken";
    return other.state === "up" || other.incoming.includes("confirm") ? "sound" : "unsure";
  }

  #dialNow(n: NodeIndex): void {
    const node = this.nodes[n];
    node.retry = false;
    if (node.session !== undefined || node.dial !== undefined || node.accepted !== undefined)
      return;
    node.dial = this.links.length;
    this.links.push({
      by: n,
      dialler: { state: "connecting", incoming: [] },
      acceptor: { state: "unseen", incoming: [] },
    });
  }

  #connect(i: number): void {
    this.#end(i, "dialler", "wants_welcome");
    this.#send(i, "acceptor", "hello");
  }

  #deliver(i: number, role: Role): void {
    const end = this.#link(i)[role];
    const frame = end.incoming.shift();
    if (frame === "hello") this.#judge(i);
    else if (frame === "welcome") {
      this.#send(i, "acceptor", "confirm");
      this.#up(i, "dialler");
    } else if (frame === "confirm") this.#up(i, "acceptor");
    else if (end.state === "up") this.#down(i, role);
    else this.#failed(i, role);
  }

  #judge(i: number): void {
    const n = this.#nodeAt(i, "acceptor");
    const node = this.nodes[n];
    const { judge, ids } = this.#options;
    const saidHello =
      node.dial !== undefined && this.#link(node.dial).dialler.state !== "connecting";
    const judgement = judge("0123456789abcdef", {
      self: ids[n],
      peer: ids[1 - n] ?? "",
      upEpoch: node.session === undefined ? undefined : "0123456789abcdef",
      saidHello,
    });
    if (judgement.type === "refuse") this.#refuse(i);
    else if (judgement.type === "probe") this.#end(i, "acceptor", "probing");
    else {
      if (node.accepted !== undefined) this.#close(node.accepted, "acceptor");
      node.accepted = i;
      if (node.dial !== undefined && !saidHello) {
        this.#close(node.dial, "dialler");
        node.dial = undefined;
      }
      this.#end(i, "acceptor", "wants_confirm");
      this.#send(i, "dialler", "welcome");
    }
  }

  #refuse(i: number): void {
    this.#send(i, "dialler", "refuse");
    this.#failed(i, "acceptor");
  }

  /** The link that is up gave no answer: it goes first, then the newcomer is judged again. */
  #takeOver(i: number): void {
    const n = this.#nodeAt(i, "acceptor");
    const { session } = this.nodes[n];
    if (session !== undefined)
      this.#down(session, this.#link(session).by === n ? "dialler" : "acceptor");
    this.#judge(i);
  }

  #up(i: number, role: Role): void {
    const n = this.#nodeAt(i, role);
    const node = this.nodes[n];
    this.#end(i, role, "up");
    if (node.dial !== undefined && node.dial !== i) this.#close(node.dial, "dialler");
    for (const [other, link] of this.links.entries()) {
      const { state } = link.acceptor;
      const isNewcomer = link.by !== n && other !== i && state !== "unseen" && state !== "up";
      if (isNewcomer) this.#close(other, "acceptor");
    }
    Object.assign(node, { retry: false, dial: undefined, accepted: undefined, session: i });
  }

  #down(i: number, role: Role): void {
    const n = this.#nodeAt(i, role);
    this.#close(i, role);
    this.nodes[n].session = undefined;
    this.#dialLater(n);
  }

  #failed(i: number, role: Role): void {
    const n = this.#nodeAt(i, role);
    const node = this.nodes[n];
    this.#close(i, role);
    if (node.accepted === i) node.accepted = undefined;
    if (node.dial === i) node.dial = undefined;
    this.#dialLater(n);
  }

  #dialLater(n: NodeIndex): void {
    const node = this.nodes[n];
    if (node.session === undefined && node.dial === undefined) node.retry = true;
  }

  #cut(i: number): void {
    for (const end of [this.#link(i).dialler, this.#link(i).acceptor]) {
      if (end.state === "unseen") Object.assign(end, { state: "closed", incoming: [] });
      else if (end.state !== "closed") end.incoming = ["fin"];
    }
  }

  #close(i: number, role: Role): void {
    const end = this.#link(i)[role];
    if (end.state === "closed") return;
    this.#send(i, role === "dialler" ? "acceptor" : "dialler", "fin");
    end.state = "closed";
    end.incoming = [];
  }

  #send(i: number, to: Role, frame: Frame): void {
    const end = this.#link(i)[to];
    if (end.state !== "closed") end.incoming.push(frame);
  }

  #end(i: number, role: Role, state: EndState): void {
    this.#link(i)[role].state = state;
  }

  #link(i: number): Link {
    const link = this.links[i];
    if (link === undefined) throw new Error(`There is no link ${i}.`);
    return link;
  }

  #nodeAt(i: number, role: Role): NodeIndex {
    const { by } = this.#link(i);
    return role === "dialler" ? by : ((1 - by) as NodeIndex);
  }
}

function fault(act: (world: World) => void): (world: World) => void {
  return (world) => {
    world.faults -= 1;
    act(world);
  };
}

/**
 * Looks at every state that can be reached. Says how the first schedule of each bad ending goes.
 */
export function explore(options: Options): Exploration {
  const start = new World(options);
  const cameBy = new Map<string, { readonly from: string; readonly event: string } | undefined>([
    [start.key(), undefined],
  ]);
  const queue = [start];
  const bad: string[] = [];
  const endings = new Set<string>();
  let everSplit = false;
  for (const world of queue) {
    const key = world.key();
    const [first, second] = world.nodes;
    const after = [...world.next()];
    everSplit ||= (first.session ?? second.session) !== (second.session ?? first.session);
    for (const [event, next] of after) {
      const nextKey = next.key();
      if (cameBy.has(nextKey)) continue;
      cameBy.set(nextKey, { from: key, event });
      queue.push(next);
    }
    if (after.some(([event]) => !isFault(event, world))) continue;
    endings.add(`${first.session ?? "none"} ${second.session ?? "none"}`);
    const agreed = first.session !== undefined && first.session === second.session;
    const waiting = first.session === undefined && second.session === undefined;
    const willDial = first.retry && second.retry && options.faults > 0;
    if (!agreed && !(waiting && willDial)) bad.push(schedule(cameBy, key));
  }
  return { states: queue.length, bad, endings, everSplit };
}

/** What only bad luck brings about does not keep a schedule going. */
function isFault(event: string, world: World): boolean {
  if (world.faults === 0) return false;
  return /cannot be made|is cut|gives up|slow link/.test(event);
}

function schedule(
  cameBy: ReadonlyMap<string, { readonly from: string; readonly event: string } | undefined>,
  end: string,
): string {
  const events: string[] = [];
  for (let at = cameBy.get(end); at !== undefined; at = cameBy.get(at.from)) events.push(at.event);
  return [...events.reverse(), end].join("; ");
}
