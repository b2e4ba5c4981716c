/**
 * The default carrier: links over mutual TLS 1.3 between the nodes of a cluster.
 *
 * Both sides present a certificate that chains to the cluster's own roots and names, as a subject
 * alternative name, exactly the identity that the spec gives to the node. Sessions are never
 * resumed, since a resumed session is one whose certificate nobody looks at; and none of the hooks
 * of Node's TLS that call back during a handshake is used, since what throws in there ends the
 * process.
 */
import { constants } from "node:crypto";
import { createSecureContext, type SecureContext, type TlsOptions } from "node:tls";
import type { NodeId } from "../../core/mailbox-id.ts";
import type { Carrier, Link, Listener } from "../../ports/carrier.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { type CertificateFault, invalidCertificate } from "./certificate-checks.ts";
import { dialTls } from "./dial.ts";
import type { TlsEndpoint } from "./endpoint.ts";
import { listenFailed, listenTls, type TlsListener } from "./listener.ts";
import { Resolver } from "./resolver.ts";
import { StrangerReports } from "./stranger-reports.ts";
import { checkVerification } from "./verification.ts";

export interface TlsCredentials {
  readonly keyPem: string;
  /**
   * The node's certificate, and behind it the intermediates that lead to a root, if there are any.
   */
  readonly certPem: string;
  /** The roots of the cluster. No other is trusted. */
  readonly caPem: readonly string[];
}

export interface TlsCarrierOptions {
  readonly thisNode: NodeId;
  /** Read anew at each dial and each connection, so that the cluster may change while it runs. */
  readonly nodes: () => ReadonlyMap<NodeId, TlsEndpoint>;
  readonly credentials: TlsCredentials;
  /** Cipher suites of TLS 1.3 by name, the preferred first. */
  readonly tlsSuites: readonly string[];
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /**
   * How long reaching a node may take until it has proven who it is, and how long a connection that
   * came in may take until it is admitted; in milliseconds. Default 5,000. More lets strangers hold
   * on for longer, less cuts off nodes that are far or busy.
   */
  readonly handshakeTimeout?: number;
  /** How many connections that have not proven who they are may wait at once. Default 64. */
  readonly maxPendingHandshakes?: number;
  /** How many of one IP address that have not said a whole hello. Default 8. */
  readonly maxPendingPerAddress?: number;
}

export interface TlsCarrier extends Carrier {
  /**
   * From now on proves itself, and judges others, by these. Links that are up stay, and so do
   * connections that TLS has begun with.
   *
   * Throws `REIGN_INVALID_CERTIFICATE` as `createTlsCarrier` does, and then changes nothing.
   */
  useCredentials(credentials: TlsCredentials): void;
}

/** The name that nodes give their protocol in TLS. Who does not know it is no node. */
const protocol = "reign/1";

/**
 * Makes the carrier. Opens nothing yet.
 *
 * Throws `REIGN_INVALID_CERTIFICATE` for credentials that TLS cannot work with, and where the
 * environment asks TLS to look at no certificate; a `RangeError` when `nodes` does not have
 * `thisNode`. The environment is looked at again by `listen` and `dial`.
 */
export function createTlsCarrier(options: TlsCarrierOptions): TlsCarrier {
  return new MutualTlsCarrier(options);
}

class MutualTlsCarrier implements TlsCarrier {
  readonly #options: TlsCarrierOptions;
  #tlsOptions: TlsOptions;
  #secureContext: SecureContext;
  readonly #resolver: Resolver;
  readonly #reports: StrangerReports;
  /** From the call of `listen` until the listener is closed. */
  #listening = false;
  #listener: TlsListener | undefined;

  constructor(options: TlsCarrierOptions) {
    checkVerification();
    this.#options = options;
    this.#tlsOptions = tlsOptions(options, options.credentials);
    this.#secureContext = secureContext(this.#tlsOptions);
    this.#resolver = new Resolver(options);
    this.#reports = new StrangerReports(options);
    this.#endpointOf(options.thisNode);
  }

  async listen(accept: (link: Link) => void): Promise<Listener> {
    const { thisNode, nodes, clock, handshakeTimeout = 5000 } = this.#options;
    checkVerification();
    const { listenAddress } = this.#endpointOf(thisNode);
    if (this.#listening) throw listenFailed(listenAddress, new Error("this node listens already"));
    this.#listening = true;
    try {
      const listener = await listenTls({
        thisNode,
        nodes,
        listenAddress,
        tlsOptions: this.#tlsOptions,
        protocol,
        clock,
        reports: this.#reports,
        limits: {
          maxPending: this.#options.maxPendingHandshakes ?? 64,
          maxPendingPerAddress: this.#options.maxPendingPerAddress ?? 8,
        },
        timeoutMs: handshakeTimeout,
        accept,
        onClosed: () => {
          this.#listening = false;
          this.#listener = undefined;
        },
      });
      // There may be new credentials since it was asked for.
      listener.useTls(this.#tlsOptions);
      this.#listener = listener;
      return listener;
    } catch (error) {
      this.#listening = false;
      throw error;
    }
  }

  async dial(peer: NodeId, { signal }: { readonly signal: AbortSignal }): Promise<Link> {
    const { thisNode, nodes, clock, handshakeTimeout = 5000 } = this.#options;
    if (peer === thisNode) throw new RangeError(`Expected another node, got this one: ${peer}.`);
    this.#resolver.keepOnly(nodes());
    return dialTls({
      peer,
      endpoint: this.#endpointOf(peer),
      localAddress: this.#endpointOf(thisNode).localAddress,
      secureContext: this.#secureContext,
      protocol,
      clock,
      resolver: this.#resolver,
      timeoutMs: handshakeTimeout,
      signal,
    });
  }

  useCredentials(credentials: TlsCredentials): void {
    checkVerification();
    const options = tlsOptions(this.#options, credentials);
    this.#secureContext = secureContext(options);
    this.#tlsOptions = options;
    this.#listener?.useTls(options);
  }

  #endpointOf(nodeId: NodeId): TlsEndpoint {
    const endpoint = this.#options.nodes().get(nodeId);
    if (endpoint !== undefined) return endpoint;
    throw new RangeError(`Expected a node of the cluster, got ${JSON.stringify(nodeId)}.`);
  }
}

/** What holds on both sides of a link. */
function tlsOptions(options: TlsCarrierOptions, credentials: TlsCredentials): TlsOptions {
  const { keyPem, certPem, caPem } = credentials;
  return {
    key: keyPem,
    cert: certPem,
    ca: [...caPem],
    minVersion: "TLSv1.3",
    maxVersion: "TLSv1.3",
    // The level has OpenSSL refuse weak keys and signatures anywhere in a chain, on every Node
    // alike.
    ciphers: [...options.tlsSuites, "DEFAULT@SECLEVEL=2"].join(":"),
    requestCert: true,
    rejectUnauthorized: true,
    ALPNProtocols: [protocol],
    secureOptions: constants.SSL_OP_NO_TICKET,
    // The listener has its own deadline, which begins earlier. This one is behind it, in case.
    handshakeTimeout: 2 * (options.handshakeTimeout ?? 5000),
  };
}

function secureContext(options: TlsOptions): SecureContext {
  try {
    return createSecureContext(options);
  } catch (cause) {
    const code: unknown = cause instanceof Error ? Reflect.get(cause, "code") : undefined;
    const said = cause instanceof Error ? cause.message : String(cause);
    throw invalidCertificate(
      "credentials",
      faults[String(code)] ?? "refused_by_tls",
      `TLS cannot work with the node's key and certificates: ${said}.`,
      { cause },
    );
  }
}

/** What TLS finds, where it is given what nobody has examined before. */
const faults: Readonly<Record<string, CertificateFault>> = {
  ERR_SSL_CA_MD_TOO_WEAK: "weak_signature",
  ERR_SSL_CA_KEY_TOO_SMALL: "weak_key",
  ERR_SSL_EE_KEY_TOO_SMALL: "weak_key",
  ERR_OSSL_X509_KEY_VALUES_MISMATCH: "key_mismatch",
};
