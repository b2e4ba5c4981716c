/**
 * Says in words why two nodes did not take each other, from the codes that OpenSSL and Node.js
 * give.
 *
 * "The certificate" is the one that the other side presented; "this node's certificate" is the own
 * one, and occurs in every reason that speaks of its refusal and in no other.
 */

/** Node's code for a certificate that is for somebody else; the message says for whom. */
export const wrongIdentity = "ERR_TLS_CERT_ALTNAME_INVALID";
/** Its code for one that is limited to other uses. */
export const wrongUse = "INVALID_PURPOSE";

/** Codes of a verification that failed here. Those of Node.js; the list in OpenSSL is longer. */
const verdicts: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "the certificate, or one that it rests on, has expired",
  CERT_NOT_YET_VALID:
    "the certificate, or one that it rests on, is not valid yet; " +
    "compare the clocks of the two machines and when it begins",
  DEPTH_ZERO_SELF_SIGNED_CERT: "the certificate is self-signed, not issued by a CA of this cluster",
  SELF_SIGNED_CERT_IN_CHAIN: "the certificate was issued by a CA that is not of this cluster",
  UNABLE_TO_GET_ISSUER_CERT:
    "the certificate was not issued by a CA of this cluster, or an intermediate is missing",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    "the certificate was not issued by a CA of this cluster, or an intermediate is missing",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    "the certificate was not issued by a CA of this cluster, or an intermediate is missing",
  CERT_SIGNATURE_FAILURE:
    "the certificate has a signature that is not by the CA of this cluster which it names",
  INVALID_CA: "the certificate was issued by one that is no CA",
  PATH_LENGTH_EXCEEDED: "the certificate was issued by a CA that may not issue it",
  [wrongUse]:
    "the certificate's extended key usage must allow both clientAuth and serverAuth, " +
    "and what issued it must be a CA",
  CERT_REVOKED: "the certificate was revoked",
  // What Node.js has no name for. Of what OpenSSL has, a certificate comes to these.
  UNSPECIFIED:
    "the certificate or its chain has a weak key or signature, an issuer that may not issue it, " +
    "or a clause nobody knows",
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: "no certificate was presented",
};

/** Codes of a conversation that was not the TLS that nodes speak. */
const manners: Readonly<Record<string, string>> = {
  ERR_SSL_HTTP_REQUEST: "the other side speaks HTTP, not TLS",
  ERR_SSL_WRONG_VERSION_NUMBER: "the other side does not speak TLS; another program may be there",
  ERR_SSL_UNSUPPORTED_PROTOCOL: "the other side does not speak TLS 1.3",
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: "the other side does not speak TLS 1.3",
  ERR_SSL_NO_SHARED_CIPHER: "the two sides have no cipher suite in common",
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE:
    "the two sides have no cipher suite in common, or the other side has no certificate " +
    "that can be used in TLS 1.3",
  ERR_SSL_BAD_SIGNATURE: "the other side does not have the key of its certificate",
  ERR_SSL_PROVIDER_SIGNATURE_FAILURE: "the other side does not have the key of its certificate",
  ERR_SSL_EXCESSIVE_MESSAGE_SIZE:
    "the other side sent more than TLS takes in a handshake, as certificates without end",
  ERR_SSL_NO_APPLICATION_PROTOCOL: "the other side speaks TLS but is no node (ALPN)",
  ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL: "the other side speaks TLS but is no node (ALPN)",
  ERR_TLS_HANDSHAKE_TIMEOUT: "the TLS handshake was not done in time",
  ECONNRESET: "the other side hung up during the TLS handshake",
  EPROTO: "the other side does not speak TLS as nodes do; another program may be there",
};

const alertPattern = /^ERR_SSL_(?:TLSV1|TLSV13|SSLV3)_ALERT_(.*)$/;
const certificateAlert =
  /^(?:(?:BAD_|UNSUPPORTED_|NO_)?CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED|DECRYPT_ERROR)/;

/** A dialled link ended in silence: under TLS 1.3 that is how a refusal mostly looks from here. */
export const closedEarly =
  "closed by the other side before it said anything; it may have refused this node's certificate";

/** Why TLS with the other side failed, from an error or from an `authorizationError`. */
export function describeTlsFailure(failure: unknown): string {
  const code = codeOf(failure);
  if (code === wrongIdentity && failure instanceof Error) return failure.message;
  const alert = alertPattern.exec(code)?.[1];
  if (alert !== undefined && certificateAlert.test(alert)) {
    const said = alert.toLowerCase().replaceAll("_", " ");
    return `the other side refused this node's certificate (${said})`;
  }
  // OpenSSL's own words, where Node.js passes them on, say which of several it is.
  if (code === "UNSPECIFIED" && failure instanceof Error) {
    return `the certificate, or one that it rests on, was refused: ${failure.message}`;
  }
  return verdicts[code] ?? manners[code] ?? `TLS failed (${code})`;
}

/** Whether the other side has said that it does not take this node's certificate. */
export function isRefusal(failure: unknown): boolean {
  const alert = alertPattern.exec(codeOf(failure))?.[1];
  return alert !== undefined && certificateAlert.test(alert);
}

/** Why a link that was up went down. */
export function describeDown(error: Error, mayBeRefused: boolean): string {
  const code = codeOf(error);
  if (code.startsWith("ERR_SSL_")) return describeTlsFailure(error);
  if (mayBeRefused && (code === "ECONNRESET" || code === "EPIPE")) return closedEarly;
  return `the connection broke (${code})`;
}

/** Whether an error of a dial is the network's, and says nothing about who is there. */
export function isNetworkError(error: Error): boolean {
  const code = codeOf(error);
  // TLS that fails while writing comes as an EPROTO of the system call.
  if (code === "EPROTO") return false;
  return typeof Reflect.get(error, "syscall") === "string" || code === "ECONNRESET";
}

function codeOf(failure: unknown): string {
  if (typeof failure === "string") return failure;
  if (!(failure instanceof Error)) return "unknown";
  const code: unknown = Reflect.get(failure, "code");
  // Newer versions of OpenSSL have another name for the alerts that were there in SSL 3 already.
  return typeof code === "string" ? code.replace("_SSL/TLS_", "_SSLV3_") : failure.message;
}
