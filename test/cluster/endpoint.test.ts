import { describe, expect, test } from "vitest";
import { parseAddress, parseListenAddress, parseLocalAddress } from "../../src/cluster/endpoint.ts";

describe("the address of a node", () => {
  test.each([
    ["127.0.0.1:20000", "127.0.0.1", 20000],
    ["localhost:1", "localhost", 1],
    ["node_1.cluster-a.example.org:65535", "node_1.cluster-a.example.org", 65535],
    ["example.org.:80", "example.org.", 80],
    ["[::1]:20000", "::1", 20000],
    ["[fe80::1%eth0]:20000", "fe80::1%eth0", 20000],
  ])("%s is a host and a port", (text, host, port) => {
    expect(parseAddress(text)).toEqual({ value: { host, port } });
  });

  test.each([
    [""],
    ["localhost"],
    ["localhost:"],
    [":20000"],
    ["localhost:0"],
    ["localhost:65536"],
    ["localhost:99999999999999999999"],
    ["localhost:-1"],
    ["localhost:+1"],
    ["localhost:1e3"],
    ["localhost:0x50"],
    ["localhost: 80"],
    ["localhost:http"],
    ["local host:80"],
    ["http://localhost:80"],
    ["user@localhost:80"],
    ["10.0.0.300:80"],
    ["10.0.0:80"],
    ["-a:80"],
    ["a..b:80"],
    ["[localhost]:80"],
    ["[::1]"],
    ["[::1:80"],
    ["[::g]:80"],
    [`${"a".repeat(254)}:80`],
  ])("%j is refused", (text) => {
    expect(parseAddress(text)).toEqual({ expected: expect.stringContaining("host:port") });
  });

  test("an IPv6 address without brackets is refused with the form it needs", () => {
    expect(parseAddress("::1")).toEqual({ expected: expect.stringContaining("[::1]:20000") });
  });
});

describe("where a node listens", () => {
  test("may be every interface", () => {
    expect(parseListenAddress(":20000")).toEqual({ value: { host: "", port: 20000 } });
  });

  test("may be any free port, for a node that only dials", () => {
    expect(parseListenAddress("0.0.0.0:0")).toEqual({ value: { host: "0.0.0.0", port: 0 } });
  });

  test.each([["0.0.0.0"], [":"], [":65536"], ["a b:1"]])("%j is refused", (text) => {
    expect(parseListenAddress(text)).toHaveProperty("expected");
  });
});

describe("where a node dials from", () => {
  test.each([
    ["10.0.0.1", { host: "10.0.0.1" }],
    ["10.0.0.1:0", { host: "10.0.0.1" }],
    ["10.0.0.1:5000", { host: "10.0.0.1", port: 5000 }],
    ["::1", { host: "::1" }],
    ["[::1]", { host: "::1" }],
    ["[::1]:5000", { host: "::1", port: 5000 }],
  ])("%s is an address of this machine", (text, value) => {
    expect(parseLocalAddress(text)).toEqual({ value });
  });

  test.each([[""], ["eth0"], ["localhost"], ["localhost:1"], [":0"], ["10.0.0.1:65536"]])(
    "%j is refused",
    (text) => {
      expect(parseLocalAddress(text)).toEqual({ expected: expect.stringContaining("IP address") });
    },
  );
});
