import { afterEach, describe, expect, test, vi } from "vitest";
import { ReignError } from "../../src/core/errors.ts";
import { createLinkRecorder } from "../../src/testing/link-recorder.ts";
import { hoursFromNow, type Issued, selfSigned, type TestAuthority } from "./certificates.ts";
import { ended, openTls, serveTls } from "./raw-tls.ts";
import {
  createTestCluster,
  eventually,
  identityOf,
  moveTo,
  type TestCluster,
  testAuthority,
} from "./tls-cluster.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function cluster(): Promise<TestCluster> {
  const made = await createTestCluster(["1", "2", "3"]);
  closing.push(() => made.close());
  return made;
}

type Maker = (authority: TestAuthority, names: readonly string[]) => Promise<Issued | undefined>;

/** What is wrong, and the reason that whoever looks at it gives. */
const wrong: readonly [string, Maker, string][] = [
  [
    "is self-signed",
    (_, names) => selfSigned({ names }),
    "the certificate is self-signed, not issued by a CA of this cluster",
  ],
  [
    "comes from another authority",
    async (_, names) => (await testAuthority("others")).issue({ names }),
    "the certificate was not issued by a CA of this cluster, or an intermediate is missing",
  ],
  [
    "comes from another authority of the same name",
    async (_, names) => {
      const { createTestAuthority } = await import("./certificates.ts");
      return (await createTestAuthority("test roots")).issue({ names });
    },
    "the certificate has a signature that is not by the CA of this cluster which it names",
  ],
  [
    "has expired",
    (authority, names) =>
      authority.issue({ names, notBefore: hoursFromNow(-5), notAfter: hoursFromNow(-1) }),
    "the certificate has expired",
  ],
  [
    "is not valid yet",
    (authority, names) => authority.issue({ names, notBefore: hoursFromNow(5) }),
    "the certificate is not valid yet; compare the clocks of the two machines and when it begins",
  ],
  [
    "lacks the intermediate that leads to the root",
    async (authority, names) => {
      const { certPem, keyPem } = await (await authority.intermediate("middle")).issue({ names });
      return { certPem: `${certPem.split("-----END")[0]}-----END CERTIFICATE-----\n`, keyPem };
    },
    "the certificate was not issued by a CA of this cluster, or an intermediate is missing",
  ],
  [
    "was issued by a node's certificate",
    async (authority, names) => {
      const node = await authority.intermediate("a node", { ca: false });
      return node.issue({ names });
    },
    "or was issued by one that may not issue any",
  ],
  [
    "rests on RSA with 1024 bits",
    (authority, names) => authority.issue({ names, key: "rsa1024" }),
    "the certificate rests on a key that is too weak (RSA needs 2048 bits or more), or ",
  ],
  [
    "may be used for neither end",
    (authority, names) => authority.issue({ names, purposes: ["emailProtection"] }),
    "its extended key usage must allow both clientAuth and serverAuth",
  ],
  [
    "is for a cluster of another name",
    (authority) => authority.issue({ names: ["URI:reign://other/2"] }),
    "the certificate is for URI:reign://other/2,",
  ],
  [
    "is of the old form, with a common name alone",
    (authority) => authority.issue({ names: [], commonName: "2" }),
    'no subject alternative name, only the common name "2", which is not read. ' +
      'It is of the old form: remove it and its key, and have "reign init" make new ones',
  ],
  [
    "is for two nodes",
    (authority) => authority.issue({ names: [identityOf("2"), identityOf("3")] }),
    "the certificate is for several nodes at once: URI:reign://test/2 and URI:reign://test/3",
  ],
  [
    "hides the name in another",
    (authority) => authority.issue({ names: [`DNS:x, ${identityOf("2")}`] }),
    "the certificate has a subject alternative name with characters that no name has: ",
  ],
];

const wrongForServers: typeof wrong = [
  ...wrong,
  [
    "is for another node of the cluster",
    (authority) => authority.issue({ names: [identityOf("3")] }),
    "the certificate is for URI:reign://test/3, not for URI:reign://test/2",
  ],
  [
    "may be used by clients alone",
    (authority, names) => authority.issue({ names, purposes: ["clientAuth"] }),
    "its extended key usage must allow both clientAuth and serverAuth",
  ],
];

const wrongForClients: typeof wrong = [
  ...wrong,
  ["is none", async () => undefined, "no certificate was presented"],
  [
    "is for the node that is called",
    (authority) => authority.issue({ names: [identityOf("1")] }),
    "the certificate is for this node itself",
  ],
  [
    "may be used by servers alone",
    (authority, names) => authority.issue({ names, purposes: ["serverAuth"] }),
    "its extended key usage must allow both clientAuth and serverAuth",
  ],
];

describe("who dials a node does not take it for what it says when its certificate", () => {
  test.each(wrongForServers)("%s", async (_, make, reason) => {
    const { authority, endpoints, node } = await cluster();
    const server = await serveTls(asCredentials(await make(authority, [identityOf("2")])));
    closing.push(() => server.close());
    moveTo(endpoints, "2", server.port);
    const first = await node("1");

    const error = await first.dial("2").then(() => undefined, String);
    const failure = await first.dial("2").catch((cause: unknown) => cause);

    expect(error).toContain(`The TLS handshake with node 2 at 127.0.0.1:${server.port} failed: `);
    if (!ReignError.is(failure, "REIGN_CLUSTER_HANDSHAKE_FAILED")) throw failure;
    expect(failure.details).toMatchObject({ peer: "2", stage: "tls" });
    expect(failure.details.reason).toContain(reason);
  });
});

test("NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment changes nothing", async () => {
  const { endpoints, node } = await cluster();
  const server = await serveTls(asCredentials(await selfSigned({ names: [identityOf("2")] })));
  closing.push(() => server.close());
  moveTo(endpoints, "2", server.port);
  vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");

  const failure = await (await node("1")).dial("2").catch((cause: unknown) => cause);
  vi.unstubAllEnvs();

  expect(ReignError.is(failure, "REIGN_CLUSTER_HANDSHAKE_FAILED")).toBe(true);
});

describe("who is dialled does not take the other for what it says when its certificate", () => {
  test.each(wrongForClients)("%s", async (_, make, reason) => {
    const { authority, node } = await cluster();
    const first = await node("1");
    const { port } = await first.listen();
    const certificate = await make(authority, [identityOf("2")]);

    const client = openTls(port, asCredentials(certificate));
    client.write("not a byte of this is looked at");
    await ended(client);

    await eventually(() => expect(first.telemetry.events).toHaveLength(1));
    expect(first.telemetry.events).toMatchObject([
      { type: "stranger_refused", from: expect.stringMatching(/^127\.0\.0\.1:\d+$/) },
    ]);
    expect(first.telemetry.eventsOf("stranger_refused")[0]?.reason).toContain(reason);
    expect(first.links).toEqual([]);
  });
});

describe("nodes take each other with certificates", () => {
  const good: readonly [string, Maker][] = [
    ["on P-256", (authority, names) => authority.issue({ names, key: "p256" })],
    ["on P-384", (authority, names) => authority.issue({ names, key: "p384" })],
    ["of Ed25519", (authority, names) => authority.issue({ names, key: "ed25519" })],
    ["of RSA with 2048 bits", (authority, names) => authority.issue({ names, key: "rsa2048" })],
    [
      "that say nothing of their use",
      (authority, names) => authority.issue({ names, purposes: null }),
    ],
    [
      "behind an intermediate",
      async (authority, names) => (await authority.intermediate("middle")).issue({ names }),
    ],
    [
      "behind two intermediates",
      async (authority, names) =>
        (await (await authority.intermediate("upper")).intermediate("lower")).issue({ names }),
    ],
    [
      "that have other names too",
      (authority, names) => authority.issue({ names: ["DNS:host.example", ...names] }),
    ],
  ];

  test.each(good)("%s", async (_, make) => {
    const { authority, node } = await cluster();
    const certificate = (id: string) => make(authority, [identityOf(id)]);
    const first = await node("1", { certificate: defined(await certificate("1")) });
    const second = await node("2", { certificate: defined(await certificate("2")) });
    await second.listen();

    const dialled = await first.dial("2");
    dialled.write(new Uint8Array([1, 2, 3]));
    await eventually(() => expect(second.links).toHaveLength(1));
    const accepted = createLinkRecorder(defined(second.links[0]));
    await accepted.received(3);

    expect([dialled.peer, accepted.link.peer]).toEqual(["2", "1"]);
  });

  test("of different authorities, while the cluster trusts both", async () => {
    const { authority, node } = await cluster();
    const other = await testAuthority("others");
    const roots = [authority.certPem, other.certPem];
    const certificate = await other.issue({ names: [identityOf("2")] });
    const first = await node("1", { roots });
    const second = await node("2", { roots, certificate });
    await second.listen();
    await first.listen();

    expect((await first.dial("2")).peer).toBe("2");
    expect((await second.dial("1")).peer).toBe("1");
  });
});

describe("a refusal by the other side reaches the link that was dialled", () => {
  test("as an end before anything was said", async () => {
    const { authority, node } = await cluster();
    const certificate = await authority.issue({
      names: [identityOf("2")],
      notBefore: hoursFromNow(-5),
      notAfter: hoursFromNow(-1),
    });
    const first = await node("1");
    const second = await node("2", { certificate });
    await first.listen();

    const dialled = createLinkRecorder(await second.dial("1"));
    await dialled.down();

    expect(dialled.downs).toEqual([
      "closed by the other side before it said anything; " +
        "it may have refused this node's certificate",
    ]);
  });
});

function asCredentials(issued: Issued | undefined): { cert?: string; key?: string } {
  return issued === undefined ? {} : { cert: issued.certPem, key: issued.keyPem };
}

function defined<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("Expected a value.");
  return value;
}
