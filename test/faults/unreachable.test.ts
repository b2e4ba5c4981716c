import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { networkNamespaces, testNeeding } from "../needs.ts";
import { busyMs, createFaultCluster, type FaultNode, retries } from "./fault-cluster.ts";
import { note, times } from "./figures.ts";
import { createNetwork, type Host } from "./namespaces.ts";

const inNamespaces = testNeeding(networkNamespaces);

/** The longest time between two messages that a node got, from `since` on. */
function longestGap(node: FaultNode, since: number): number {
  const moments = node.events
    .slice(since)
    .flatMap(({ event, at }) => (event === "message" ? [at] : []));
  return Math.max(...moments.slice(1).map((at, i) => at - (moments[i] ?? at)));
}

describe("nodes that cannot be reached", () => {
  inNamespaces("for whatever reason hold nobody up, and are dialled for ever", async () => {
    await using network = await createNetwork(4);
    const [a, b, forbidden, dark] = network.hosts as [Host, Host, Host, Host];
    await network.prohibit(a, forbidden);
    await network.drop(a, dark);
    await using cluster = await createFaultCluster([
      a,
      b,
      { address: forbidden.address },
      { address: dark.address },
      { address: `${b.ip}:4999` },
      { address: "nowhere.invalid:4000" },
    ]);
    const one = await cluster.start("1");
    const two = await cluster.start("2", { knows: ["1"] });
    await one.link("2", true);
    await one.do("send", { peer: "2", every: 10 });
    const mark = two.events.length;
    await retries(one, times(600));
    const gap = longestGap(two, mark);
    note("beside nodes that cannot be reached: longest gap in 10 ms sends", [gap]);

    expect(one.changes()).toEqual(["2 up"]);
    expect(gap).toBeLessThan(busyMs);
    // The system itself says so once a second only, and is silent between: two reasons in turn.
    expect(one.log("3")).toHaveLength(new Set(one.log("3")).size);
    expect(one.log("3").length).toBeLessThanOrEqual(2);
    expect(one.log("4")).toEqual([expect.stringMatching(/^dial_failed: No answer .* within/)]);
    expect(one.log("5")).toEqual([expect.stringMatching(/^dial_failed: connect ECONNREFUSED/)]);
    // The system may refuse one time and say nothing the next: each of it is told once.
    const lookups = one.log("6").filter((line) => line.startsWith("resolv"));
    expect(lookups).toHaveLength(new Set(lookups).size);
    expect(lookups.length).toBeLessThanOrEqual(3);
  });

  inNamespaces(
    "by a name that nobody answers for do not keep others from being looked up",
    async () => {
      const folder = await mkdtemp(join(tmpdir(), "reign-names-"));
      try {
        await using network = await createNetwork(3);
        const [a, b, dark] = network.hosts as [Host, Host, Host];
        await network.drop(a, dark);
        await writeFile(join(folder, "hosts"), `${b.ip} there.test\n`);
        const slow = `nameserver ${dark.ip}\noptions timeout:1 attempts:1\n`;
        await writeFile(join(folder, "resolv.conf"), slow);
        const mounts = ["hosts", "resolv.conf"].map(
          (file) => `mount --bind ${join(folder, file)} /etc/${file}`,
        );
        const lost = ["4000", "4001", "4002"].map((port) => ({ address: `lost.test:${port}` }));
        await using cluster = await createFaultCluster([
          a,
          ...lost,
          { address: "there.test:4000", namespace: b.namespace },
        ]);
        // Node 5 can be reached, and reaches nobody itself.
        const nodes = { 1: { address: `${a.ip}:4999` }, 5: { address: b.address } };
        await cluster.start("5", { knows: ["1"], nodes });
        const one = await cluster.start("1", {
          within: ["sh", "-c", `${mounts.join(" && ")} && exec "$@"`, "sh"],
          // Tries follow one another faster than the names are given up.
          handshakeTimeout: 500,
        });
        await one.link("5", true);

        for (const peer of ["2", "3", "4"]) {
          const lookups = one.log(peer).filter((line) => line.startsWith("resolv"));
          expect(lookups.length).toBeLessThanOrEqual(3);
        }
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  );
});
