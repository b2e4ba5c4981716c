/** What remote cases stand on: certificates in a folder of their own, and free ports. */
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { initCluster } from "reign/tls";
import type { Case, Setting } from "./case.ts";

/** Makes settings for contestants. The certificates are made once, when the first needs them. */
export function settingsIn(folder: string): (chosen: Case) => Promise<Setting> {
  let certificates: Promise<unknown> | undefined;
  return async ({ remote }) => {
    if (!remote) return { folder: "", ports: [0, 0] };
    certificates ??= initCluster({ nodes: 2, dir: folder, cluster: "bench" });
    await certificates;
    return { folder, ports: await freePorts() };
  };
}

/** Two ports that nobody listens on. Both are held until both are known, so that they differ. */
async function freePorts(): Promise<readonly [number, number]> {
  const [one, two] = [await listenAnywhere(), await listenAnywhere()];
  const ports = [portOf(one), portOf(two)] as const;
  for (const server of [one, two]) {
    server.close();
    await once(server, "close");
  }
  return ports;
}

async function listenAnywhere(): Promise<Server> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("Expected a port.");
  return address.port;
}
