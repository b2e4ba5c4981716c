/** What the carrier asks of Node's TLS, option by option, where behaviour alone shows it not. */
import { Socket } from "node:net";
import * as tls from "node:tls";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { refusalOf } from "../../src/carriers/tls/peer-certificate.ts";
import { readSources } from "../architecture/source.ts";
import { ended, openTls, serveTls } from "./raw-tls.ts";
import {
  createTestCluster,
  eventually,
  identityOf,
  moveTo,
  type TestCluster,
  testAuthority,
} from "./tls-cluster.ts";

vi.mock("node:tls", async (original) => {
  const real = await original<typeof tls>();
  return {
    ...real,
    connect: vi.fn(real.connect),
    createServer: vi.fn(real.createServer),
    createSecureContext: vi.fn(real.createSecureContext),
  };
});

const closing: (() => Promise<void>)[] = [];
beforeEach(() => {
  vi.clearAllMocks();
});
afterEach(async () => {
  vi.restoreAllMocks();
  for (const close of closing.splice(0)) await close();
});

async function cluster(): Promise<TestCluster> {
  const made = await createTestCluster(["1", "2"]);
  closing.push(() => made.close());
  return made;
}

function functionsIn(options: unknown): string[] {
  return Object.entries(options ?? {}).flatMap(([key, value]) =>
    typeof value === "function" ? [key] : [],
  );
}

describe("of what TLS calls back during a handshake", () => {
  test("a listener gives nothing", async () => {
    await (await (await cluster()).node("1")).listen();

    expect(vi.mocked(tls.createServer).mock.calls).toHaveLength(1);
    for (const [options] of vi.mocked(tls.createServer).mock.calls) {
      expect(functionsIn(options)).toEqual([]);
    }
  });

  test("a dial gives the check of the certificate alone, which is ours", async () => {
    const { node } = await cluster();
    await (await node("2")).listen();
    await (await node("1")).dial("2");

    const [options] = vi.mocked(tls.connect).mock.lastCall ?? [];
    expect(functionsIn(options)).toEqual(["checkServerIdentity"]);
    for (const [context] of vi.mocked(tls.createSecureContext).mock.calls) {
      expect(functionsIn(context)).toEqual([]);
    }
  });

  test("the sources name none of the hooks in which something thrown ends the process", () => {
    const sources = readSources(["src"], [".ts"]);
    const hooks =
      /\b(?:SNICallback|ALPNCallback|pskCallback|newSession|resumeSession|OCSPRequest)\b/;

    expect(sources.length).toBeGreaterThan(20);
    expect(sources.filter(({ uncommented }) => hooks.test(uncommented))).toEqual([]);
  });

  test.each([
    ["nothing", new Uint8Array(0)],
    ["a few bytes", new Uint8Array([0x30, 0x82, 0xff, 0xff, 0])],
    ["text", Buffer.from("no certificate")],
    ["a sequence that ends early", Buffer.from([0x30, 0x80])],
  ])("ours refuses %s, and does not throw", (_, der) => {
    expect(refusalOf(der, identityOf("2"))).toMatchObject({
      code: "ERR_TLS_CERT_ALTNAME_INVALID",
      message: "the certificate cannot be read",
    });
  });

  test("ours refuses every shortening of a good certificate, and does not throw", async () => {
    const { certPem } = await (await testAuthority()).issue({ names: [identityOf("2")] });
    const der = Buffer.from(certPem.replaceAll(/-----[^-]+-----|\s/g, ""), "base64");

    expect(refusalOf(der, identityOf("2"))).toBeUndefined();
    for (let length = 0; length < der.length; length++) {
      expect(refusalOf(der.subarray(0, length), identityOf("2"))).toBeInstanceOf(Error);
    }
  });
});

describe("both ends of a link", () => {
  test("ask for TLS 1.3 alone, certificates from the other side, and no ticket", async () => {
    const { authority, node } = await cluster();
    await (await node("1")).listen();

    const [served] = vi.mocked(tls.createServer).mock.lastCall ?? [];
    const [dialled] = vi.mocked(tls.createSecureContext).mock.calls[0] ?? [];
    for (const options of [served, dialled]) {
      expect(options).toMatchObject({
        ca: [authority.certPem],
        minVersion: "TLSv1.3",
        maxVersion: "TLSv1.3",
        requestCert: true,
        rejectUnauthorized: true,
        ALPNProtocols: ["reign/1"],
      });
      const { secureOptions } = options as { secureOptions: number };
      const { SSL_OP_NO_TICKET } = (await import("node:crypto")).constants;
      expect(secureOptions & SSL_OP_NO_TICKET).toBe(SSL_OP_NO_TICKET);
    }
  });

  test("send what is small at once, and have TCP ask after a silent peer", async () => {
    const noDelay = vi.spyOn(Socket.prototype, "setNoDelay");
    const keepAlive = vi.spyOn(Socket.prototype, "setKeepAlive");
    const { node } = await cluster();
    await (await node("2")).listen();
    await (await node("1")).dial("2");

    const [served] = vi.mocked(tls.createServer).mock.lastCall ?? [];
    expect(served).toMatchObject({
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 15_000,
    });
    expect(served).not.toHaveProperty("allowHalfOpen");
    expect(noDelay).toHaveBeenCalledWith(true);
    expect(keepAlive).toHaveBeenCalledWith(true, 15_000);
  });

  test("do without the session of a link before", async () => {
    const { node } = await cluster();
    await (await node("2")).listen();
    const first = await node("1");
    await first.dial("2");
    await first.dial("2");

    for (const [options] of vi.mocked(tls.connect).mock.calls) {
      expect(options).not.toHaveProperty("session");
    }
  });
});

describe("the name in the hello", () => {
  test.each([
    ["localhost", "localhost"],
    ["127.0.0.1", false],
  ])("to a node at %s is %s", async (host, expected) => {
    const { authority, endpoints, node } = await cluster();
    const { certPem: cert, keyPem: key } = await authority.issue({ names: [identityOf("2")] });
    const server = await serveTls({ cert, key });
    closing.push(() => server.close());
    const endpoint = endpoints.get("2");
    if (endpoint === undefined) throw new Error("Expected node 2.");
    endpoints.set("2", { ...endpoint, address: { host, port: server.port } });

    await (await node("1")).dial("2");

    await eventually(() => expect(server.names).toEqual([expected]));
  });
});

describe("two nodes without a cipher suite in common", () => {
  const aes128 = "TLS_AES_128_GCM_SHA256";
  const aes256 = "TLS_AES_256_GCM_SHA384";

  test("do not take each other", async () => {
    const { node } = await cluster();
    const first = await node("1", { tlsSuites: [aes128] });
    const second = await node("2", { tlsSuites: [aes256] });
    await first.listen();

    await expect(second.dial("1")).rejects.toMatchObject({
      code: "REIGN_CLUSTER_HANDSHAKE_FAILED",
      details: { reason: expect.stringContaining("no cipher suite in common") },
      cause: { code: expect.stringMatching(/_ALERT_HANDSHAKE_FAILURE$/) },
    });
    await eventually(() =>
      expect(first.telemetry.events).toMatchObject([
        { reason: "the two sides have no cipher suite in common" },
      ]),
    );
  });

  test.each(["TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256"])(
    "are those of which one has %s alone, which nodes do not use",
    async (suite) => {
      const { authority, node } = await cluster();
      const first = await node("1");
      const { port } = await first.listen();
      const { certPem: cert, keyPem: key } = await authority.issue({ names: [identityOf("2")] });

      const { error } = await ended(
        openTls(port, { cert, key, ciphers: `${suite}:DEFAULT@SECLEVEL=0` }),
      );

      expect(error).toMatch(/_ALERT_HANDSHAKE_FAILURE$/);
      expect(first.links).toEqual([]);
    },
  );

  test("have a link with any of the suites when both know it", async () => {
    for (const suite of [aes128, aes256, "TLS_CHACHA20_POLY1305_SHA256"]) {
      const { endpoints, node } = await cluster();
      const first = await node("1", { tlsSuites: [suite] });
      moveTo(endpoints, "1", (await first.listen()).port);
      expect((await (await node("2")).dial("1")).peer).toBe("1");
    }
  });
});
