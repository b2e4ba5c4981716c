/** Where a node of the cluster is, and by what its certificate names it. */
import { isIPv6 } from "node:net";

export interface HostPort {
  /**
   * A host name, or an IP address without brackets; where one listens, nothing means everywhere.
   */
  readonly host: string;
  readonly port: number;
}

export interface TlsEndpoint {
  /** Where the others reach it. A host name is resolved anew at each dial. */
  readonly address: HostPort;
  /** Where it listens. */
  readonly listenAddress: HostPort;
  /** What it dials from, an IP address of its own; the system chooses what is not given. */
  readonly localAddress?: { readonly host: string; readonly port?: number };
  /** The one subject alternative name that its certificate carries: `URI:…` or `DNS:…`. */
  readonly identity: string;
}

/**
 * When TCP begins to ask whether a silent peer is there. A help only, for addresses translated on
 * the way that are forgotten without traffic: peers are judged by what they say.
 */
export const keepAliveDelayMs = 15_000;

export function formatHostPort({ host, port }: HostPort): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}
