import { describe, expect, test } from "vitest";
import { createCertificateAuthority } from "../../src/carriers/tls/certificate-authority.ts";
import { createLinkRecorder } from "../../src/testing/link-recorder.ts";
import { ipv6, testNeeding } from "../needs.ts";
import {
  createTestAuthority,
  type Issued,
  type KeyKind,
  type TestAuthority,
  type Wanted,
} from "./certificates.ts";
import {
  createTestCluster,
  eventually,
  identityOf,
  moveTo,
  type NodeOptions,
  type TestCluster,
  type TestNode,
  testAuthority,
} from "./tls-cluster.ts";

/** Each node dials the other, and on each link bytes go both ways. */
async function expectLinksBothWays(first: TestNode, second: TestNode): Promise<void> {
  for (const [caller, callee, id, callerId] of [
    [first, second, "2", "1"],
    [second, first, "1", "2"],
  ] as const) {
    const dialled = createLinkRecorder(await caller.dial(id));
    dialled.link.write(new Uint8Array(3));
    await eventually(() => expect(callee.links).toHaveLength(1));
    const [link] = callee.links;
    if (link === undefined) throw new Error("Expected a link.");
    const accepted = createLinkRecorder(link);
    await accepted.received(3);
    accepted.link.write(new Uint8Array(5));
    await dialled.received(5);
    expect([dialled.link.peer, link.peer]).toEqual([id, callerId]);
  }
  const told = [first, second].flatMap(({ telemetry }) => telemetry.eventsOf("stranger_refused"));
  expect(told).toEqual([]);
}

async function pair(
  { node }: TestCluster,
  optionsOf: (id: string) => Promise<NodeOptions>,
): Promise<[TestNode, TestNode]> {
  const first = await node("1", await optionsOf("1"));
  const second = await node("2", await optionsOf("2"));
  await first.listen();
  await second.listen();
  return [first, second];
}

describe("nodes take each other, whichever of them dials, with certificates", () => {
  type Maker = (authority: TestAuthority, id: string) => Promise<Issued>;
  const plain =
    (wanted: Wanted): Maker =>
    (authority, id) =>
      authority.issue({ names: [identityOf(id)], ...wanted });
  const good: readonly [string, Maker][] = [
    ["on P-256", plain({ key: "p256" })],
    ["on P-384", plain({ key: "p384" })],
    ["on P-521", plain({ key: "p521" })],
    ["of Ed25519", plain({ key: "ed25519" })],
    ["of RSA with 2048 bits", plain({ key: "rsa2048" })],
    ["of RSA with 4096 bits", plain({ key: "rsa4096" })],
    ["that say nothing of their use", plain({ purposes: null })],
    [
      "behind an intermediate",
      async (authority, id) =>
        (await authority.intermediate("middle")).issue({ names: [identityOf(id)] }),
    ],
    [
      "behind two intermediates",
      async (authority, id) => {
        const upper = await authority.intermediate("upper", { pathLength: 1 });
        return (await upper.intermediate("lower", { pathLength: 0 })).issue({
          names: [identityOf(id)],
        });
      },
    ],
    [
      "that have other names too",
      (authority, id) =>
        authority.issue({
          names: ["DNS:host.example", "DNS:*.example", "IP:127.0.0.1", "IP:::1", identityOf(id)],
        }),
    ],
  ];

  // A key of 4096 bits is a matter of luck: most are found in a second, on a busy machine in many.
  test.each(good)("%s", { timeout: 60_000 }, async (_, make) => {
    await using made = await createTestCluster(["1", "2"]);
    const [first, second] = await pair(made, async (id) => ({
      certificate: await make(made.authority, id),
    }));

    await expectLinksBothWays(first, second);
  });

  test.each<KeyKind>(["p384", "p521", "ed25519", "rsa2048"])(
    "of an authority whose own key is of the kind %s",
    async (key) => {
      await using made = await createTestCluster(["1", "2"]);
      const root = await createTestAuthority(key, { key });
      const [first, second] = await pair(made, async (id) => ({
        certificate: await root.issue({ names: [identityOf(id)] }),
        roots: [root.certPem],
      }));

      await expectLinksBothWays(first, second);
    },
  );

  test.each([
    ["URI:spiffe://example.org/shop/1", "URI:spiffe://example.org/shop/2"],
    ["DNS:node-1.example", "DNS:node-2.example"],
    ["DNS:127.0.0.1", "DNS:127.0.0.2"],
  ])("whose identities are %s and %s", async (...identities) => {
    await using made = await createTestCluster(["1", "2"]);
    const { authority, endpoints } = made;
    for (const [at, identity] of identities.entries()) moveTo(endpoints, `${at + 1}`, 1, identity);
    const [first, second] = await pair(made, async (id) => ({
      certificate: await authority.issue({ names: [identities[Number(id) - 1] ?? ""] }),
    }));

    await expectLinksBothWays(first, second);
  });

  test("of different authorities, while the cluster trusts both", async () => {
    await using made = await createTestCluster(["1", "2"]);
    const other = await testAuthority("others");
    const authorities = [made.authority, other];
    const [first, second] = await pair(made, async (id) => ({
      certificate: await authorities[Number(id) - 1]?.issue({ names: [identityOf(id)] }),
      roots: authorities.map(({ certPem }) => certPem),
    }));

    await expectLinksBothWays(first, second);
  });

  // The steps of "When a key is lost" in docs/operating.md. Both authorities have one name.
  test.each<[string, [Side, Side]]>([
    ["before the other", [side("old", "old"), side("old", "old", "new")]],
    ["when it knows the new authority", [side("old", "old", "new"), side("new", "old", "new")]],
    ["when it is of the new one too", [side("new", "old", "new"), side("new", "new")]],
  ])("of an authority that is being changed, one node %s", async (_, sides) => {
    await using made = await createTestCluster(["1", "2"]);
    const authorities = {
      old: await createCertificateAuthority({ cluster: "test" }),
      new: await createCertificateAuthority({ cluster: "test" }),
    };
    const [first, second] = await pair(made, async (id) => {
      const { of, trusts } = sides[id === "1" ? 0 : 1];
      return {
        certificate: await authorities[of].issue(id),
        roots: trusts.map((name) => authorities[name].certPem),
      };
    });

    await expectLinksBothWays(first, second);
  });

  interface Side {
    readonly of: "old" | "new";
    readonly trusts: readonly ("old" | "new")[];
  }

  function side(of: Side["of"], ...trusts: Side["trusts"]): Side {
    return { of, trusts };
  }
});

describe("the address of a node has nothing to do with its certificate", () => {
  test.each(["127.0.0.1", "localhost"])("which is good at %s", async (host) => {
    await expectLinksAt(host, "127.0.0.1");
  });

  testNeeding(ipv6)("which is good at ::1", async () => {
    await expectLinksAt("::1", "::1");
  });

  async function expectLinksAt(host: string, listenHost: string): Promise<void> {
    await using made = await createTestCluster(["1", "2"]);
    for (const [id, endpoint] of made.endpoints) {
      made.endpoints.set(id, {
        ...endpoint,
        address: { ...endpoint.address, host },
        listenAddress: { host: listenHost, port: 0 },
      });
    }
    const [first, second] = await pair(made, async () => ({}));

    await expectLinksBothWays(first, second);
  }
});
