/**
 * A TCP proxy for tests: what goes through it can be held up, lost, slowed and cut.
 *
 * It knows nothing of what it carries. The faults of the proxy itself are what connections to come
 * begin with; the open ones are told of each change as it is made.
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { ReignError } from "../../core/errors.ts";
import { Connection, type ProxyConnection } from "./connection.ts";
import {
  asObject,
  type Change,
  type CutFault,
  checkNumber,
  FaultControls,
  type LaneFaults,
  named,
  noFaults,
  type ProxyDirection,
  type ProxyFaults,
} from "./faults.ts";
import { resetSocket } from "./socket-ends.ts";

/** Where the connections of a proxy are passed on to. */
export interface ProxyTarget {
  readonly port: number;
  /** Default `127.0.0.1`. */
  readonly host?: string;
}

/** Where a proxy listens, and what is behind it. */
export interface ProxyOptions {
  /** Where connections are passed on to. Nobody needs to listen there yet. */
  readonly target: ProxyTarget;
  /** Where the proxy listens, on `127.0.0.1`. Default 0: a free port that the system chooses. */
  readonly port?: number;
}

/**
 * A proxy that listens. Its faults work on the connections that are open and on those to come; a
 * `ProxyConnection` has the same ones for itself alone.
 */
export interface FaultProxy extends ProxyFaults, AsyncDisposable {
  readonly port: number;
  /** `127.0.0.1:` and the port. */
  readonly address: string;
  /** The open ones, oldest first, as they are now. */
  readonly connections: readonly ProxyConnection[];
  /**
   * The next connection that comes in from now on, one that is refused aside. Rejects with the
   * reason of `signal`, and when the proxy is closed.
   */
  connection(options?: { readonly signal?: AbortSignal }): Promise<ProxyConnection>;
  /** From now on, resets each new connection at once. The open ones stay. */
  refuse(): void;
  /** Undoes `refuse`. */
  accept(): void;
  /** From now on, passes new connections on to another place. The open ones stay. */
  retarget(target: ProxyTarget): void;
  /** Resets what is open and stops listening. Settles when nothing of the proxy is left open. */
  close(): Promise<void>;
}

/**
 * Starts a proxy on `127.0.0.1`. Without faults it passes everything on: bytes in order, ends and
 * resets behind them, half-open connections too. A client whose connection cannot be passed on is
 * reset.
 *
 * Rejects with `REIGN_LISTEN_FAILED` when the port cannot be had; with a `TypeError` or a
 * `RangeError` for options that cannot be.
 */
export async function createProxy(options: ProxyOptions): Promise<FaultProxy> {
  const { target, port = 0 } = asObject("options such as { target: { port } }", options);
  const checked = checkTarget(target);
  checkNumber("port", port, { most: 65_535, whole: true });
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  try {
    const listening = once(server, "listening");
    server.listen({ port, host: "127.0.0.1", exclusive: true });
    await listening;
  } catch (cause) {
    const address = `127.0.0.1:${port}`;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `The proxy cannot listen on ${address}: ${reason}.`;
    throw new ReignError("REIGN_LISTEN_FAILED", message, { address }, { cause });
  }
  return new TcpProxy(server, checked);
}

interface Waiter {
  resolve(connection: ProxyConnection): void;
  reject(reason: unknown): void;
}

class TcpProxy extends FaultControls implements FaultProxy {
  readonly port: number;
  readonly #server: Server;
  #target: Required<ProxyTarget>;
  #faults: Readonly<Record<ProxyDirection, LaneFaults>> = { up: noFaults, down: noFaults };
  readonly #connections = new Set<Connection>();
  readonly #waiters = new Set<Waiter>();
  #refusing = false;
  #closed: Promise<void> | undefined;

  constructor(server: Server, target: Required<ProxyTarget>) {
    super();
    this.#server = server;
    this.#target = target;
    this.port = portOf(server.address());
    server
      .on("connection", (socket: Socket) => this.#connected(socket))
      // Accepting may fail for want of file descriptors. The server goes on with the next.
      .on("error", () => undefined);
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  get connections(): readonly ProxyConnection[] {
    return [...this.#connections];
  }

  connection({ signal }: { readonly signal?: AbortSignal } = {}): Promise<ProxyConnection> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#closed !== undefined) return Promise.reject(closedError());
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiters.delete(waiter);
        signal?.removeEventListener("abort", abort);
      };
      const waiter: Waiter = {
        resolve(connection) {
          leave();
          resolve(connection);
        },
        reject(reason) {
          leave();
          reject(reason);
        },
      };
      const abort = (): void => waiter.reject(signal?.reason);
      this.#waiters.add(waiter);
      signal?.addEventListener("abort", abort, { once: true });
    });
  }

  refuse(): void {
    this.#refusing = true;
  }

  accept(): void {
    this.#refusing = false;
  }

  retarget(target: ProxyTarget): void {
    this.#target = checkTarget(target);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  protected change(directions: readonly ProxyDirection[], change: Change): void {
    const { up, down } = this.#faults;
    this.#faults = {
      up: directions.includes("up") ? change(up) : up,
      down: directions.includes("down") ? change(down) : down,
    };
    for (const connection of this.#connections) connection.change(directions, change);
  }

  protected cutNow(how: CutFault["with"]): void {
    for (const connection of this.#connections) connection.cut({ with: how });
  }

  protected endOne(direction: ProxyDirection): void {
    for (const connection of this.#connections) connection.halfClose(direction);
  }

  #connected(client: Socket): void {
    if (this.#refusing || this.#closed !== undefined) {
      client.on("error", () => undefined);
      resetSocket(client);
      return;
    }
    const target = connect({ ...this.#target, allowHalfOpen: true, noDelay: true });
    const connection = new Connection({ client, target }, this.#faults);
    this.#connections.add(connection);
    void connection.closed.then(() => this.#connections.delete(connection));
    for (const waiter of [...this.#waiters]) waiter.resolve(connection);
  }

  async #close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const waiter of [...this.#waiters]) waiter.reject(closedError());
    const connections = [...this.#connections];
    for (const connection of connections) connection.destroy();
    await Promise.all(connections.map((connection) => connection.closed));
    await closed;
  }
}

function checkTarget(target: ProxyTarget): Required<ProxyTarget> {
  const { port, host = "127.0.0.1" } = asObject("a target such as { port: 4711 }", target);
  checkNumber("the target's port", port, { least: 1, most: 65_535, whole: true });
  if (typeof host === "string" && host !== "") return { port, host };
  throw new TypeError(`Expected the target's host to be a name or an IP, got ${named(host)}.`);
}

function portOf(bound: AddressInfo | string | null): number {
  return typeof bound === "object" && bound !== null ? bound.port : 0;
}

function closedError(): Error {
  return new Error("The proxy is closed: no connection comes in any more.");
}
