/** What definition_test.go of the Go library verifies, and no other test here. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { createCertificateAuthority } from "../../src/carriers/tls/certificate-authority.ts";
import {
  createFromReader,
  createFromSpec,
  createFromSpecFile,
  noClustering,
} from "../../src/cluster/create.ts";
import { nullLogger, stdLogger } from "../../src/cluster/logger.ts";

const logger = nullLogger;

/** Of two nodes, with the key and certificate of node 1 in the text. */
async function specWithCertificates() {
  const authority = await createCertificateAuthority();
  const { certPem, keyPem } = await authority.issue(1);
  return {
    nodes: [
      { id: 1, address: "127.0.0.1:20000" },
      { id: 2, address: "127.0.0.1:20001" },
    ],
    node_cert_pem: certPem,
    node_key_pem: keyPem,
    cluster_cert_pem: authority.certPem,
  };
}

test("a spec with its certificates in it makes one node from a file, a stream or a value, and no other", async () => {
  const spec = await specWithCertificates();
  const text = JSON.stringify(spec);
  const folder = mkdtempSync(join(tmpdir(), "reign-spec-"));
  const file = join(folder, "cluster.json");
  writeFileSync(file, text, { mode: 0o600 });
  const made = await Promise.all([
    createFromSpecFile(file, 1, { logger }),
    createFromReader(Readable.from([text]), 1, { logger }),
    createFromSpec(spec, 1, { logger }),
  ]);

  for (const { nodeId, cluster } of made) {
    expect(nodeId).toBe("1");
    expect([...cluster.nodes.keys()]).toEqual(["1", "2"]);
    expect(cluster.certificate).toContain("BEGIN CERTIFICATE");
    expect(cluster).toEqual(made[0]?.cluster);
  }
  await expect(createFromSpec(spec, 2, { logger })).rejects.toMatchObject({
    code: "REIGN_INVALID_CERTIFICATE",
  });
  rmSync(folder, { recursive: true });
});

test("a process may have any number of nodes, at once and one after the other", async () => {
  const first = noClustering({ logger });
  const second = noClustering({ logger });
  const { address } = first.newMailbox();
  first.names.register("it", address);
  await first.terminate();
  const third = noClustering({ logger });

  expect(() => first.newMailbox()).toThrow(expect.objectContaining({ code: "REIGN_STOPPED" }));
  for (const node of [second, third]) {
    expect(node.names.seenNames("it")).toEqual([false]);
    const { address: own, mailbox } = node.newMailbox();
    expect(own.send("hello")).toBe(true);
    expect(mailbox.tryReceive()).toBe("hello");
  }
});

test("a node that is given no logger has the standard one, and else the one that it was given", () => {
  const own = { ...nullLogger };

  expect(noClustering().cluster.logger).toBe(stdLogger);
  expect(noClustering({ logger: own }).cluster.logger).toBe(own);
});
