import { describe, expect, test } from "vitest";
import {
  closedEarly,
  describeDown,
  describeTlsFailure,
  isNetworkError,
} from "../../src/carriers/tls/refusal.ts";

function failure(code: string, syscall?: string): Error {
  return Object.assign(new Error("a message"), { code, ...(syscall && { syscall }) });
}

describe("the other side's refusal of this node's certificate is told as such", () => {
  test.each([
    ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "certificate required"],
    ["ERR_SSL_TLSV1_ALERT_UNKNOWN_CA", "unknown ca"],
    ["ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED", "certificate expired"],
    ["ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE", "bad certificate"],
    ["ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE", "bad certificate"],
    ["ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE", "unsupported certificate"],
    ["ERR_SSL_TLSV1_ALERT_ACCESS_DENIED", "access denied"],
  ])("from %s", (code, alert) => {
    const reason = `the other side refused this node's certificate (${alert})`;

    expect(describeDown(failure(code), true)).toBe(reason);
    expect(describeDown(failure(code), false)).toBe(reason);
    expect(describeTlsFailure(failure(code))).toBe(reason);
  });

  test("as a guess, from a reset before it said anything", () => {
    expect(describeDown(failure("ECONNRESET", "read"), true)).toBe(closedEarly);
    expect(describeDown(failure("EPIPE", "write"), true)).toBe(closedEarly);
  });
});

describe("other ends of a link do not speak of a certificate", () => {
  test.each([
    [failure("ECONNRESET", "read"), "the connection broke (ECONNRESET)"],
    [failure("ETIMEDOUT", "read"), "the connection broke (ETIMEDOUT)"],
    [failure("ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC"), /^TLS failed \(ERR_SSL_DECR/],
    [new Error("no code"), "the connection broke (no code)"],
  ])("%s", (error, reason) => {
    expect(describeDown(error, false)).toMatch(reason);
  });
});

test("errors of the network are told from those of TLS", () => {
  expect(isNetworkError(failure("ECONNREFUSED", "connect"))).toBe(true);
  expect(isNetworkError(failure("ENOTFOUND", "getaddrinfo"))).toBe(true);
  expect(isNetworkError(failure("ECONNRESET"))).toBe(true);
  expect(isNetworkError(failure("ERR_SSL_WRONG_VERSION_NUMBER"))).toBe(false);
  expect(isNetworkError(failure("CERT_HAS_EXPIRED"))).toBe(false);
  expect(isNetworkError(failure("EPROTO", "write"))).toBe(false);
});

test("a code that nobody has foreseen is given as it is", () => {
  expect(describeTlsFailure("ERR_SSL_SOMETHING_NEW")).toBe("TLS failed (ERR_SSL_SOMETHING_NEW)");
  expect(describeTlsFailure(undefined)).toBe("TLS failed (unknown)");
});
