import type { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { ReignError } from "../../src/core/errors.ts";
import type { Link } from "../../src/ports/carrier.ts";
import { createLinkRecorder } from "../../src/testing/link-recorder.ts";
import { ended, openNetwork, openTcp, openTls } from "./raw-tls.ts";
import { createTestCluster, eventually, identityOf } from "./tls-cluster.ts";

async function firstLink(links: readonly Link[]): Promise<Link> {
  await eventually(() => expect(links).toHaveLength(1));
  const [link] = links;
  if (link === undefined) throw new Error("Expected a link.");
  return link;
}

describe("what is no TLS of a node is closed", () => {
  test.each([
    ["HTTP", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "the other side speaks HTTP, not TLS"],
    ["another protocol", "SSH-2.0-OpenSSH_9\r\n", /does not speak TLS; another program/],
    ["frames without TLS", "\0\0\0\x05hello", /does not speak TLS/],
    ["a hello that is garbage", "\x16\x03\x01\0\x05hello", /^TLS failed \(ERR_SSL_/],
    ["a record that is too long", `\x16\x03\x01\xff\xff${"a".repeat(70_000)}`, /^TLS failed/],
  ])("%s", async (_, opening, reason) => {
    await using cluster = await createTestCluster(["1", "2"]);
    const { node } = cluster;
    const first = await node("1");
    const { port } = await first.listen();

    await ended(openTcp(port, opening));

    await eventually(() => expect(first.telemetry.events).toHaveLength(1));
    expect(first.telemetry.eventsOf("stranger_refused")[0]?.reason).toMatch(reason);
    expect(first.links).toEqual([]);
  });

  test("TLS 1.2", async () => {
    await using cluster = await createTestCluster(["1", "2"]);
    const { authority, node } = cluster;
    const first = await node("1");
    const { port } = await first.listen();
    const { certPem: cert, keyPem: key } = await authority.issue({ names: [identityOf("2")] });

    const { error } = await ended(openTls(port, { cert, key, maxVersion: "TLSv1.2" }));

    expect(error).toBe("ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION");
    expect(first.telemetry.events).toMatchObject([
      { type: "stranger_refused", reason: "the other side does not speak TLS 1.3" },
    ]);
  });

  test.each([[undefined], [["http/1.1"]], [["reign/2"]]])("TLS with ALPN %j", async (protocols) => {
    await using cluster = await createTestCluster(["1", "2"]);
    const { authority, node } = cluster;
    const first = await node("1");
    const { port } = await first.listen();
    const { certPem: cert, keyPem: key } = await authority.issue({ names: [identityOf("2")] });

    const client = openTls(port, { cert, key, ...without(protocols) });
    await ended(client);

    await eventually(() => expect(first.telemetry.events).toHaveLength(1));
    expect(first.telemetry.events).toMatchObject([
      { type: "stranger_refused", reason: "the other side speaks TLS but is no node (ALPN)" },
    ]);
    expect(first.links).toEqual([]);
  });

  test("and one that hangs up by itself is no event", async () => {
    await using cluster = await createTestCluster(["1", "2"]);
    const { node } = cluster;
    const first = await node("1");
    const { port } = await first.listen();

    const socket = openTcp(port);
    socket.on("connect", () => socket.resetAndDestroy());
    await ended(socket);
    await (await node("2")).dial("1");
    await firstLink(first.links);

    expect(first.telemetry.events).toEqual([]);
  });
});

describe("a connection that came in is closed after handshakeTimeout", () => {
  test("when it says nothing", async () => {
    await using cluster = await createTestCluster(["1", "2"]);
    const { node } = cluster;
    const first = await node("1", { handshakeTimeout: 120 });
    const { port } = await first.listen();

    const { tookMs } = await ended(openTcp(port));

    expect(tookMs).toBeGreaterThan(100);
    expect(first.telemetry.events).toMatchObject([
      { type: "stranger_refused", reason: "no handshake within 120 ms" },
    ]);
  });

  test("when it says its hello byte by byte", async () => {
    await using cluster = await createTestCluster(["1", "2"]);
    const { node } = cluster;
    const first = await node("1", { handshakeTimeout: 120 });
    const { port } = await first.listen();
    const socket = openTcp(port, "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03");
    const trickle = setInterval(() => socket.write("\0"), 10);

    const { tookMs } = await ended(socket);
    clearInterval(trickle);

    expect(tookMs).toBeGreaterThan(100);
    expect(first.telemetry.eventsOf("stranger_refused")).toHaveLength(1);
  });

  test("when it is a node's but is not admitted, and not when it is", async () => {
    await using cluster = await createTestCluster(["1", "2"]);
    const { node } = cluster;
    const first = await node("1", { handshakeTimeout: 120 });
    const second = await node("2");
    await first.listen();
    const admitted = createLinkRecorder(await second.dial("1"));
    (await firstLink(first.links)).admit();
    first.links.length = 0;

    const dialled = createLinkRecorder(await second.dial("1"));
    const accepted = createLinkRecorder(await firstLink(first.links));
    await Promise.all([dialled.down(), accepted.down()]);

    expect(accepted.downs).toEqual(["no handshake within 120 ms"]);
    expect(admitted.downs).toEqual([]);
    expect(first.telemetry.events).toEqual([]);
  });
});

describe("strangers are few", () => {
  test("of one address no more than maxPendingPerAddress, the newest", async () => {
    await using cluster = await createTestCluster(["1", "2"]);
    const { node } = cluster;
    const first = await node("1", { maxPendingPerAddress: 3 });
    const { port } = await first.listen();
    const strangers = Array.from({ length: 10 }, () => openTcp(port));
    const gone = strangers.map((socket) => ended(socket));

    await Promise.all(gone.slice(0, 7));

    expect(strangers.map((socket) => socket.destroyed)).toEqual([
      ...Array.from({ length: 7 }, () => true),
      ...Array.from({ length: 3 }, () => false),
    ]);
    expect(first.telemetry.events).toMatchObject([
      { type: "stranger_refused", reason: "too many connections that are not admitted yet" },
    ]);
    for (const socket of strangers) socket.destroy();
  });

  test("in all no more than maxPendingHandshakes, and nodes get in while more come", async () => {
    await using cluster = await createTestCluster(["1", "2"]);
    const { node } = cluster;
    const options = { maxPendingHandshakes: 6, maxPendingPerAddress: 4 };
    const first = await node("1", options);
    const second = await node("2");
    const { port } = await first.listen();
    const sockets: Socket[] = [];
    const knock = (): void => {
      for (const localAddress of ["127.0.0.2", "127.0.0.3"]) {
        sockets.push(openTcp(port, "", { localAddress }));
      }
    };
    for (let i = 0; i < 20; i++) knock();
    const flood = setInterval(knock, 1);

    for (let i = 0; i < 3; i++) {
      const dialled = createLinkRecorder(await second.dial("1"));
      dialled.link.write(new Uint8Array(10));
      const accepted = createLinkRecorder(await firstLink(first.links));
      await accepted.received(10);
      accepted.link.admit();
      first.links.length = 0;
    }
    clearInterval(flood);

    await eventually(() =>
      expect(sockets.filter(({ destroyed }) => !destroyed).length).toBeLessThanOrEqual(6),
    );
    for (const socket of sockets) socket.destroy();
    // Of very many refusals few are told: once a second for each address.
    expect(first.telemetry.events.length).toBeLessThan(20);
  });
});

describe("a node that cannot listen says why, and what to do", () => {
  async function failure(host: string, port: number): Promise<ReignError<"REIGN_LISTEN_FAILED">> {
    await using cluster = await createTestCluster(["1", "2"]);
    const { endpoints, node } = cluster;
    const first = await node("1");
    const endpoint = endpoints.get("1");
    if (endpoint === undefined) throw new Error("Expected node 1.");
    endpoints.set("1", { ...endpoint, listenAddress: { host, port } });
    const error = await first.listen().catch((cause: unknown) => cause);
    if (!ReignError.is(error, "REIGN_LISTEN_FAILED")) throw error;
    return error;
  }

  test("when the port is in use", async () => {
    await using other = await createTestCluster(["1", "2"]);
    const { port } = await (await other.node("1")).listen();

    const error = await failure("127.0.0.1", port);

    expect(error.message).toBe(
      `Cannot listen on 127.0.0.1:${port}: the port is in use; ` +
        "stop the program that has it, or give the node another listen address.",
    );
    expect(error.details).toEqual({ address: `127.0.0.1:${port}` });
    expect(error.cause).toMatchObject({ code: "EADDRINUSE" });
  });

  test("when the address is not its machine's", async () => {
    const error = await failure("192.0.2.1", 20_000);

    expect(error.message).toContain("Cannot listen on 192.0.2.1:20000: the address is none of");
    expect(error.cause).toMatchObject({ code: "EADDRNOTAVAIL" });
  });

  test("when the host is unknown", async () => {
    const error = await failure("nobody.invalid", 20_000);

    expect(error.message).toMatch(
      /^Cannot listen on nobody\.invalid:20000: .* give the node an IP/,
    );
  });

  test("and can listen when the reason is gone", async () => {
    await using cluster = await createTestCluster(["1", "2"]);
    const { endpoints, node } = cluster;
    const first = await node("1");
    const endpoint = endpoints.get("1");
    if (endpoint === undefined) throw new Error("Expected node 1.");
    endpoints.set("1", { ...endpoint, listenAddress: { host: "192.0.2.1", port: 0 } });
    await expect(first.listen()).rejects.toThrow("Cannot listen");

    endpoints.set("1", endpoint);

    expect((await first.listen()).address).toMatch(/^127\.0\.0\.1:\d+$/);
  });
});

describe("after close", () => {
  test("nothing is left open, whatever was going on", async () => {
    const { node, close } = await createTestCluster(["1", "2"]);
    const first = await node("1");
    const second = await node("2");
    const listener = await first.listen();
    await second.listen();
    const silent = [openTcp(listener.port), openTcp(listener.port, "\x16\x03\x01")];
    const gone = silent.map((socket) => ended(socket));
    (await second.dial("1")).close();
    (await first.dial("2")).write(new Uint8Array(100_000));
    const dialling = second.dial("1").catch(() => undefined);
    await eventually(() => expect(second.links).toHaveLength(1));

    await listener.close();
    await dialling;
    await close();
    await Promise.all(gone);
    for (const socket of silent) socket.destroy();

    await eventually(() => expect(openNetwork()).toEqual([]));
  });

  test("the very port is free again", async () => {
    await using cluster = await createTestCluster(["1", "2"]);
    const { endpoints, node } = cluster;
    const first = await node("1");
    const second = await node("2");
    const listener = await first.listen();
    const admitted = createLinkRecorder(await second.dial("1"));
    (await firstLink(first.links)).admit();
    const endpoint = endpoints.get("1");
    if (endpoint === undefined) throw new Error("Expected node 1.");
    endpoints.set("1", { ...endpoint, listenAddress: endpoint.address });

    await listener.close();
    const again = await first.listen();

    expect(again.address).toBe(listener.address);
    expect((await second.dial("1")).peer).toBe("1");
    expect(admitted.downs).toEqual([]);
  });
});

function without(protocols: string[] | undefined): { ALPNProtocols?: string[] } {
  // Undefined has to reach Node.js as it is, to take the place of the default.
  return { ALPNProtocols: protocols as string[] };
}
