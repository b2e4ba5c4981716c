/**
 * Promises of the seed's documentation that its Go code breaks, each by the number of its row in
 * the list of such promises: here they are kept, over real TLS.
 */
import { describe, expect, test } from "vitest";
import type { ConnectionService } from "../../src/cluster/connection-service.ts";
import { createFromSpec } from "../../src/cluster/create.ts";
import { nullLogger } from "../../src/cluster/logger.ts";
import { MailboxClosed } from "../../src/core/close-notice.ts";
import { frameType } from "../../src/core/frame.ts";
import { MultipleClaim } from "../../src/core/multiple-claim.ts";
import { handshakeFrame } from "../core/hand-frame.ts";
import { createTestAuthority, selfSigned } from "./certificates.ts";
import { ended, openTls } from "./raw-tls.ts";
import { createTlsServices, type TlsServices } from "./tls-services.ts";

async function bothUp(cluster: TlsServices): Promise<[ConnectionService, ConnectionService]> {
  const [one, two] = await Promise.all([
    cluster.start("1", { maxReconnectDelay: 100 }),
    cluster.start("2", { maxReconnectDelay: 100 }),
  ]);
  await Promise.all([one.connected(2), two.connected(1)]);
  return [one, two];
}

/** What node 1 of the cluster is told first, as a frame. */
function helloOf(from: string, to: string): Uint8Array {
  return handshakeFrame(frameType.hello, {
    versions: [1, 1],
    cluster: "test",
    from,
    epoch: "00000000000000aa",
    to,
    codecs: ["term-3"],
    capabilities: [],
    maxMessageBytes: 1_000_000,
  });
}

/** Knocks with a certificate, says hello, and gives what came back before the end. */
async function knock(port: number, certificate: { certPem?: string; keyPem?: string }) {
  const socket = openTls(port, { cert: certificate.certPem, key: certificate.keyPem });
  let received = 0;
  socket.on("data", (bytes: Buffer) => {
    received += bytes.length;
  });
  socket.on("secureConnect", () => socket.write(helloOf("2", "1")));
  await ended(socket);
  return received;
}

describe("GO-1: nodes verify each other's certificates", () => {
  test("nobody without a certificate of the cluster gets a byte of an answer", async () => {
    await using cluster = await createTlsServices(["1", "2"]);
    await cluster.start("1", { handshakeTimeout: 500 });
    const port = cluster.ports.get("1") ?? 0;
    const stranger = await createTestAuthority("strangers");

    expect(await knock(port, {})).toBe(0);
    expect(await knock(port, await selfSigned({ names: ["URI:reign://test/2"] }))).toBe(0);
    expect(await knock(port, await stranger.issue({ names: ["URI:reign://test/2"] }))).toBe(0);
    // With the right one the same bytes are answered, so it is the certificate that decides.
    const answered = await knock(port, await cluster.authority.issue("2"));
    expect(answered).toBeGreaterThan(0);
  });
});

describe("GO-2: a node is who its certificate says", () => {
  test("a certificate of the cluster for one node does not pass for another", async () => {
    await using cluster = await createTlsServices(["1", "2", "3"]);
    const one = await cluster.start("1", { handshakeTimeout: 500 });
    const liar = await cluster.authority.issue("3");
    await knock(cluster.ports.get("1") ?? 0, liar);

    expect(cluster.telemetry.eventsOf("handshake_failed")).toContainEqual(
      expect.objectContaining({ peer: "3", stage: "cluster", reason: "identity_mismatch" }),
    );
    await expect(one.connected(2, { timeout: 0 })).rejects.toMatchObject({ code: "REIGN_TIMEOUT" });
  });

  test("a node does not even start with the certificate of another", async () => {
    await using cluster = await createTlsServices(["1", "2"]);
    const wrong = await cluster.authority.issue("2");

    await expect(cluster.create("1", {}, wrong)).rejects.toMatchObject({
      code: "REIGN_INVALID_CERTIFICATE",
    });
  });
});

describe("GO-3: a lost node is a close notice", () => {
  test("to every watcher, at once, and again after the next link if asked again", async () => {
    await using cluster = await createTlsServices(["1", "2"]);
    const [one, two] = await bothUp(cluster);
    const remote = one.address(two.newMailbox().address.id);
    const watcher = one.newMailbox<MailboxClosed>();
    remote.onCloseNotify(watcher.address);
    await two.stop();

    expect(await watcher.mailbox.receive()).toEqual(new MailboxClosed(remote.id, "noconnection"));
    remote.onCloseNotify(watcher.address);
    expect((await watcher.mailbox.receive()).reason).toBe("noconnection");
  });
});

describe("GO-4: two claimants of a name are told of each other when they meet", () => {
  test("on both sides, when both claimed it apart", async () => {
    await using cluster = await createTlsServices(["1", "2"]);
    const one = await cluster.start("1");
    const two = await cluster.create("2");
    const left = one.newMailbox<MultipleClaim>();
    const right = two.newMailbox<MultipleClaim>();
    one.names.register("foo", left.address);
    two.names.register("foo", right.address);
    await two.start();

    for (const { mailbox } of [left, right]) {
      const { name, claimants } = await mailbox.receive(MultipleClaim);
      expect(name).toBe("foo");
      expect(claimants.map(({ nodeId }) => nodeId).sort()).toEqual(["1", "2"]);
    }
  });
});

describe("GO-5: a peer speaks only for itself", () => {
  test("what it says of a name is said of its own claim, whatever mailbox it names", async () => {
    await using cluster = await createTlsServices(["1", "2"]);
    const [one, two] = await bothUp(cluster);
    const mine = one.newMailbox<MultipleClaim>();
    one.names.register("mine", mine.address);
    const theirs = two.newMailbox<MultipleClaim>();
    two.names.register("mine", theirs.address);
    two.names.unregister("mine", theirs.address);
    two.names.unregister("mine", two.address(mine.address.id));
    await two.names.sync();

    expect(one.names.lookupAll("mine")).toEqual([mine.address]);
  });
});

describe("GO-6: a send to anybody is a value", () => {
  test("to a node that does not exist, or is not there, it is false and never throws", async () => {
    await using cluster = await createTlsServices(["1", "2"]);
    const one = await cluster.start("1");

    for (const node of ["2", "99", "no-such.node"]) {
      expect(one.address(`<${node}:0123456789abcdef:1>`).send("?")).toBe(false);
    }
  });
});

describe("GO-7: certificates", () => {
  test("with the id in the common name alone are refused with what to do", async () => {
    const authority = await createTestAuthority("old");
    const old = await authority.issue({ names: [], commonName: "1" });
    const made = createFromSpec(
      {
        cluster: "test",
        nodes: [
          { id: 1, address: "127.0.0.1:1" },
          { id: 2, address: "127.0.0.1:2" },
        ],
        node_cert_pem: old.certPem,
        node_key_pem: old.keyPem,
        cluster_cert_pem: authority.certPem,
      },
      1,
      { logger: nullLogger },
    );

    await expect(made).rejects.toThrow(/common name.*reign init/s);
  });

  test("of RSA, ECDSA and Ed25519, with the identity as URI or DNS, make a cluster", async () => {
    const authority = await createTestAuthority("any");
    const kinds = ["rsa2048", "p384", "ed25519"] as const;
    for (const key of kinds) {
      await using cluster = await createTlsServices(["1", "2"]);
      const nodes = [...cluster.ports].map(([id, port]) => ({
        id,
        address: `127.0.0.1:${port}`,
        identity: `DNS:node-${id}.example`,
      }));
      const services = await Promise.all(
        ["1", "2"].map(async (id) => {
          const issued = await authority.issue({ names: [`DNS:node-${id}.example`], key });
          const spec = {
            nodes,
            node_cert_pem: issued.certPem,
            node_key_pem: issued.keyPem,
            cluster_cert_pem: authority.certPem,
          };
          const service = await createFromSpec(spec, id, { logger: nullLogger });
          await service.start();
          return service;
        }),
      );
      await Promise.all(services.map((service, i) => service.connected(i === 0 ? 2 : 1)));
      await Promise.all(services.map((service) => service.terminate()));
    }
  });
});
