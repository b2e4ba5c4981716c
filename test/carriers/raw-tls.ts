/** Ends of connections that are no carriers: what strangers, and nodes gone wrong, look like. */
import { connect, type NetConnectOpts, type Socket } from "node:net";
import {
  type ConnectionOptions,
  connect as connectTls,
  createServer,
  type TLSSocket,
  type TlsOptions,
} from "node:tls";

/** Takes any certificate, its own too, however weak. */
const careless = {
  rejectUnauthorized: false,
  ALPNProtocols: ["reign/1"],
  ciphers: "TLS_AES_256_GCM_SHA384:DEFAULT@SECLEVEL=0",
};

/** What of this process would keep it alive and is a network's: sockets, servers and lookups. */
export function openNetwork(): readonly string[] {
  return process.getActiveResourcesInfo().filter((kind) => /^(?:TCP|TLS|GetAddr)/.test(kind));
}

export interface Ended {
  /** Code of the socket's error, if it had one. */
  readonly error: string | undefined;
  readonly tookMs: number;
}

/** Settles when the socket is closed, by whomever. */
export function ended(socket: Socket): Promise<Ended> {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    let code: string | undefined;
    socket
      .on("error", (error) => {
        code = String(Reflect.get(error, "code"));
      })
      .on("close", () => resolve({ error: code, tookMs: performance.now() - startedAt }))
      .resume();
  });
}

/** A TCP connection that says `opening` and then nothing. */
export function openTcp(port: number, opening = "", options: Partial<NetConnectOpts> = {}): Socket {
  const socket = connect({ port, host: "127.0.0.1", ...options });
  socket.on("error", () => undefined).on("connect", () => socket.write(opening, "latin1"));
  return socket;
}

export function openTls(port: number, options: ConnectionOptions): TLSSocket {
  const socket = connectTls({ port, host: "127.0.0.1", ...careless, ...options });
  return socket.on("error", () => undefined);
}

export interface RawServer {
  readonly port: number;
  close(): Promise<void>;
}

export interface RawTlsServer extends RawServer {
  /** Of each client that came through: the name of a host in its hello, or none. */
  readonly names: readonly (string | false)[];
  /** How many connections are over. */
  readonly over: () => number;
  /** How many bytes came inside TLS. */
  readonly received: () => number;
}

/**
 * A TLS server that asks for a certificate and looks at none, unless told otherwise, and says
 * `greeting` to whoever comes.
 */
export async function serveTls(
  options: TlsOptions,
  greeting = "",
  port = 0,
): Promise<RawTlsServer> {
  const names: (string | false)[] = [];
  let over = 0;
  let received = 0;
  const server = createServer({ ...careless, requestCert: true, ...options });
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  server.on("connection", (socket: Socket) => {
    socket.on("close", () => {
      over += 1;
    });
  });
  server.on("secureConnection", (socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (bytes: Buffer) => {
      received += bytes.length;
    });
    socket.write(greeting);
    // What is there under this name on a server is missing from the types.
    const name: unknown = Reflect.get(socket, "servername");
    names.push(typeof name === "string" && name);
  });
  return { ...(await listenOn(server, port)), names, over: () => over, received: () => received };
}

export async function listenOn(
  server: import("node:net").Server,
  wantedPort = 0,
): Promise<RawServer> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(wantedPort, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
