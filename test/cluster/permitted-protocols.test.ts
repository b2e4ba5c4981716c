import { createSecureContext } from "node:tls";
import { describe, expect, test } from "vitest";
import {
  permittedSuites,
  readProtocol,
  tls13Suites,
} from "../../src/cluster/permitted-protocols.ts";

describe("permitted protocols", () => {
  test("an empty list means every suite of TLS 1.3", () => {
    expect(permittedSuites([])).toEqual({ suites: tls13Suites, notices: [] });
  });

  test.each(tls13Suites)("%s is taken as it is, and known to this Node.js", (suite) => {
    expect(permittedSuites([suite])).toEqual({ suites: [suite], notices: [] });
    expect(() => createSecureContext({ ciphers: suite, minVersion: "TLSv1.3" })).not.toThrow();
  });

  test.each([
    ["TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256"],
    ["TLS_RSA_WITH_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384"],
    ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256"],
    ["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256"],
    ["TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384"],
    ["TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384"],
    ["TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305", "TLS_CHACHA20_POLY1305_SHA256"],
    ["TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "TLS_CHACHA20_POLY1305_SHA256"],
  ])("%s of the Go library means %s, with one notice", (former, suite) => {
    const { suites, notices } = permittedSuites([former, former]);

    expect(suites).toEqual([suite]);
    expect(notices).toEqual([expect.stringContaining(`${former} of TLS 1.2 stands for ${suite}`)]);
  });

  test("several stand-ins make one notice, and the order of the list is kept", () => {
    const { suites, notices } = permittedSuites([
      "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
      "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
      "TLS_AES_128_GCM_SHA256",
    ]);

    expect(suites).toEqual(["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"]);
    expect(notices).toHaveLength(1);
  });

  test.each([
    ["TLS_RSA_WITH_RC4_128_SHA", "RC4"],
    ["TLS_ECDHE_ECDSA_WITH_RC4_128_SHA", "RC4"],
    ["TLS_RSA_WITH_3DES_EDE_CBC_SHA", "3DES"],
    ["TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", "3DES"],
    ["TLS_RSA_WITH_AES_128_CBC_SHA", "CBC"],
    ["TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "CBC"],
    ["TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", "CBC"],
    ["TLS_AES_128_CCM_8_SHA256", "CCM"],
    ["TLS_SHA256_NULL_NULL", "encrypts nothing"],
  ])("%s is refused by name, because of %s", (name, reason) => {
    const read = readProtocol(name);

    expect(read).toEqual({ problem: expect.stringContaining(name) });
    expect(read).toEqual({ problem: expect.stringContaining(reason) });
  });

  test.each(["", "TLSv1.2", "AES128", "TLS_AES_128_GCM_SHA384_X", "constructor"])(
    "%j, which is no suite, is refused with the suites there are",
    (name) => {
      expect(readProtocol(name)).toEqual({
        problem: expect.stringContaining(tls13Suites[0] ?? ""),
      });
    },
  );

  test("a suite with a slip in it is refused with the one that was meant", () => {
    expect(readProtocol("TLS_AES_128_GCM_SHA25")).toEqual({
      problem: expect.stringContaining("Did you mean TLS_AES_128_GCM_SHA256?"),
    });
  });
});
