import { createServer } from "node:net";
import { inspect } from "node:util";
import { afterEach, describe, expect, test } from "vitest";
import { createTlsCarrier } from "../../src/carriers/tls/tls-carrier.ts";
import { createSystemClock } from "../../src/cluster/system-clock.ts";
import { ReignError } from "../../src/core/errors.ts";
import type { Link } from "../../src/ports/carrier.ts";
import { createLinkRecorder } from "../../src/testing/link-recorder.ts";
import { createRecordingTelemetry } from "../../src/testing/recording-telemetry.ts";
import { ended, listenOn, openTls, serveTls } from "./raw-tls.ts";
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

/** A server that is no node, in the place of node 2; `answer` gets each connection. */
async function impostor(
  { endpoints }: TestCluster,
  answer: (socket: import("node:net").Socket) => void,
): Promise<number> {
  const server = await listenOn(createServer(answer));
  closing.push(() => server.close());
  moveTo(endpoints, "2", server.port);
  return server.port;
}

describe("a dial fails with the system's error", () => {
  test("when nobody listens", async () => {
    await using cluster = await createTestCluster(["1", "2"]);
    const { endpoints, node } = cluster;

    const failure = (await node("1")).dial("2");

    await expect(failure).rejects.toMatchObject({
      code: "ECONNREFUSED",
      port: endpoints.get("2")?.address.port,
    });
  });

  test("when the host is unknown, which is told once however often it is tried", async () => {
    await using cluster = await createTestCluster(["1", "2"]);
    const { endpoints, node } = cluster;
    const first = await node("1");
    useHost(endpoints, "2", "nobody.invalid");

    await expect(first.dial("2")).rejects.toMatchObject({ syscall: "getaddrinfo" });
    await expect(first.dial("2")).rejects.toMatchObject({ hostname: "nobody.invalid" });

    expect(first.telemetry.events).toEqual([
      { type: "resolving", peer: "2", host: "nobody.invalid" },
      {
        type: "resolve_failed",
        peer: "2",
        host: "nobody.invalid",
        reason: expect.stringContaining("nobody.invalid"),
      },
    ]);
  });

  test("when the other side hangs up before TLS is done", async () => {
    await using made = await createTestCluster(["1", "2"]);
    await impostor(made, (socket) => socket.destroy());

    await expect((await made.node("1")).dial("2")).rejects.toMatchObject({ code: "ECONNRESET" });
  });

  test("when the other side says nothing for handshakeTimeout", async () => {
    await using made = await createTestCluster(["1", "2"]);
    const closed: Promise<unknown>[] = [];
    const port = await impostor(made, (socket) => closed.push(ended(socket)));
    const first = await made.node("1", { handshakeTimeout: 100 });

    await expect(first.dial("2")).rejects.toMatchObject({
      code: "ETIMEDOUT",
      message: `No answer from node 2 at 127.0.0.1:${port} within 100 ms.`,
    });

    expect(closed).toHaveLength(1);
    await Promise.all(closed);
  });
});

describe("a dial fails with REIGN_CLUSTER_HANDSHAKE_FAILED at stage tls", () => {
  test.each([
    ["HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n"],
    ["another protocol", "SSH-2.0-OpenSSH_9\r\n"],
  ])("when the other side speaks %s", async (_, answer) => {
    await using made = await createTestCluster(["1", "2"]);
    const port = await impostor(made, (socket) => socket.write(answer));

    const failure = await (await made.node("1")).dial("2").catch((error: unknown) => error);

    const reason = "the other side does not speak TLS; another program may be there";
    if (!ReignError.is(failure, "REIGN_CLUSTER_HANDSHAKE_FAILED")) throw failure;
    expect(failure.details).toEqual({ peer: "2", stage: "tls", reason });
    expect(failure.message).toBe(
      `The TLS handshake with node 2 at 127.0.0.1:${port} failed: ${reason}.`,
    );
    expect(failure.cause).toMatchObject({ code: "ERR_SSL_WRONG_VERSION_NUMBER" });
  });

  test.each([
    ["no newer TLS than 1.2", { maxVersion: "TLSv1.2" as const }, "does not speak TLS 1.3"],
    ["another protocol over TLS", { ALPNProtocols: ["h2"] }, "speaks TLS but is no node (ALPN)"],
    ["no protocol over TLS", { ALPNProtocols: undefined }, "speaks TLS but is no node (ALPN)"],
  ])("when the other side speaks %s", async (_, options, reason) => {
    await using cluster = await createTestCluster(["1", "2"]);
    const { authority, endpoints, node } = cluster;
    const { certPem: cert, keyPem: key } = await authority.issue({ names: [identityOf("2")] });
    const server = await serveTls({ cert, key, ...(options as object) });
    closing.push(() => server.close());
    moveTo(endpoints, "2", server.port);

    const failure = await (await node("1")).dial("2").catch((error: unknown) => error);

    if (!ReignError.is(failure, "REIGN_CLUSTER_HANDSHAKE_FAILED")) throw failure;
    expect(failure.details).toEqual({
      peer: "2",
      stage: "tls",
      reason: `the other side ${reason}`,
    });
  });
});

describe("a dial that is aborted", () => {
  test("while TLS goes on ends at once with the reason, and closes the connection", async () => {
    await using made = await createTestCluster(["1", "2"]);
    const controller = new AbortController();
    const reason = new Error("stopped");
    const closed: Promise<unknown>[] = [];
    await impostor(made, (socket) => {
      closed.push(ended(socket));
      controller.abort(reason);
    });

    await expect((await made.node("1")).dial("2", controller.signal)).rejects.toBe(reason);

    expect(closed).toHaveLength(1);
    await Promise.all(closed);
  });

  test("while the host is looked up ends at once, and tells of no failure", async () => {
    await using cluster = await createTestCluster(["1", "2"]);
    const { endpoints, node } = cluster;
    const first = await node("1");
    useHost(endpoints, "2", "nobody.invalid");
    const controller = new AbortController();
    const reason = new Error("stopped");

    const dial = first.dial("2", controller.signal);
    controller.abort(reason);

    await expect(dial).rejects.toBe(reason);
    expect(first.telemetry.eventsOf("resolve_failed")).toEqual([]);
  });
});

describe("a host name", () => {
  test("is resolved at each dial, and told when it is new", async () => {
    await using cluster = await createTestCluster(["1", "2"]);
    const { endpoints, node } = cluster;
    const first = await node("1");
    const second = await node("2");
    await second.listen();
    useHost(endpoints, "2", "localhost");

    expect((await first.dial("2")).peer).toBe("2");
    expect((await first.dial("2")).peer).toBe("2");

    expect(first.telemetry.events).toEqual([
      { type: "resolving", peer: "2", host: "localhost" },
      {
        type: "resolved",
        peer: "2",
        host: "localhost",
        ip: expect.stringContaining("127.0.0.1"),
        tookMs: expect.any(Number),
      },
    ]);
  });

  test("that is an IP address is nothing to tell of", async () => {
    await using cluster = await createTestCluster(["1", "2"]);
    const { node } = cluster;
    const first = await node("1");
    await (await node("2")).listen();

    await first.dial("2");

    expect(first.telemetry.events).toEqual([]);
  });
});

test("a node dials from its local address", async () => {
  await using made = await createTestCluster(["1", "2"]);
  const seen: (string | undefined)[] = [];
  await impostor(made, (socket) => {
    seen.push(socket.remoteAddress);
    socket.destroy();
  });
  const endpoint = made.endpoints.get("1");
  if (endpoint === undefined) throw new Error("Expected node 1.");
  made.endpoints.set("1", { ...endpoint, localAddress: { host: "127.0.0.7" } });

  await expect((await made.node("1")).dial("2")).rejects.toMatchObject({ code: "ECONNRESET" });

  expect(seen).toEqual(["127.0.0.7"]);
});

test("the endpoints and identities are those of the moment of the dial", async () => {
  await using cluster = await createTestCluster(["1", "2"]);
  const { endpoints, node } = cluster;
  const first = await node("1");
  const second = await node("2");
  await second.listen();
  const endpoint = endpoints.get("2");
  if (endpoint === undefined) throw new Error("Expected node 2.");
  endpoints.set("2", { ...endpoint, identity: "DNS:renamed.example" });

  await expect(first.dial("2")).rejects.toMatchObject({
    details: { reason: expect.stringContaining("not for DNS:renamed.example") },
  });
  endpoints.set("2", endpoint);

  expect((await first.dial("2")).peer).toBe("2");
});

test("a session is never resumed", async () => {
  await using cluster = await createTestCluster(["1", "2"]);
  const { authority, node } = cluster;
  const first = await node("1");
  const { port } = await first.listen();
  const { certPem: cert, keyPem: key } = await authority.issue({ names: [identityOf("2")] });
  const sessions: Buffer[] = [];
  const before = openTls(port, { cert, key }).on("session", (session) => sessions.push(session));
  await eventually(() => expect(first.links).toHaveLength(1));
  (await arrived(first.links)).write(new Uint8Array(1));
  await new Promise((resolve) => before.once("data", resolve));
  before.destroy();

  const [session] = sessions;
  const after = openTls(port, { cert, key, ...(session && { session }) });
  await new Promise((resolve) => after.once("secureConnect", resolve));
  const reused = after.isSessionReused();
  after.destroy();

  expect(reused).toBe(false);
});

test("each end of a link tells who ended it", async () => {
  await using cluster = await createTestCluster(["1", "2"]);
  const { node } = cluster;
  const first = await node("1");
  const second = await node("2");
  await second.listen();
  const dialled = createLinkRecorder(await first.dial("2"));
  const accepted = createLinkRecorder(await arrived(second.links));
  accepted.link.write(new Uint8Array(1));
  await dialled.received(1);

  accepted.link.destroy();
  await Promise.all([dialled.down(), accepted.down()]);

  expect(accepted.downs).toEqual(["closed by this node"]);
  expect(dialled.downs).toEqual(["closed by the other side"]);
});

test("a link closed while the other side does not read is gone after a second", async () => {
  await using cluster = await createTestCluster(["1", "2"]);
  const { node } = cluster;
  const first = await node("1");
  const second = await node("2");
  await second.listen();
  const dialled = createLinkRecorder(await first.dial("2"));
  await arrived(second.links);
  dialled.link.write(new Uint8Array(32 * 1024 * 1024));

  const startedAt = performance.now();
  dialled.link.close();
  await dialled.down();

  expect(performance.now() - startedAt).toBeGreaterThan(900);
  expect(performance.now() - startedAt).toBeLessThan(3000);
  expect(dialled.calls).toEqual(["down"]);
});

describe("a private key", () => {
  test("is shown by nothing that the carrier gives", async () => {
    await using made = await createTestCluster(["1", "2"]);
    const certificate = await made.authority.issue({ names: [identityOf("1")] });
    const secret = certificate.keyPem.split("\n")[1] ?? "";
    const first = await made.node("1", { certificate });
    const second = await made.node("2");
    await second.listen();
    const carrier = createTlsCarrier({
      thisNode: "1",
      nodes: () => made.endpoints,
      credentials: { ...certificate, caPem: [made.authority.certPem] },
      tlsSuites: ["TLS_AES_128_GCM_SHA256"],
      clock: createSystemClock(),
      telemetry: createRecordingTelemetry(),
    });
    const listener = await carrier.listen(() => undefined);
    closing.push(() => listener.close());
    const link = await first.dial("2");
    await impostor(made, (socket) => socket.end("no"));
    const failure = await first.dial("2").catch((error: unknown) => error);

    const shown = inspect([carrier, listener, link, failure], { depth: 20, showHidden: true });

    expect(secret).not.toBe("");
    expect(shown).not.toContain(secret);
    expect(shown).not.toContain("PRIVATE KEY");
  });

  test("that is not the certificate's is REIGN_INVALID_CERTIFICATE", async () => {
    const authority = await testAuthority();
    const { certPem } = await authority.issue();
    const { keyPem } = await authority.issue();

    const make = (): unknown =>
      createTlsCarrier({
        thisNode: "1",
        nodes: () => new Map(),
        credentials: { certPem, keyPem, caPem: [authority.certPem] },
        tlsSuites: ["TLS_AES_128_GCM_SHA256"],
        clock: createSystemClock(),
        telemetry: createRecordingTelemetry(),
      });

    expect(make).toThrow(/^TLS cannot work with the node's key and certificates: /);
  });
});

function useHost(endpoints: TestCluster["endpoints"], id: string, host: string): void {
  const endpoint = endpoints.get(id);
  if (endpoint === undefined) throw new Error(`Expected node ${id}.`);
  endpoints.set(id, { ...endpoint, address: { ...endpoint.address, host } });
}

async function arrived(links: readonly Link[]): Promise<Link> {
  await eventually(() => expect(links.length).toBeGreaterThan(0));
  const [link] = links;
  if (link === undefined) throw new Error("Expected a link.");
  return link;
}
