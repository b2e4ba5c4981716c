/** Every file in `examples` runs, and says what it is there to say. */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { main as ask } from "../examples/ask-with-reply-address.ts";
import { main as closeNotice } from "../examples/close-notice.ts";
import { main as lockService } from "../examples/lock-service.ts";
import { main as lockServiceSimulation } from "../examples/lock-service-simulation.ts";
import { main as names } from "../examples/names.ts";
import { main as netsplit } from "../examples/netsplit.ts";
import { main as replayASeed } from "../examples/replay-a-seed.ts";
import { main as selectiveReceive } from "../examples/selective-receive.ts";

const examples = {
  "ask-with-reply-address.ts": { main: ask, prints: ["The balance is 100."] },
  "close-notice.ts": {
    main: closeNotice,
    prints: ["yes, you asked: are you there?", "no answer: closed", "no answer: noproc"],
  },
  "lock-service.ts": {
    main: lockService,
    prints: [
      "The first has the lock, with token 1.",
      "It still has it after five minutes: true.",
      "Now the second has it, with token 2.",
    ],
  },
  "lock-service-simulation.ts": {
    main: lockServiceSimulation,
    prints: ["4 seeds, and all held."],
  },
  "names.ts": {
    main: names,
    prints: ["a received: hello from b", '"queue" is claimed by a and b', "and now by 1"],
  },
  "netsplit.ts": {
    main: netsplit,
    prints: ["noconnection: false", "the same mailbox again: true"],
  },
  "replay-a-seed.ts": {
    main: replayASeed,
    prints: ["cut is enough.", "The same run again: true."],
  },
  "selective-receive.ts": {
    main: selectiveReceive,
    prints: ["tea: on its way", "milk: sold out", "bread: on its way"],
  },
};

test("every example is run by a test", () => {
  const files = readdirSync(fileURLToPath(new URL("../examples", import.meta.url)));
  const programs = files.filter((file) => file.endsWith(".ts")).sort();

  // The chat talks to a terminal and to other processes: `test/cli/chat.test.ts` runs it.
  expect(programs).toEqual([...Object.keys(examples), "chat.ts"].sort());
});

test.each(Object.entries(examples))(
  "%s prints what it is to show",
  {
    timeout: 60_000,
  },
  async (_, { main, prints }) => {
    const printed: string[] = [];

    await main((line) => printed.push(line));

    expect(printed).toEqual(prints);
  },
);
