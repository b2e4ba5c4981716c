import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { garbageCollector } from "../../measure/garbage-collector.ts";
import type { MailboxRef } from "../../src/core/mailbox-id.ts";
import { NameTable } from "../../src/core/name-table.ts";

const self = "a";
const selfEpoch = "aaaaaaaaaaaaaaaa";
const names = fc.constantFrom("x", "y", "__proto__", "");
const peers = fc.constantFrom("b", "c");
const epochs = fc.constantFrom("1111111111111111", "2222222222222222");
const mailboxes = fc.integer({ min: 1, max: 3 });

/** The plainest thing that does the same: all claims, in order of arrival. */
interface Model {
  claims: { readonly name: string; readonly by: MailboxRef }[];
}

type TableCommand = fc.Command<Model, NameTable>;

function command(name: string, run: (model: Model, table: NameTable) => void): TableCommand {
  return {
    check: () => true,
    run(model, table) {
      run(model, table);
      expectSame(model, table);
    },
    toString: () => name,
  };
}

function expectSame({ claims }: Model, table: NameTable): void {
  const claimed = [...new Set(claims.map(({ name }) => name))];
  for (const name of ["x", "y", "__proto__", "", "constructor"]) {
    const refs = claims.filter((claim) => claim.name === name).map(({ by }) => by);
    const own = refs.find(({ nodeId }) => nodeId === self);
    expect(table.claimants(name)).toEqual(refs);
    expect(table.has(name)).toBe(refs.length > 0);
    expect(table.ownClaim(name)).toBe(own?.number);
  }
  for (const node of [self, "b", "c", "d"]) {
    expect(table.countOf(node)).toBe(claims.filter(({ by }) => by.nodeId === node).length);
  }
  expect(new Map(table.ownClaims())).toEqual(
    new Map(claims.flatMap(({ name, by }) => (by.nodeId === self ? [[name, by.number]] : []))),
  );
  expect(table.multipleClaimCount).toBe(
    claimed.filter((name) => claims.filter((claim) => claim.name === name).length >= 2).length,
  );
}

function put(model: Model, name: string, by: MailboxRef): boolean {
  const known = model.claims.find((claim) => claim.name === name && claim.by.nodeId === by.nodeId);
  if (known?.by.number === by.number && known.by.epoch === by.epoch) return false;
  model.claims = [...model.claims.filter((claim) => claim !== known), { name, by }];
  return true;
}

/** Takes out the claims that fit, and gives back their names. */
function take(model: Model, fits: (name: string, by: MailboxRef) => boolean): string[] {
  const out = model.claims.filter(({ name, by }) => fits(name, by));
  model.claims = model.claims.filter((claim) => !out.includes(claim));
  return out.map(({ name }) => name);
}

const commands: fc.Arbitrary<TableCommand>[] = [
  fc.tuple(names, mailboxes).map(([name, number]) =>
    command(`claim(${JSON.stringify(name)}, ${number})`, (model, table) => {
      const by = { nodeId: self, epoch: selfEpoch, number };

      expect(table.claim(name, number)).toBe(put(model, name, by));
    }),
  ),
  fc.tuple(names, mailboxes).map(([name, number]) =>
    command(`release(${JSON.stringify(name)}, ${number})`, (model, table) => {
      const taken = take(
        model,
        (of, by) => of === name && by.nodeId === self && by.number === number,
      );

      expect(table.release(name, number)).toBe(taken.length === 1);
    }),
  ),
  mailboxes.map((number) =>
    command(`releaseMailbox(${number})`, (model, table) => {
      const taken = take(model, (_name, by) => by.nodeId === self && by.number === number);

      expect(table.releaseMailbox(number).toSorted()).toEqual(taken.toSorted());
    }),
  ),
  fc.tuple(names, peers, epochs, mailboxes).map(([name, nodeId, epoch, number]) =>
    command(
      `claimOfPeer(${JSON.stringify(name)}, ${nodeId}:${epoch}:${number})`,
      (model, table) => {
        const by = { nodeId, epoch, number };

        expect(table.claimOfPeer(name, by)).toBe(put(model, name, by));
      },
    ),
  ),
  fc.tuple(names, peers, mailboxes).map(([name, nodeId, number]) =>
    command(`releaseOfPeer(${JSON.stringify(name)}, ${nodeId}, ${number})`, (model, table) => {
      const taken = take(
        model,
        (of, by) => of === name && by.nodeId === nodeId && by.number === number,
      );

      expect(table.releaseOfPeer(name, nodeId, number)).toBe(taken.length === 1);
    }),
  ),
  peers.map((nodeId) =>
    command(`dropNode(${nodeId})`, (model, table) => {
      const taken = take(model, (_name, by) => by.nodeId === nodeId);

      expect(table.dropNode(nodeId).toSorted()).toEqual(taken.toSorted());
    }),
  ),
];

test("each node has one claim to a name at most, and nobody else can touch it", () => {
  fc.assert(
    fc.property(fc.commands(commands, { maxCommands: 60, size: "+1" }), (list) => {
      fc.modelRun(() => ({ model: { claims: [] }, real: new NameTable(self, selfEpoch) }), list);
    }),
    { numRuns: 100 },
  );
});

describe("cleanup", () => {
  const collectGarbage = garbageCollector();

  /** The bytes that are in use when everything that is not has been collected. */
  function bytesInUse(): number {
    collectGarbage();
    return process.memoryUsage().heapUsed;
  }

  test("after a hundred thousand cycles of claims and their ends nothing is left", () => {
    const table = new NameTable(self, selfEpoch);
    let conflicts = 0;
    const cycle = (i: number) => {
      const name = `name ${i}`;
      table.claim(name, i);
      table.claim(`second ${name}`, i);
      table.claimOfPeer(name, { nodeId: `peer-${i}`, epoch: selfEpoch, number: i });
      table.claimOfPeer(name, { nodeId: "b", epoch: selfEpoch, number: i });
      conflicts += table.multipleClaimCount;
      if (i % 2 === 0) table.release(name, i);
      table.releaseMailbox(i);
      table.dropNode(`peer-${i}`);
      table.releaseOfPeer(name, "b", i);
    };
    for (let i = 1; i <= 1_000; i++) cycle(i);
    const before = bytesInUse();

    for (let i = 1; i <= 100_000; i++) cycle(i);

    expect(conflicts).toBe(101_000);
    expect([...table.ownClaims()]).toEqual([]);
    expect(table.countOf(self) + table.countOf("b") + table.multipleClaimCount).toBe(0);
    // One empty set or map left behind by each cycle would be ten times as much.
    expect(bytesInUse() - before).toBeLessThan(1_000_000);
  });
});

describe("a mesh of nodes", () => {
  const nodes = [0, 1, 2] as const;
  type NodeIndex = (typeof nodes)[number];

  type Change = {
    readonly type: "claim" | "release";
    readonly name: string;
    readonly mailbox: number;
  };

  /** One direction of a link, as the node that reads from it sees it. */
  interface Inbox {
    up: boolean;
    readonly changes: Change[];
  }

  type Step =
    | { readonly type: "claim" | "release"; at: NodeIndex; name: string; mailbox: number }
    | { readonly type: "close"; at: NodeIndex; mailbox: number }
    | { readonly type: "restart"; at: NodeIndex }
    | { readonly type: "lose" | "join" | "read"; at: NodeIndex; from: NodeIndex };

  /** Nodes that tell each other of their names as `runtime/names.ts` does. */
  class Mesh {
    readonly tables: NameTable[];
    readonly epochs: string[];
    readonly #inboxes = new Map<string, Inbox>();

    constructor() {
      this.epochs = nodes.map((node) => String(node).repeat(16));
      this.tables = nodes.map((node) => new NameTable(`n${node}`, this.epochs[node] ?? ""));
    }

    step(step: Step): void {
      const { at } = step;
      if (step.type === "claim" && this.#table(at).claim(step.name, step.mailbox)) {
        this.#tell(at, { type: "claim", name: step.name, mailbox: step.mailbox });
      } else if (step.type === "release" && this.#table(at).release(step.name, step.mailbox)) {
        this.#tell(at, { type: "release", name: step.name, mailbox: step.mailbox });
      } else if (step.type === "close") {
        for (const name of this.#table(at).releaseMailbox(step.mailbox)) {
          this.#tell(at, { type: "release", name, mailbox: step.mailbox });
        }
      } else if (step.type === "lose") this.lose(at, step.from);
      else if (step.type === "join") this.join(at, step.from);
      else if (step.type === "read") this.read(at, step.from);
      else if (step.type === "restart") this.#restart(at);
    }

    /** A node takes its link to another as lost. That one may find out later. */
    lose(at: NodeIndex, from: NodeIndex): void {
      const inbox = this.#inbox(at, from);
      if (!inbox.up) return;
      inbox.up = false;
      inbox.changes.length = 0;
      this.#table(at).dropNode(`n${from}`);
    }

    /** A new link, if the old one is gone for both: each says all that it claims. */
    join(at: NodeIndex, from: NodeIndex): void {
      if (at === from || this.#inbox(at, from).up || this.#inbox(from, at).up) return;
      for (const [reader, speaker] of [
        [at, from],
        [from, at],
      ] as const) {
        const inbox = this.#inbox(reader, speaker);
        inbox.up = true;
        inbox.changes.length = 0;
        for (const [name, mailbox] of this.#table(speaker).ownClaims()) {
          inbox.changes.push({ type: "claim", name, mailbox });
        }
      }
    }

    read(at: NodeIndex, from: NodeIndex): void {
      const change = this.#inbox(at, from).changes.shift();
      if (change === undefined) return;
      const { type, name, mailbox } = change;
      const claimant = { nodeId: `n${from}`, epoch: this.epochs[from] ?? "", number: mailbox };
      if (type === "claim") this.#table(at).claimOfPeer(name, claimant);
      else this.#table(at).releaseOfPeer(name, claimant.nodeId, mailbox);
    }

    /** Everything heals: what was lost on one side only is lost on both, and made again. */
    settle(): void {
      for (const at of nodes) {
        for (const from of nodes) {
          if (this.#inbox(at, from).up !== this.#inbox(from, at).up) {
            this.lose(at, from);
            this.lose(from, at);
          }
          this.join(at, from);
        }
      }
      for (const at of nodes) {
        for (const from of nodes) {
          while (this.#inbox(at, from).changes.length > 0) this.read(at, from);
        }
      }
    }

    #restart(at: NodeIndex): void {
      for (const from of nodes) {
        this.lose(at, from);
        this.lose(from, at);
      }
      const epoch = (Number.parseInt(this.epochs[at] ?? "0", 10) + 3).toString().padStart(16, "0");
      this.epochs[at] = epoch;
      this.tables[at] = new NameTable(`n${at}`, epoch);
    }

    /** What a node says while only it takes the link as up goes nowhere. */
    #tell(at: NodeIndex, change: Change): void {
      for (const reader of nodes) {
        const inbox = this.#inbox(reader, at);
        if (this.#inbox(at, reader).up && inbox.up) inbox.changes.push(change);
      }
    }

    #inbox(at: NodeIndex, from: NodeIndex): Inbox {
      const key = `${at} ${from}`;
      const inbox = this.#inboxes.get(key) ?? { up: false, changes: [] };
      this.#inboxes.set(key, inbox);
      return inbox;
    }

    #table(at: NodeIndex): NameTable {
      const table = this.tables[at];
      if (table === undefined) throw new Error(`There is no node ${at}.`);
      return table;
    }
  }

  const node = fc.constantFrom(...nodes);
  const steps = fc.array(
    fc.oneof<fc.MaybeWeightedArbitrary<Step>[]>(
      {
        weight: 6,
        arbitrary: fc.record({
          type: fc.constantFrom("claim" as const, "claim" as const, "release" as const),
          at: node,
          name: names,
          mailbox: mailboxes,
        }),
      },
      fc.record({ type: fc.constant("close" as const), at: node, mailbox: mailboxes }),
      {
        weight: 3,
        arbitrary: fc.record({
          type: fc.constantFrom("lose" as const, "join" as const, "join" as const),
          at: node,
          from: node,
        }),
      },
      {
        weight: 6,
        arbitrary: fc.record({ type: fc.constant("read" as const), at: node, from: node }),
      },
      fc.record({ type: fc.constant("restart" as const), at: node }),
    ),
    { maxLength: 80, size: "max" },
  );

  function shown(table: NameTable): Record<string, string[]> {
    const claimed = ["x", "y", "__proto__", ""].map((name): [string, string[]] => [
      JSON.stringify(name),
      table
        .claimants(name)
        .map(({ nodeId, epoch, number }) => `${nodeId}:${epoch}:${number}`)
        .toSorted(),
    ]);
    return Object.fromEntries(claimed);
  }

  test("has one table on every node once it is whole and quiet, the union of all live claims", () => {
    let conflicts = 0;
    fc.assert(
      fc.property(steps, (list) => {
        const mesh = new Mesh();
        for (const step of list) mesh.step(step);
        mesh.settle();

        const union: Record<string, string[]> = {
          '"x"': [],
          '"y"': [],
          '"__proto__"': [],
          '""': [],
        };
        for (const [i, table] of mesh.tables.entries()) {
          for (const [name, mailbox] of table.ownClaims()) {
            union[JSON.stringify(name)]?.push(`n${i}:${mesh.epochs[i]}:${mailbox}`);
          }
        }
        const multiple = Object.values(union).filter((claimants) => claimants.length >= 2).length;
        conflicts += multiple;
        for (const table of mesh.tables) {
          expect(shown(table)).toEqual(union);
          expect(table.multipleClaimCount).toBe(multiple);
        }
      }),
      { numRuns: 500 },
    );
    // Else the property would hold of next to nothing.
    expect(conflicts).toBeGreaterThan(100);
  });
});
