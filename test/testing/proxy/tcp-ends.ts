/** Two plain TCP ends with a proxy between them, and what each of them sees. */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import type { ProxyConnection } from "../../../src/testing/proxy/connection.ts";
import type { ProxyDirection } from "../../../src/testing/proxy/faults.ts";
import { createProxy, type FaultProxy } from "../../../src/testing/proxy/proxy.ts";
import { eventually } from "../../carriers/tls-cluster.ts";

/** One end of a connection. Ends only when it is told to: half-open is allowed. */
export class TcpEnd {
  readonly socket: Socket;
  /** In order, with the sizes of what came at once. */
  readonly chunks: Buffer[] = [];
  receivedBytes = 0;
  /** What was seen of the other side's end: a fin is "end", a reset the code of an error. */
  readonly endings: string[] = [];
  readonly closed: Promise<void>;

  constructor(socket: Socket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => void socket.on("close", () => resolve()));
    socket
      .on("data", (bytes: Buffer) => {
        this.chunks.push(bytes);
        this.receivedBytes += bytes.length;
      })
      .on("end", () => this.endings.push("end"))
      .on("error", (error) => this.endings.push(String(Reflect.get(error, "code"))));
  }

  get received(): Buffer {
    return Buffer.concat(this.chunks);
  }

  /** Settles when the system has taken the bytes. */
  write(bytes: Uint8Array | string): Promise<void> {
    return new Promise((resolve) => void this.socket.write(bytes, () => resolve()));
  }

  async gets(count: number): Promise<void> {
    while (this.receivedBytes < count) await once(this.socket, "data");
  }

  async sees(ending: string): Promise<void> {
    await eventually(() => {
      if (!this.endings.includes(ending)) throw new Error(`Saw ${this.endings.join()}.`);
    });
  }
}

export interface ProxiedPair {
  readonly client: TcpEnd;
  readonly target: TcpEnd;
  readonly connection: ProxyConnection;
}

export interface TcpWorld extends AsyncDisposable {
  readonly proxy: FaultProxy;
  /** Connects through the proxy. */
  open(): Promise<ProxiedPair>;
  /** Connects to the proxy, whatever becomes of it. */
  knock(): TcpEnd;
}

export async function createTcpWorld(): Promise<TcpWorld> {
  const arrived: Socket[] = [];
  const ends = new Set<TcpEnd>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    arrived.push(socket);
    server.emit("arrived");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const proxy = await createProxy({ target: { port } });

  const keep = (socket: Socket): TcpEnd => {
    const end = new TcpEnd(socket);
    ends.add(end);
    return end;
  };
  const knock = (): TcpEnd =>
    keep(connect({ port: proxy.port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true }));

  return {
    proxy,
    knock,
    async open() {
      const cameIn = proxy.connection();
      const client = knock();
      const connection = await cameIn;
      if (arrived.length === 0) await once(server, "arrived");
      const socket = arrived.shift();
      if (socket === undefined) throw new Error("Expected a connection at the target.");
      return { client, target: keep(socket), connection };
    },
    async [Symbol.asyncDispose]() {
      await proxy.close();
      for (const { socket } of ends) socket.destroy();
      for (const socket of arrived) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Who sends in a direction, and who receives. */
export function endsOf(
  { client, target }: ProxiedPair,
  direction: ProxyDirection,
): { readonly sender: TcpEnd; readonly receiver: TcpEnd } {
  return direction === "up"
    ? { sender: client, receiver: target }
    : { sender: target, receiver: client };
}

export function opposite(direction: ProxyDirection): ProxyDirection {
  return direction === "up" ? "down" : "up";
}

/** Bytes of which no two places near each other look alike. */
export function pattern(length: number): Buffer {
  const words = new Uint32Array(Math.ceil(length / 4));
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i, 0x9e3779b1);
  return Buffer.from(words.buffer, 0, length);
}

/** Shows that the proxy still works, and had time to do what was asked before: a byte passes. */
export async function roundOf(pair: ProxiedPair, direction: ProxyDirection): Promise<void> {
  const { sender, receiver } = endsOf(pair, direction);
  const before = receiver.receivedBytes;
  await sender.write("x");
  await receiver.gets(before + 1);
}
