/**
 * Everything that an operation of this package can fail with, as one class with a closed set of
 * codes. A mistake of the caller that the types could not catch is a `TypeError` or a `RangeError`
 * instead; the fate of a message sent is a value, never an exception.
 */

/** One mistake found in a cluster spec: where it is, and what was expected there. */
export interface SpecProblem {
  /** The place inside the spec, as `nodes.1.address`; empty for the spec as a whole. */
  readonly path: string;
  readonly message: string;
}

/**
 * What each code carries. A new line here is a new code; `docs/errors.md` has a heading for each.
 */
export interface ReignErrorDetails {
  /** The mailbox is closed. Nothing can be received from it or sent to it any more. */
  readonly REIGN_MAILBOX_CLOSED: { readonly id: string };
  /** As many messages wait in the bounded mailbox as its `maxMessages` allows. */
  readonly REIGN_MAILBOX_FULL: { readonly id: string; readonly limitMessages: number };
  /** The address belongs to an incarnation of its node that is gone. It is dead for ever. */
  readonly REIGN_STALE_ADDRESS: { readonly id: string };
  /** No link to the node of the address is up, or that node is not in the cluster. */
  readonly REIGN_NO_CONNECTION: { readonly id: string; readonly nodeId: string };
  /** The message is larger than `maxMessageBytes`. */
  readonly REIGN_TOO_LARGE: { readonly id: string; readonly limitBytes: number };
  /** As many bytes wait for the peer as `maxPendingBytes` allows. */
  readonly REIGN_QUEUE_FULL: { readonly id: string; readonly limitBytes: number };
  /** The text, bytes or id is not an address. */
  readonly REIGN_ILLEGAL_ADDRESS_FORMAT: { readonly input: string };
  /** The function needs a mailbox of this node, and the address is not one. */
  readonly REIGN_NOT_LOCAL_MAILBOX: { readonly id: string };
  /** Only a live mailbox of this node can be registered. */
  readonly REIGN_CANT_GLOBALLY_REGISTER: { readonly name: string; readonly id: string };
  /** Nobody claims the name, as far as this node knows. */
  readonly REIGN_NO_ADDRESS_REGISTERED: { readonly name: string };
  /** A node and its peer could not agree on a link. */
  readonly REIGN_CLUSTER_HANDSHAKE_FAILED: {
    readonly peer: string;
    readonly stage: "tls" | "cluster";
    readonly reason: string;
  };
  /** The cluster spec has mistakes; all of them are listed. */
  readonly REIGN_INVALID_SPEC: { readonly problems: readonly SpecProblem[] };
  /** A certificate or key cannot be used. */
  readonly REIGN_INVALID_CERTIFICATE: { readonly source: string; readonly reason: string };
  /** The node cannot listen on its address. `cause` has the system's error. */
  readonly REIGN_LISTEN_FAILED: { readonly address: string };
  /** The service is stopped or terminated. */
  readonly REIGN_STOPPED: { readonly nodeId: string };
  /** What was waited for did not happen within `timeout`. */
  readonly REIGN_TIMEOUT: { readonly waitedFor: string; readonly timeoutMs: number };
}

/** The codes of a `ReignError`. What each means, and what to do, is in `docs/errors.md`. */
export type ReignErrorCode = keyof ReignErrorDetails;

/** Every code, at run time. The mapped type makes the compiler ask for a code that is missing. */
const codes: { readonly [C in ReignErrorCode]: true } = {
  REIGN_MAILBOX_CLOSED: true,
  REIGN_MAILBOX_FULL: true,
  REIGN_STALE_ADDRESS: true,
  REIGN_NO_CONNECTION: true,
  REIGN_TOO_LARGE: true,
  REIGN_QUEUE_FULL: true,
  REIGN_ILLEGAL_ADDRESS_FORMAT: true,
  REIGN_NOT_LOCAL_MAILBOX: true,
  REIGN_CANT_GLOBALLY_REGISTER: true,
  REIGN_NO_ADDRESS_REGISTERED: true,
  REIGN_CLUSTER_HANDSHAKE_FAILED: true,
  REIGN_INVALID_SPEC: true,
  REIGN_INVALID_CERTIFICATE: true,
  REIGN_LISTEN_FAILED: true,
  REIGN_STOPPED: true,
  REIGN_TIMEOUT: true,
};

export const reignErrorCodes: readonly ReignErrorCode[] = Object.freeze(
  Object.keys(codes) as ReignErrorCode[],
);

/** An awaited operation that could not be done, or a call that the seed answers with an error. */
export class ReignError<C extends ReignErrorCode = ReignErrorCode> extends Error {
  override readonly name = "ReignError";
  /** Which error it is; stable, also across versions. */
  readonly code: C;
  /** What was met, by code. */
  readonly details: ReignErrorDetails[C];

  constructor(code: C, message: string, details: ReignErrorDetails[C], options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.details = details;
  }

  /** Narrows by code. Reads the name, since two copies of the package have two classes. */
  static is<C extends ReignErrorCode>(value: unknown, code: C): value is ReignError<C> {
    return (
      value instanceof Error && value.name === "ReignError" && Reflect.get(value, "code") === code
    );
  }
}

/**
 * A message holds something of which no copy can be made elsewhere. The caller's mistake, hence a
 * `TypeError`.
 */
export class NotSerializableError extends TypeError {
  readonly code = "REIGN_NOT_SERIALIZABLE";
  /** The place inside the message, as `message.order.lines[3].price`. */
  readonly path: string;

  constructor(path: string, problem: string, options?: ErrorOptions) {
    super(`${path} cannot be sent as a copy: ${problem}`, options);
    this.path = path;
  }
}

/** Bytes from a peer that are not what they claim to be. Never escapes the link they came on. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
}
