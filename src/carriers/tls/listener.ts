/**
 * Takes connections, and gives on as links those whose other end has proven to be a node.
 *
 * 1. A connection is counted and timed from the moment TCP has it, not from the first byte of TLS:
 *    who connects and says nothing is a stranger too.
 * 2. TLS asks for a certificate and verifies it against the cluster's roots. What fails here never
 *    gets as far as a link. TLS itself does not close a connection that failed; this does.
 * 3. The certificate must name exactly one node of the cluster, and not this one.
 * 4. The link is given on, and remains timed until it is admitted.
 *
 * The server of Node.js tells its TLS sockets only after they are secure, so that a connection is
 * found again by its two ends, which no other open connection shares.
 */
import type { AddressInfo, Socket } from "node:net";
import { createServer, type Server, type TLSSocket, type TlsOptions } from "node:tls";
import { ReignError } from "../../core/errors.ts";
import type { NodeId } from "../../core/mailbox-id.ts";
import type { Link, Listener } from "../../ports/carrier.ts";
import type { Clock } from "../../ports/clock.ts";
import { outOfDescriptors } from "./descriptors.ts";
import { formatHostPort, type HostPort, keepAliveDelayMs, type TlsEndpoint } from "./endpoint.ts";
import { callerOf, certificateOf } from "./peer-certificate.ts";
import { PendingHandshakes, type PendingLimits, type Stage } from "./pending-handshakes.ts";
import { describeTlsFailure } from "./refusal.ts";
import type { Stranger, StrangerReports } from "./stranger-reports.ts";
import { TlsLink } from "./tls-link.ts";

export interface ListenerOptions {
  readonly thisNode: NodeId;
  readonly nodes: () => ReadonlyMap<NodeId, TlsEndpoint>;
  readonly listenAddress: HostPort;
  readonly tlsOptions: TlsOptions;
  readonly protocol: string;
  readonly clock: Clock;
  readonly reports: StrangerReports;
  readonly limits: PendingLimits;
  readonly timeoutMs: number;
  readonly accept: (link: Link) => void;
  /** Called once when the listener is closed and its port is free. */
  readonly onClosed: () => void;
}

const tooMany = "too many connections that are not admitted yet";
const outOfThem = "this process is out of file descriptors";

/** A connection that is not admitted yet. */
interface Pending {
  readonly socket: Socket;
  readonly from: Stranger;
  readonly deadline: Disposable;
  readonly gone: Promise<void>;
  link?: TlsLink;
}

/** Binds the address. Rejects with `REIGN_LISTEN_FAILED`. */
export async function listenTls(options: ListenerOptions): Promise<TlsListener> {
  const server = createServer({
    ...options.tlsOptions,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: keepAliveDelayMs,
  });
  const { host, port } = options.listenAddress;
  await new Promise<void>((resolve, reject) => {
    const fail = (cause: Error): void => reject(listenFailed(options.listenAddress, cause));
    server.once("error", fail);
    const where = host === "" ? { port } : { host, port };
    server.listen({ ...where, exclusive: true }, () => {
      server.off("error", fail);
      resolve();
    });
  });
  return new TlsListener(server, options);
}

export class TlsListener implements Listener {
  readonly address: string;
  readonly #server: Server;
  readonly #options: ListenerOptions;
  readonly #pending: PendingHandshakes<Pending>;
  readonly #byEnds = new Map<string, Pending>();
  readonly #bySocket = new WeakMap<object, Pending>();
  #closed: Promise<void> | undefined;
  #judging = false;

  constructor(server: Server, options: ListenerOptions) {
    this.#server = server;
    this.#options = options;
    this.#pending = new PendingHandshakes(options.limits, stageOf);
    const bound = server.address();
    this.address = formatHostPort(
      isAddressInfo(bound) ? { host: bound.address, port: bound.port } : options.listenAddress,
    );
    server
      .on("connection", (socket: Socket) => this.#connected(socket))
      .on("secureConnection", (socket) => this.#secured(socket))
      .on("tlsClientError", (error, socket) => this.#tlsFailed(error, socket))
      // Accepting can fail for want of file descriptors. The server goes on with the next.
      .on("error", (error) => this.#acceptFailed(error));
  }

  /** From now on, for connections that are yet to come. */
  useTls(options: TlsOptions): void {
    this.#server.setSecureContext(options);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    // The port is free at once. The callback would wait for the links that stay, too.
    this.#server.close();
    this.#options.onClosed();
    const waiting = this.#pending.waiting;
    for (const pending of waiting) this.#drop(pending, "this node stopped listening");
    await Promise.all(waiting.map(({ gone }) => gone));
    await new Promise<void>((resolve) => this.#options.clock.soon(resolve));
  }

  #connected(socket: Socket): void {
    const { clock, timeoutMs } = this.#options;
    const from = { ip: plainAddress(socket.remoteAddress), port: socket.remotePort ?? 0 };
    const ends = endsOf(socket);
    const pending: Pending = {
      socket,
      from,
      deadline: clock.after(timeoutMs, () => this.#tooLate(pending)),
      gone: new Promise((resolve) => {
        socket.once("close", () => {
          if (this.#byEnds.get(ends) === pending) this.#byEnds.delete(ends);
          this.#leave(pending);
          resolve();
        });
      }),
    };
    this.#byEnds.set(ends, pending);
    this.#bySocket.set(socket, pending);
    this.#makeRoom(this.#pending.knock(pending, from.ip));
    this.#judgeWhenHeard();
  }

  #judgeWhenHeard(): void {
    if (this.#judging || !this.#pending.hasUnheard) return;
    this.#judging = true;
    this.#options.clock.soon(() => {
      this.#judging = false;
      for (const victim of this.#pending.nextRound()) this.#makeRoom(victim);
      if (outOfDescriptors()) this.#shed();
      this.#judgeWhenHeard();
    });
  }

  #secured(socket: TLSSocket): void {
    const pending = this.#byEnds.get(endsOf(socket));
    if (pending === undefined || this.#closed !== undefined) return void socket.destroy();
    // From here on the socket's errors are the link's to hear, or nobody's.
    socket.on("error", () => undefined);
    const found = this.#identify(socket);
    if ("reason" in found) {
      this.#options.reports.refused(pending.from, "identity", found.reason);
      return void socket.destroy();
    }
    const { clock } = this.#options;
    const onAdmit = (): void => this.#leave(pending);
    const { socket: connection } = pending;
    const { peer } = found;
    const link = new TlsLink({ socket, connection, peer, clock, dialled: false, onAdmit });
    pending.link = link;
    this.#makeRoom(this.#pending.prove(pending, peer));
    this.#options.accept(link);
  }

  /** Which node the other end is, if its certificate is of exactly one and not of this. */
  #identify(socket: TLSSocket): { readonly peer: NodeId } | { readonly reason: string } {
    const { thisNode, nodes, protocol } = this.#options;
    const certificate = certificateOf(socket);
    if (!socket.authorized) return { reason: describeTlsFailure(socket.authorizationError) };
    if (certificate === undefined) {
      return { reason: describeTlsFailure("ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE") };
    }
    if (socket.alpnProtocol !== protocol) {
      return { reason: describeTlsFailure("ERR_SSL_NO_APPLICATION_PROTOCOL") };
    }
    const found = callerOf(certificate, nodes());
    if ("peer" in found && found.peer === thisNode) {
      return { reason: "the certificate is for this node itself" };
    }
    return found;
  }

  #tlsFailed(error: Error, socket: TLSSocket): void {
    socket.destroy();
    const pending = this.#pendingOf(socket);
    // Set when the certificate was refused; the error itself then says only that the socket closed.
    const failure = socket.authorizationError ?? error;
    const hungUp = failure === error && Reflect.get(error, "code") === "ECONNRESET";
    if (pending === undefined || hungUp) return;
    this.#options.reports.refused(pending.from, "tls", describeTlsFailure(failure));
  }

  #tooLate(pending: Pending): void {
    const { reports, timeoutMs } = this.#options;
    const reason = `no handshake within ${timeoutMs} ms`;
    if (pending.link === undefined) reports.refused(pending.from, "late", reason);
    this.#drop(pending, reason);
  }

  #makeRoom(victim: Pending | undefined, reason = tooMany): void {
    if (victim === undefined) return;
    if (victim.link === undefined) this.#options.reports.refused(victim.from, "many", reason);
    this.#drop(victim, reason);
  }

  /** What strangers hold is wanted for who comes next, and for what else this process opens. */
  #shed(): void {
    for (const victim of this.#pending.shedHalf()) this.#makeRoom(victim, outOfThem);
  }

  #drop(pending: Pending, reason: string): void {
    this.#leave(pending);
    pending.link?.destroyFor(reason);
    pending.socket.destroy();
  }

  #leave(pending: Pending): void {
    pending.deadline[Symbol.dispose]();
    this.#pending.leave(pending);
  }

  #pendingOf(socket: TLSSocket): Pending | undefined {
    // A TLS socket that is destroyed knows its ends no more, only what it was made from. That is
    // not documented, so nothing but a report hangs on it.
    const parent: unknown = Reflect.get(socket, "_parent");
    return typeof parent === "object" && parent !== null ? this.#bySocket.get(parent) : undefined;
  }

  #acceptFailed(error: Error): void {
    const reason = `a connection could not be accepted: ${error.message}`;
    this.#shed();
    this.#options.reports.refused({ ip: "unknown", port: 0 }, "accept", reason);
  }
}

/** TLS answers a whole hello that it can agree to, and nothing else with a word of its own. */
function stageOf({ socket }: Pending): Stage {
  if (socket.bytesWritten > 0) return "answered";
  return socket.bytesRead > 0 ? "speaking" : "silent";
}

/** What tells a connection from all others that are open. */
function endsOf(socket: Socket): string {
  const { localAddress, localPort, remoteAddress, remotePort } = socket;
  return `${localAddress} ${localPort} ${remoteAddress} ${remotePort}`;
}

/** One text for one address, also where IPv4 comes in over an IPv6 socket. */
function plainAddress(address: string | undefined): string {
  return address === undefined ? "unknown" : address.replace(/^::ffff:(?=[0-9.]+$)/, "");
}

function isAddressInfo(bound: AddressInfo | string | null): bound is AddressInfo {
  return typeof bound === "object" && bound !== null;
}

const remedies: Readonly<Record<string, string>> = {
  EADDRINUSE:
    "the port is in use; stop the program that has it, or give the node another listen address",
  EADDRNOTAVAIL:
    "the address is none of this machine's; give the node a listen address that is, or 0.0.0.0",
  EACCES: "this user may not listen there; take a port from 1024 up",
  ENOTFOUND: "there is no such host; give the node an IP address of this machine to listen on",
  EAI_AGAIN: "the host could not be resolved; give the node an IP address to listen on",
};

/** The one error for a listener that could not be had. */
export function listenFailed(address: HostPort, cause: Error): ReignError {
  const code: unknown = Reflect.get(cause, "code");
  const why = (typeof code === "string" ? remedies[code] : undefined) ?? cause.message;
  const where = formatHostPort(address);
  const message = `Cannot listen on ${where}: ${why}.`;
  return new ReignError("REIGN_LISTEN_FAILED", message, { address: where }, { cause });
}
