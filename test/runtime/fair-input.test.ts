import { expect, test } from "vitest";
import { turnBytes } from "../../src/core/input-turn.ts";
import { createTestCluster } from "./cluster.ts";

test("while one peer floods, timers and the messages of other peers get their turn between", async () => {
  await using cluster = createTestCluster(["1", "2", "3"]);
  const [one, two, three] = await cluster.startAll();
  const { address, mailbox } = one?.newMailbox<string>() ?? {};
  const flood = two?.address(address?.id ?? "");
  const other = three?.address(address?.id ?? "");
  const text = "x".repeat(100);
  const floodCount = Math.ceil((4 * turnBytes) / text.length);
  for (let i = 0; i < floodCount; i++) expect(flood?.send(text)).toBe(true);
  other?.send("other");

  const came: string[] = [];
  const reading = (async () => {
    for await (const message of mailbox ?? []) {
      if (came.length === 0) cluster.clock.after(0, () => came.push("timer"));
      came.push(message);
      if (came.length === floodCount + 2) return;
    }
  })();
  await cluster.clock.settle();
  await reading;

  const perTurn = turnBytes / text.length;
  expect(came.indexOf("other")).toBeLessThan(perTurn);
  expect(came.indexOf("timer")).toBeLessThan(perTurn);
});
