/** Nodes 1 and 2 over TLS on 127.0.0.1, whose keys and certificates are files. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "../../measure/free-ports.ts";
import {
  type CertificateAuthority,
  createCertificateAuthority,
} from "../../src/carriers/tls/certificate-authority.ts";
import type { ConnectionService } from "../../src/cluster/connection-service.ts";
import { createFromSpec } from "../../src/cluster/create.ts";
import { nullLogger } from "../../src/cluster/logger.ts";
import type { ClusterSpec, NodeDefinition } from "../../src/cluster/spec.ts";
import {
  createRecordingTelemetry,
  type RecordingTelemetry,
} from "../../src/testing/recording-telemetry.ts";

export interface FileCluster extends AsyncDisposable {
  readonly telemetry: RecordingTelemetry;
  nodes: NodeDefinition[];
  /** Gives a node a new key and certificate. */
  issue(id: string, authority: CertificateAuthority): Promise<string>;
  /** Writes the roots that a node trusts. */
  trust(id: string, ...authorities: CertificateAuthority[]): Promise<void>;
  write(name: string, text: string): Promise<void>;
  specOf(id: string): ClusterSpec & { readonly nodes: readonly NodeDefinition[] };
  start(id: string): Promise<ConnectionService>;
}

const within = { timeout: 10_000 };

export async function createFileCluster(): Promise<FileCluster> {
  const folder = await mkdtemp(join(tmpdir(), "reign-reload-"));
  const telemetry = createRecordingTelemetry();
  const services: ConnectionService[] = [];
  const ports = await freePorts(2);
  const write = (name: string, text: string) =>
    writeFile(join(folder, name), text, { mode: 0o600 });
  const cluster: FileCluster = {
    telemetry,
    nodes: ports.map((port, i) => ({ id: i + 1, address: `127.0.0.1:${port}` })),
    async issue(id, authority) {
      const { certPem, keyPem } = await authority.issue(id);
      await write(`${id}.crt`, certPem);
      await write(`${id}.key`, keyPem);
      return certPem;
    },
    trust: (id, ...authorities) =>
      write(`${id}.roots`, authorities.map(({ certPem }) => certPem).join("")),
    write,
    specOf: (id) => ({
      cluster: "test",
      nodes: cluster.nodes,
      node_key_path: "%d.key",
      node_cert_path: "%d.crt",
      cluster_cert_path: `${id}.roots`,
    }),
    async start(id) {
      const options = { baseFolder: folder, logger: nullLogger, telemetry, maxReconnectDelay: 200 };
      const service = await createFromSpec(cluster.specOf(id), id, options);
      services.push(service);
      await service.start();
      return service;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(services.map((service) => service.terminate()));
      await rm(folder, { recursive: true });
    },
  };
  return cluster;
}

export function testAuthority(): Promise<CertificateAuthority> {
  return createCertificateAuthority({ cluster: "test" });
}

export async function linked(one: ConnectionService, two: ConnectionService): Promise<void> {
  await Promise.all([one.connected("2", within), two.connected("1", within)]);
}

/** Has both take each other out and in again, so that they make a new link. */
export async function meetAgain(
  one: ConnectionService,
  two: ConnectionService,
  [first, second]: readonly NodeDefinition[],
): Promise<void> {
  await Promise.all([one.removeNode("2"), two.removeNode("1")]);
  if (first !== undefined) two.addNode(first);
  if (second !== undefined) one.addNode(second);
  await linked(one, two);
}
