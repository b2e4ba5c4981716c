import { describe, expect, test } from "vitest";
import { createTlsServices } from "./tls-services.ts";

describe("over TLS a node that stops in peace", () => {
  test.each([
    ["to it", 0, 4_000],
    ["to the other", 4_000, 0],
    ["both ways", 2_000, 2_000],
  ])("loses nothing that was on its way %s", async (_where, fromIt, fromOther) => {
    await using cluster = await createTlsServices(["1", "2"]);
    const [one, two] = await Promise.all([cluster.start("1"), cluster.start("2")]);
    await Promise.all([one.connected(2), two.connected(1)]);
    const [atOne, atTwo] = [one.newMailbox(), two.newMailbox()];
    const toOne = two.address(atOne.address.id);
    const toTwo = one.address(atTwo.address.id);
    const text = "x".repeat(1_024);
    for (let i = 0; i < fromOther; i++) expect(toOne.send({ i, text })).toBe(true);
    for (let i = 0; i < fromIt; i++) expect(toTwo.send({ i, text })).toBe(true);
    await one.stop();

    expect(atOne.mailbox.messageCount).toBe(fromOther);
    expect(atTwo.mailbox.messageCount).toBe(fromIt);
    for (const service of [one, two]) {
      expect(Object.values(service.stats().lost).every((count) => count === 0)).toBe(true);
    }
  });
});
