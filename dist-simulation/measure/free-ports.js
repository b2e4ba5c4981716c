/** Ports for nodes that are about to be started. */
import { once } from "node:events";
import { createServer } from "node:net";
/** So many ports that nobody listens on. All are held until all are known, so that they differ. */
export async function freePorts(count) {
    const servers = [];
    for (let i = 0; i < count; i++) {
        const server = createServer().listen(0, "127.0.0.1");
        servers.push(server);
        await once(server, "listening");
    }
    const ports = servers.map(portOf);
    for (const server of servers) {
        server.close();
        await once(server, "close");
    }
    return ports;
}
function portOf(server) {
    const address = server.address();
    if (address === null || typeof address === "string")
        throw new Error("Expected a port.");
    return address.port;
}
//# sourceMappingURL=free-ports.js.map