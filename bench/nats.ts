/**
 * NATS as a contestant: what is sent goes through a server, which is a third process.
 *
 * As its documentation has it for speed: messages are handled in a callback, publishers flush once
 * in a while and not for each message, nothing is echoed. Mutual TLS 1.3 on both ways, with the
 * suite that reign uses; objects travel as JSON.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Msg, NatsConnection } from "@nats-io/transport-node";
import type { Contestant, Role, RoleDefinition, Setting } from "./case.ts";
import { ChildProgram, pathOf, usageOfPrograms } from "./child-program.ts";
import { type PeerCertificates, peerCertificates } from "./peer-certificates.ts";
import type { Tally } from "./tally.ts";

/** How much a publisher sends before it waits until the server has it all. */
const messagesPerFlush = 1000;
const bytesPerFlush = 1024 * 1024;
const largestPayload = 8 * 1024 * 1024;

type Start = (connection: NatsConnection) => Role | Promise<Role>;

export function nats(
  receiver: Start,
  sender: Start,
  given: Pick<Contestant, "share"> = {},
): Contestant {
  return {
    name: "NATS TLS",
    ...given,
    available: missingNats,
    roles: [
      { name: "server", start: startServer },
      connected("receiver", receiver),
      connected("sender", sender),
    ],
  };
}

/** Publishes `count` messages, flushing as it goes. */
export async function publishAll(
  connection: NatsConnection,
  count: number,
  publish: (index: number) => number,
): Promise<void> {
  let bytes = 0;
  for (let i = 0; i < count; i++) {
    bytes += publish(i);
    if ((i + 1) % messagesPerFlush !== 0 && bytes < bytesPerFlush) continue;
    bytes = 0;
    await connection.flush();
  }
}

/** Gives what waits for the next message on `subject`. */
export function nextOn(connection: NatsConnection, subject: string): () => Promise<void> {
  let heard = () => {};
  connection.subscribe(subject, { callback: () => heard() });
  return () =>
    new Promise((resolve) => {
      heard = resolve;
    });
}

/** Calls `take` for each message, and has the tally fail with what it throws. */
export function countOn(
  connection: NatsConnection,
  subject: string,
  tally: Tally,
  take: (message: Msg) => void,
): void {
  connection.subscribe(subject, {
    callback(_, message) {
      try {
        take(message);
      } catch (error) {
        tally.fail(error);
      }
    },
  });
}

async function startServer(setting: Setting): Promise<Role> {
  const config = join(setting.folder, `nats-${setting.ports[0]}.conf`);
  await writeFile(config, serverConfig(setting.ports[0], await peerCertificates(setting.folder)));
  const log = join(setting.folder, `nats-${setting.ports[0]}.log`);
  // It reads no input that could tell it that we are gone.
  const args = ["--pdeathsig", "KILL", pathOf("nats-server") ?? "", "-c", config, "-l", log];
  const server = new ChildProgram("nats-server", "setpriv", args);
  return {
    ...usageOfPrograms([server]),
    // It takes part in every round and is told of none.
    round: () => Promise.resolve(undefined),
  };
}

export function serverConfig(port: number, { key, cert, ca }: PeerCertificates): string {
  return [
    `listen: "127.0.0.1:${port}"`,
    `max_payload: ${largestPayload}`,
    "max_pending: 256MB",
    "tls {",
    `  cert_file: ${JSON.stringify(cert)}`,
    `  key_file: ${JSON.stringify(key)}`,
    `  ca_file: ${JSON.stringify(ca)}`,
    "  verify: true",
    '  cipher_suites: ["TLS_AES_256_GCM_SHA384"]',
    "}",
    "",
  ].join("\n");
}

function connected(name: string, start: Start): RoleDefinition {
  return {
    name,
    async start(setting) {
      // Here, so that the other contestants' processes start without it.
      const { connect } = await import("@nats-io/transport-node");
      const { key, cert, ca } = await peerCertificates(setting.folder);
      const connection = await connect({
        servers: `localhost:${setting.ports[0]}`,
        tls: { keyFile: key, certFile: cert, caFile: ca },
        noEcho: true,
        noAsyncTraces: true,
        // The server may still be getting ready.
        waitOnFirstConnect: true,
        maxReconnectAttempts: 100,
        reconnectTimeWait: 100,
      });
      const role = await start(connection);
      // The server knows of what was subscribed before anybody publishes.
      await connection.flush();
      return role;
    },
  };
}

function missingNats(): string | undefined {
  if (pathOf("nats-server") === undefined) {
    return "nats-server is not installed (Debian: nats-server)";
  }
  return pathOf("setpriv") === undefined
    ? "setpriv is not installed (Debian: util-linux)"
    : undefined;
}
