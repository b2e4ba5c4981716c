/**
 * Reaches for one node: resolves its address, connects, and has it prove who it is.
 *
 * One deadline covers all of it, and the caller's signal ends it at any point. The addresses of a
 * host name are tried in the order the resolver gives, each with a fair share of what is left of
 * the time; the first that takes the connection is the one, whatever TLS then makes of it. Node's
 * own way of trying several gives each a quarter of a second: too short between continents.
 */
import { connect, isIP, type Socket, type TcpSocketConnectOpts } from "node:net";
import { connect as connectTls, type SecureContext, type TLSSocket } from "node:tls";
import { ReignError } from "../../core/errors.ts";
import type { NodeId } from "../../core/mailbox-id.ts";
import type { Clock } from "../../ports/clock.ts";
import { formatHostPort, keepAliveDelayMs, type TlsEndpoint } from "./endpoint.ts";
import { certificateOf, refusalOf } from "./peer-certificate.ts";
import { describeTlsFailure, isNetworkError } from "./refusal.ts";
import type { Resolver } from "./resolver.ts";
import { TlsLink } from "./tls-link.ts";
import { verificationFault } from "./verification.ts";

export interface DialOptions {
  readonly peer: NodeId;
  readonly endpoint: TlsEndpoint;
  readonly localAddress: TlsEndpoint["localAddress"];
  readonly secureContext: SecureContext;
  readonly protocol: string;
  readonly clock: Clock;
  readonly resolver: Resolver;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** One try at one IP address. */
interface Attempt {
  readonly ip: string;
  /** How long it may take until the connection is there; TLS may take what is left of the whole. */
  readonly connectMs: number;
  readonly signal: AbortSignal;
}

export async function dialTls(options: DialOptions): Promise<TlsLink> {
  const { clock, signal, timeoutMs } = options;
  signal.throwIfAborted();
  const fault = verificationFault();
  if (fault !== undefined) throw handshakeFailed(options, fault);
  const end = new AbortController();
  const abort = (): void => end.abort(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  const deadline = clock.after(timeoutMs, () => end.abort(timedOut(options)));
  try {
    return await tryEach(options, end.signal);
  } finally {
    deadline[Symbol.dispose]();
    signal.removeEventListener("abort", abort);
  }
}

async function tryEach(options: DialOptions, signal: AbortSignal): Promise<TlsLink> {
  const { clock, peer, endpoint } = options;
  const giveUpAt = clock.now() + options.timeoutMs;
  const found = await options.resolver.resolve(peer, endpoint.address.host, signal);
  const ips = reachableFrom(options.localAddress, found);
  let failure: unknown = noAddress(options);
  for (const [index, ip] of ips.entries()) {
    signal.throwIfAborted();
    const connectMs = (giveUpAt - clock.now()) / (ips.length - index);
    try {
      return await connectTo(options, { ip, connectMs, signal });
    } catch (error) {
      if (signal.aborted || !(error instanceof Error) || !isNetworkError(error)) throw error;
      failure = error;
    }
  }
  throw failure;
}

function connectTo(options: DialOptions, attempt: Attempt): Promise<TlsLink> {
  return new Promise((resolve, reject) => {
    const { signal } = attempt;
    const { clock, peer } = options;
    const connection = openConnection(options, attempt.ip);
    const socket = secure(connection, options);
    const tooLong = clock.after(attempt.connectMs, () => socket.destroy(timedOut(options)));
    const abort = (): void => fail(signal.reason);
    signal.addEventListener("abort", abort, { once: true });

    function settle(): void {
      tooLong[Symbol.dispose]();
      signal.removeEventListener("abort", abort);
      socket.off("error", onError).off("secureConnect", onSecure);
    }
    function fail(reason: unknown): void {
      settle();
      // A destroyed socket may still have an error to tell, which nobody wants to hear.
      socket.on("error", () => undefined).destroy();
      reject(reason);
    }
    function onError(error: Error): void {
      fail(
        isNetworkError(error) ? error : handshakeFailed(options, describeTlsFailure(error), error),
      );
    }
    function onSecure(): void {
      const problem = problemWith(socket, options);
      if (problem !== undefined) {
        fail(handshakeFailed(options, problem));
      } else {
        settle();
        resolve(new TlsLink({ socket, connection, peer, clock, dialled: true }));
      }
    }
    socket.on("error", onError).on("secureConnect", onSecure);
    socket.once("connect", () => tooLong[Symbol.dispose]());
  });
}

function openConnection(options: DialOptions, ip: string): Socket {
  const { host, port } = options.localAddress ?? {};
  const where: TcpSocketConnectOpts = {
    host: ip,
    port: options.endpoint.address.port,
    ...(host === undefined ? {} : { localAddress: host }),
    ...(port === undefined ? {} : { localPort: port }),
  };
  return connect(where).setNoDelay(true).setKeepAlive(true, keepAliveDelayMs);
}

function secure(connection: Socket, options: DialOptions): TLSSocket {
  const { address, identity } = options.endpoint;
  const socket = connectTls({
    socket: connection,
    // For proxies that route by the name in the hello. Nothing is decided by it here.
    ...(isIP(address.host) === 0 ? { servername: address.host } : {}),
    secureContext: options.secureContext,
    ALPNProtocols: [options.protocol],
    rejectUnauthorized: true,
    checkServerIdentity: (_host, { raw }) => refusalOf(raw, identity),
  });
  connection.on("error", (error) => socket.destroy(error));
  return socket;
}

/** Looks once more at what TLS has promised to have looked at. */
function problemWith(socket: TLSSocket, options: DialOptions): string | undefined {
  if (!socket.authorized) return describeTlsFailure(socket.authorizationError);
  if (socket.alpnProtocol !== options.protocol) {
    return describeTlsFailure("ERR_SSL_NO_APPLICATION_PROTOCOL");
  }
  const certificate = certificateOf(socket);
  if (certificate === undefined)
    return describeTlsFailure("ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE");
  return refusalOf(certificate, options.endpoint.identity)?.message;
}

/** From an address of one family only that family can be reached. */
function reachableFrom(
  local: TlsEndpoint["localAddress"],
  ips: readonly string[],
): readonly string[] {
  return local === undefined ? ips : ips.filter((ip) => isIP(ip) === isIP(local.host));
}

function handshakeFailed(options: DialOptions, reason: string, cause?: Error): ReignError {
  const { peer, endpoint } = options;
  return new ReignError(
    "REIGN_CLUSTER_HANDSHAKE_FAILED",
    `The TLS handshake with node ${peer} at ${formatHostPort(endpoint.address)} failed: ${reason}.`,
    { peer, stage: "tls", reason },
    cause === undefined ? {} : { cause },
  );
}

/**
 * Says the time for the whole dial, which has passed when the last address did not answer either: a
 * text that differs from try to try would be a line of the log for each.
 */
function timedOut({ peer, endpoint, timeoutMs }: DialOptions): Error {
  const where = `node ${peer} at ${formatHostPort(endpoint.address)}`;
  const error = new Error(`No answer from ${where} within ${timeoutMs} ms.`);
  return Object.assign(error, { code: "ETIMEDOUT", syscall: "connect" });
}

function noAddress({ peer, endpoint, localAddress }: DialOptions): Error {
  const from = localAddress === undefined ? "" : ` that ${localAddress.host} can reach`;
  const error = new Error(`Node ${peer}'s host ${endpoint.address.host} has no address${from}.`);
  return Object.assign(error, { code: "EADDRNOTAVAIL", syscall: "connect" });
}
