import { describe, test } from "vitest";
import { carrierContract } from "../../src/testing/carrier-contract.ts";
import { createTestCluster } from "./tls-cluster.ts";

describe("the TLS carrier keeps the contract of carriers", () => {
  const contract = carrierContract(async () => {
    const cluster = await createTestCluster(["1", "2"]);
    const first = await cluster.node("1");
    const second = await cluster.node("2");
    return {
      first: first.carrier,
      second: second.carrier,
      settle: () => new Promise((resolve) => setTimeout(resolve, 40)),
      dispose: () => cluster.close(),
    };
  });

  for (const { name, run } of contract) test(name, run);
});
