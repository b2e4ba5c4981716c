/** The checks that simulated lives are put to: each of them finds what it is for. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { canaries } from "../simulation/canaries.ts";
import { withDefect } from "../simulation/defective-copy.ts";
import { addTotals, noLives } from "../simulation/lives.ts";
import { Mailboxes } from "../simulation/mailboxes.ts";
import { MessageHistory } from "../simulation/message-history.ts";
import { Watcher } from "../simulation/notice-history.ts";
import { rareStates, reachedInThousand } from "../simulation/rare-states.ts";
import { regressions } from "../simulation/regressions.ts";
import { canaryLine, isFound } from "../simulation/report.ts";
import { Violations } from "../simulation/violations.ts";

/** Node 1 has the mailbox "there", and node 2 the bounded mailbox "small". */
function world() {
  const violations = new Violations();
  const mailboxes = new Mailboxes();
  const owner = { running: true };
  mailboxes.add({ id: "there", nodeId: "1", owner, bounded: false });
  mailboxes.add({ id: "small", nodeId: "2", owner, bounded: true });
  const messages = new MessageHistory(mailboxes, violations);
  const broken = (): string => {
    try {
      violations.check();
      return "";
    } catch (error) {
      return String(error).replace("Error: ", "");
    }
  };
  return { violations, mailboxes, messages, owner, broken };
}

/** What `send` said of a message, and on which link it went. */
type Send = readonly [taken: boolean, link: number];

describe("the history of messages", () => {
  /** Messages from one node to a mailbox, and then the numbers of those received, in order. */
  function brokenBy(to: string, sent: readonly Send[], received: readonly number[]): string {
    const { messages, broken } = world();
    const message = (n: number) => ({ from: "3", to, n });
    for (const [n, [taken, link]] of sent.entries()) messages.sent(message(n), { taken, link });
    for (const n of received) messages.arrived(message(n), to);
    return broken();
  }
  const four: readonly Send[] = [
    [true, 0],
    [true, 0],
    [true, 1],
    [true, 1],
  ];

  test.each([
    ["all in order", "there", four, [0, 1, 2, 3]],
    ["none", "there", four, []],
    ["those of a link that was lost missing", "there", four, [0, 2, 3]],
    ["one that a bounded mailbox threw away missing", "small", four, [0, 1, 3]],
    [
      "one missing that send refused",
      "there",
      [
        [true, 0],
        [false, 0],
        [true, 0],
      ],
      [0, 2],
    ],
  ] as const)("takes %s for right", (_, to, sent, received) => {
    expect(brokenBy(to, sent, received)).toBe("");
  });

  test.each([
    ["one twice", [0, 0], "G2: message 0 from 3 to there is received twice"],
    [
      "two in the wrong order",
      [0, 2, 1],
      "G1: message 1 from 3 to there is received behind message 2",
    ],
    ["a gap on one link", [0, 1, 3], "G3: message 3 from 3 to there is received without message 2"],
    ["one that was never sent", [0, 1, 2, 3, 4], "G2: message 4 from 3 to there was never sent"],
  ] as const)("finds %s", (_, received, problem) => {
    expect(brokenBy("there", four, received)).toContain(problem);
  });

  test("finds one for which send was false, and one in the mailbox of another", () => {
    expect(brokenBy("there", [[false, 0]], [0])).toContain("G7: message 0 from 3 to there");
    const { messages, broken } = world();
    messages.sent({ from: "3", to: "there", n: 0 }, { taken: true, link: 0 });
    messages.arrived({ from: "3", to: "there", n: 0 }, "small");
    expect(broken()).toContain("G14: a message for there is received in small");
  });
});

describe("the history of messages, in the end", () => {
  test("misses the last of a link that is still up, and none of a link that is lost", () => {
    const { messages, broken } = world();
    messages.sent({ from: "3", to: "there", n: 0 }, { taken: true, link: 1 });
    messages.checkNothingMissing("3", () => 2);
    expect(broken()).toBe("");
    messages.checkNothingMissing("3", () => 1);
    expect(broken()).toContain("G3: message 0 from 3 to there is missing in the end");
  });

  test.each([
    ["bytes", { bytes: new Uint8Array(3) }, { bytes: new Uint8Array(2) }],
    ["an address", { giftId: "small" }, {}],
  ])("finds a message that has lost %s on the way", (_, sent, received) => {
    const { messages, broken } = world();
    const message = { from: "3", to: "there", n: 0 };
    messages.sent({ ...message, ...sent }, { taken: true, link: 0 });
    messages.arrived({ ...message, ...received }, "there");
    expect(broken()).toContain("G6: message 0 from 3 to there is not what was sent");
  });
});

describe("the history of notices", () => {
  function watcher() {
    const parts = world();
    return { ...parts, watcher: new Watcher("mine", "2", parts) };
  }

  test("takes one notice for each that asked for right, whatever it says of a mailbox that is gone", () => {
    const { watcher: mine, mailboxes, broken } = watcher();
    for (const reason of ["closed", "noproc", "noconnection"] as const) {
      mailboxes.closed("there");
      mine.watched("there", false, 0);
      mine.watched("there", false, 0);
      mine.noticed("there", reason);
    }
    mine.watched("there", false, 0);
    mine.unwatched("there", true);
    mine.unwatched("there", false);
    mine.checkAllNoticed(() => 0);
    expect(broken()).toBe("");
  });

  type Mine = ReturnType<typeof watcher>;
  test.each<[string, (parts: Mine) => void, string]>([
    ["one too many", ({ watcher: w }) => w.noticed("there", "noconnection"), "too many"],
    [
      "one that never comes",
      ({ watcher: w, mailboxes }) => {
        w.watched("there", false, 0);
        mailboxes.closed("there");
        w.checkAllNoticed(() => 0);
      },
      "the mailbox is gone, and no notice came",
    ],
    [
      "one that never comes for a link that is gone, of a mailbox that is open",
      ({ watcher: w }) => {
        w.watched("there", false, 0);
        w.checkAllNoticed(() => 1);
      },
      "G10: watcher mine, mailbox there: the link of the watch is gone, and no notice came",
    ],
    [
      "one that comes although it was taken back",
      ({ watcher: w }) => {
        w.watched("there", false, 0);
        w.unwatched("there", true);
        w.noticed("there", "noconnection");
      },
      "too many",
    ],
    [
      "an answer that says that none was owed",
      ({ watcher: w }) => {
        w.watched("there", false, 0);
        w.unwatched("there", false);
      },
      "is owed and lost",
    ],
    [
      "one that says closed of a mailbox that is open",
      ({ watcher: w }) => {
        w.watched("there", false, 0);
        w.noticed("there", "closed");
      },
      "G9: watcher mine, mailbox there: closed, while the mailbox is open",
    ],
    [
      "one that says noconnection of the node itself",
      ({ watcher: w }) => {
        w.watched("small", false, 0);
        w.noticed("small", "noconnection");
      },
      "G13",
    ],
    [
      "another word than noproc for another incarnation",
      ({ watcher: w }) => {
        w.watched("there", true, 0);
        w.noticed("there", "noconnection");
      },
      "G14: watcher mine, mailbox there: noconnection, and not noproc",
    ],
    [
      "one ahead of what was sent before the end",
      ({ watcher: w, mailboxes }) => {
        w.watched("there", false, 0);
        mailboxes.closed("there");
        w.farewell("there", { from: "1", link: 0, n: 0 });
        w.noticed("there", "closed");
      },
      "G11: watcher mine, mailbox there: the notice is ahead of message 0",
    ],
  ])("finds %s", (_, happens, problem) => {
    const parts = watcher();
    happens(parts);
    expect(parts.broken()).toContain(problem);
  });
});

describe("a canary", () => {
  const [canary] = canaries;
  if (canary === undefined) throw new Error("Expected a canary.");
  const { find, replace } = canary;

  test("changes its one place in the code", () => {
    expect(withDefect(`a ${find} b`, canary)).toBe(`a ${replace} b`);
  });

  test.each([
    ["nowhere", "a b", 0],
    ["twice", `${find} ${find}`, 2],
  ])("that fits %s is an error, since it would prove nothing", (_, code, times) => {
    expect(() => withDefect(code, canary)).toThrow(`found it ${times} times`);
  });

  test.each(canaries)("$id fits the code as it is built: $defect", (each) => {
    const code = readFileSync(new URL(`../dist/${each.file}`, import.meta.url), "utf8");
    expect(withDefect(code, each)).not.toBe(code);
  });

  test("counts as found by a broken promise alone, and not by a crash", () => {
    const of = (failure: string) => ({ ...noLives, lives: 2, failures: [`${failure}\nmore`] });
    const broken = [
      'Seed 1 failed at 0:08.063: Invariant "G15" does not hold: G15: two links',
      "Seed 1: G32: 0 links and 1 timers are left",
    ];
    expect(broken.map((failure) => isFound(of(failure)))).toEqual([true, true]);
    const crash = of("A worker ended with exit code 1.");
    expect(isFound(crash)).toBe(false);
    expect(isFound(noLives)).toBe(false);
    expect(canaryLine(canary, crash)).toContain("no promise broken, but: A worker ended");
  });

  test("is there for each defect that a simulation has found and finds often", () => {
    const ids = canaries.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const known = regressions.map(({ canary: its }) => its);
    expect(known.length).toBeGreaterThan(0);
    expect(ids).toEqual(expect.arrayContaining(known));
  });
});

test("the totals of lives are the sums of their parts, and a state never reached is told as 0", () => {
  const [first = "", second = ""] = rareStates;
  const one = { ...noLives, lives: 2, failures: ["a"], sometimes: { [first]: 3 } };
  const sum = addTotals(one, { ...noLives, lives: 3, sometimes: { [first]: 2 }, cpuMs: 5 });

  expect(sum).toEqual({ ...one, lives: 5, sometimes: { [first]: 5 }, cpuMs: 5 });
  expect(reachedInThousand(sum.sometimes, sum.lives).get(first)).toBe(1_000);
  expect(reachedInThousand(sum.sometimes, sum.lives).get(second)).toBe(0);
});
