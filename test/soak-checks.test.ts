import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Account } from "../reliability/ledger.ts";
import { Accounts, type Books, outside } from "../soak/accounts.ts";
import { type NamesView, namesWrong } from "../soak/name-views.ts";
import { numbered, StreamCheck } from "../soak/stream-check.ts";
import { readLine } from "../soak/violation.ts";
import { WatchLedger } from "../soak/watch-ledger.ts";
import { lossCauses } from "../src/core/loss.ts";

describe("the messages that come into a mailbox", () => {
  const message = (process: number, number: number, from = 1) =>
    numbered({ from, process }, { to: "here", number, size: 10 });

  test("may have gaps, and come from several nodes and their later processes", () => {
    const check = new StreamCheck();
    const all = [message(1, 1), message(1, 5), message(2, 3, 2), message(7, 1), message(1, 6, 3)];
    expect(all.map((each) => check.take(each, "here"))).toEqual(all.map(() => undefined));
  });

  test.each([
    ["twice", message(4, 9), "order"],
    ["late", message(4, 8), "order"],
    ["of a process whose successor was heard", message(3, 10), "order"],
    ["cut", { ...message(4, 10), bytes: new Uint8Array(9) }, "order"],
    ["changed", { ...message(4, 10), bytes: new Uint8Array(10) }, "order"],
    ["for another mailbox", { ...message(4, 10), to: "there" }, "stranger"],
  ])("are wrong when one comes %s", (_, wrong, kind) => {
    const check = new StreamCheck();
    expect(check.take(message(4, 9), "here")).toBeUndefined();
    expect(check.take(wrong, "here")).toMatchObject({ kind });
  });
});

describe("a watch", () => {
  test("has one notice, or none where it was taken back", () => {
    const ledger = new WatchLedger();
    for (const id of ["a", "b", "c"]) ledger.asked(id);
    expect(ledger.noticed("a")).toBeUndefined();
    expect(ledger.takenBack("b", true)).toBeUndefined();
    expect(ledger.pending).toEqual(["c"]);
    ledger.asked("a");
    expect(ledger.noticed("a")).toBeUndefined();
  });

  test("is wrong when its notice comes twice, unasked, or after it was taken back", () => {
    const ledger = new WatchLedger();
    ledger.asked("a");
    ledger.asked("b");
    ledger.noticed("a");
    ledger.takenBack("b", true);
    for (const id of ["a", "b", "c"]) expect(ledger.noticed(id)).toContain("twice, or unasked");
  });

  test("is wrong when removeNotify says what cannot be", () => {
    const ledger = new WatchLedger();
    ledger.asked("a");
    expect(ledger.takenBack("a", false)).toContain("no notice of a had come");
    expect(ledger.takenBack("a", true)).toContain("nobody waited");
  });
});

describe("what the nodes say of names", () => {
  const view = (node: number, changes: Partial<NamesView> = {}): NamesView => ({
    node,
    claims: node === 1 ? { x: ["1:a"], y: ["1:b"] } : { x: ["2:a"] },
    seen: { x: ["2:a", "1:a"], y: ["1:b"], z: [] },
    contested: 1,
    told: { x: ["1:a", "2:a"] },
    ...changes,
  });

  test("fits when each finds all that is claimed, in whatever order", () => {
    expect(namesWrong([view(1), view(2)])).toEqual([]);
  });

  test.each([
    [{ seen: { x: ["2:a"] } }, "node 2 finds 2:a under x, claimed by 1:a and 2:a"],
    [{ seen: { z: ["3:a"] } }, "node 2 finds 3:a under z, claimed by nobody"],
    [{ contested: 0 }, "node 2 counts 0 contested names of 1"],
    [{ told: {} }, "node 2 was last told of other claimants of x than there are"],
  ])("is wrong when one says %j", (changes, expected) => {
    expect(namesWrong([view(1), view(2, changes)])).toEqual([expected]);
  });
});

describe("the account of processes that come and go", () => {
  const none = Object.fromEntries(lossCauses.map((cause) => [cause, 0])) as Account["lost"];

  /** Processes that send to each other; what becomes of a message is decided as it is sent. */
  class World {
    readonly books = new Map<number, Books>();
    #last = 0;

    start(node: number): void {
      const account = { sent: 0, delivered: 0, lost: none };
      const process = ++this.#last;
      this.books.set(node, { node, process, account, sentTo: {}, gotFrom: {} });
    }

    /** To a node that is not there it is lost; else it is lost now and then, at either end. */
    send(from: number, to: number, fate: number): void {
      if (!this.books.has(from) || from === to) return;
      this.#change(from, ({ account, sentTo }) => {
        sentTo[to] = (sentTo[to] ?? 0) + 1;
        return { ...account, sent: account.sent + 1 };
      });
      if (!this.books.has(to)) this.#lose(from, "no_connection");
      else if (fate === 0) this.#lose(from, "link_lost");
      else if (fate === 1) this.#lose(to, "closed");
      else {
        this.#change(to, ({ account, gotFrom }) => {
          gotFrom[from] = (gotFrom[from] ?? 0) + 1;
          return { ...account, delivered: account.delivered + 1 };
        });
      }
    }

    #lose(node: number, cause: keyof Account["lost"]): void {
      this.#change(node, ({ account }) => {
        const { lost } = account;
        return { ...account, lost: { ...lost, [cause]: lost[cause] + 1 } };
      });
    }

    #change(
      node: number,
      change: (mine: {
        account: Account;
        sentTo: Record<number, number>;
        gotFrom: Record<number, number>;
      }) => Account,
    ): void {
      const before = this.books.get(node);
      if (before === undefined) return;
      const mine = { ...before, sentTo: { ...before.sentTo }, gotFrom: { ...before.gotFrom } };
      this.books.set(node, { ...mine, account: change(mine) });
    }
  }

  type Act =
    | { readonly what: "send"; readonly from: number; readonly to: number; readonly fate: number }
    | { readonly what: "kill" | "leave" | "start"; readonly node: number }
    | { readonly what: "rest" };

  const node = fc.integer({ min: 1, max: 4 });
  const act: fc.Arbitrary<Act> = fc.oneof(
    {
      weight: 10,
      arbitrary: fc.record({
        what: fc.constant("send" as const),
        from: node,
        to: node,
        fate: fc.integer({ min: 0, max: 5 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ what: fc.constantFrom("kill", "leave", "start"), node }) },
    { weight: 1, arbitrary: fc.record({ what: fc.constant("rest" as const) }) },
  );

  interface Rest {
    /** How far the account was from what is allowed. */
    readonly far: number;
    readonly living: number;
  }

  /** Plays it, with so many messages that each who lives does not own up to. */
  function play(acts: readonly Act[], hidden: number): readonly Rest[] {
    const world = new World();
    const accounts = new Accounts();
    let left: Books[] = [];
    let killed: { node: number; process: number }[] = [];
    const found: Rest[] = [];
    for (const id of [1, 2, 3, 4]) world.start(id);
    for (const each of acts) {
      switch (each.what) {
        case "send":
          world.send(each.from, each.to, each.fate);
          break;
        case "start":
          if (!world.books.has(each.node)) world.start(each.node);
          break;
        case "rest": {
          const living = [...world.books.values()].map((books) => {
            const { account } = books;
            return { ...books, account: { ...account, delivered: account.delivered - hidden } };
          });
          const far = outside(accounts.balance(living, { left, doubt: 0, killed }));
          found.push({ far, living: living.length });
          accounts.rest([...world.books.values()]);
          left = [];
          killed = [];
          break;
        }
        default: {
          const gone = world.books.get(each.node);
          if (gone === undefined) break;
          world.books.delete(each.node);
          if (each.what === "leave") left = [...left, gone];
          else killed = [...killed, gone];
        }
      }
    }
    return found;
  }

  test("comes out even at each rest, and within its bounds where somebody was killed", () => {
    fc.assert(
      fc.property(fc.array(act, { minLength: 50, maxLength: 200 }), (acts) => {
        expect(play(acts, 0).filter(({ far }) => far !== 0)).toEqual([]);
      }),
    );
  });

  test("allows for what was in doubt when somebody left without a goodbye, and for no more", () => {
    const books = (process: number, account: Account): Books => {
      return { node: process, process, account, sentTo: {}, gotFrom: {} };
    };
    // Three that had arrived are taken for lost, since nobody could say so any more.
    const stayed = books(1, { sent: 10, delivered: 0, lost: { ...none, link_lost: 3 } });
    const left = [books(2, { sent: 0, delivered: 10, lost: none })];
    const far = (doubt: number): number =>
      outside(new Accounts().balance([stayed], { left, doubt, killed: [] }));

    expect([far(4), far(3), far(2), far(0)]).toEqual([0, 0, -1, -3]);
  });

  test("has nothing in doubt but with those who are gone, and what was so before", () => {
    const accounts = new Accounts();
    const books = (inDoubt: number, sentTo = {}): Books => {
      const account = { sent: 10, delivered: 0, lost: { ...none, in_doubt: inDoubt } };
      return { node: 1, process: 1, account, sentTo, gotFrom: {} };
    };
    accounts.rest([books(5, { 4: 2 })]);
    const nobody = { left: [], doubt: 0, killed: [] };
    const killed = [{ node: 4, process: 4 }];

    expect(accounts.undueDoubt([books(5)], nobody)).toBe(0);
    expect(accounts.undueDoubt([books(6)], nobody)).toBe(1);
    expect(accounts.undueDoubt([books(8)], { ...nobody, doubt: 3 })).toBe(0);
    expect(accounts.undueDoubt([books(9)], { ...nobody, doubt: 3 })).toBe(1);
    expect(accounts.undueDoubt([books(8, { 4: 5 })], { ...nobody, killed })).toBe(0);
    expect(accounts.undueDoubt([books(9, { 4: 5 })], { ...nobody, killed })).toBe(1);
  });

  test("shows each message that is missing, unless somebody was killed", () => {
    const peaceful = act.filter(({ what }) => what !== "kill");
    fc.assert(
      fc.property(fc.array(peaceful, { minLength: 20, maxLength: 100 }), (acts) => {
        for (const { far, living } of play(acts, 1)) expect(far).toBe(living);
      }),
    );
  });
});

test.each([
  ["VIOLATION order message 3 came twice", { kind: "order", text: "message 3 came twice" }],
  ["Restore order now", { kind: "process", text: "wrote Restore order now" }],
  ["VIOLATION weather rain", { kind: "process", text: "wrote VIOLATION weather rain" }],
  ["Error: out of luck", { kind: "process", text: "wrote Error: out of luck" }],
])("the line %j of a process is a violation", (line, expected) => {
  expect(readLine(line)).toEqual(expected);
});
