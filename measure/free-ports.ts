/** Ports for nodes that are about to be started. */
import { once } from "node:events";
import { createServer, type Server } from "node:net";

/**
 * Below those that systems give to connections on their way out: one of these would be taken again
 * before the node is there, by whatever else the machine does.
 */
const lowest = 10_000;
const highest = 32_000;

/** So many ports that nobody listens on. All are held until all are known, so that they differ. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers: Server[] = [];
  for (let i = 0; i < count; i++) {
    servers.push(await listenSomewhere());
  }
  const ports = servers.map(portOf);
  for (const server of servers) {
    server.close();
    await once(server, "close");
  }
  return ports;
}

async function listenSomewhere(): Promise<Server> {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    const server = createServer().listen(port, "127.0.0.1");
    try {
      await once(server, "listening");
      return server;
    } catch (error) {
      if (!(error instanceof Error) || !("code" in error) || error.code !== "EADDRINUSE")
        throw error;
    }
  }
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("Expected a port.");
  return address.port;
}
