import { X509Certificate } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hasIdentity, nodeOf, subjectAlternativeNames } from "../../src/carriers/tls/identity.ts";
import { testAuthority } from "./tls-cluster.ts";

const identity = "URI:reign://test/1";

async function certificateOf(...names: string[]): Promise<X509Certificate> {
  const authority = await testAuthority();
  return new X509Certificate((await authority.issue({ names, commonName: "1" })).certPem);
}

describe("subjectAlternativeNames", () => {
  test("gives the names one by one, in order", async () => {
    const cert = await certificateOf(identity, "DNS:a.example", "DNS:b.example");

    expect(subjectAlternativeNames(cert)).toEqual([identity, "DNS:a.example", "DNS:b.example"]);
  });

  test("gives a name that tries to look like two as the one it is", async () => {
    const cert = await certificateOf(`DNS:evil.example, ${identity}`, "DNS:b.example");

    expect(subjectAlternativeNames(cert)).toEqual([
      `DNS:evil.example, ${identity}`,
      "DNS:b.example",
    ]);
  });

  test("gives none where the certificate has none", async () => {
    expect(subjectAlternativeNames(await certificateOf())).toEqual([]);
  });
});

test("a certificate has the identities that it was made for, and no other, however they are written", async () => {
  const part = fc.stringMatching(/^[ -~]{1,12}$/);
  const name = fc.oneof(
    part.map((text) => `DNS:${text}`),
    part.map((text) => `URI:x:${encodeURI(text)}`),
    fc.constantFrom(identity, "URI:reign://test/11", "DNS:1", `DNS:a, ${identity}`),
  );
  const names = fc.uniqueArray(name, { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(names, name, async (its, asked) => {
      const cert = await certificateOf(...its);
      const verdict = hasIdentity(cert, asked);
      // One that cannot be read for certain has none at all.
      if (!its.includes(asked)) expect(verdict.ok).toBe(false);
      if (verdict.ok) expect(its).toContain(asked);
      const plain = /^(?:URI|DNS):[\w:./-]+$/.test(asked);
      if (plain && its.join() === asked) expect(verdict.ok).toBe(true);
    }),
    { numRuns: 60 },
  );
});

describe("a certificate has an identity", () => {
  test.each([
    [[identity]],
    [["DNS:a.example", identity]],
    [[identity, "URI:spiffe://corp.example/db"]],
  ])("when %j has exactly it", async (names) => {
    expect(hasIdentity(await certificateOf(...names), identity)).toEqual({ ok: true });
  });

  test("of any kind that a spec may name", async () => {
    const cert = await certificateOf("DNS:db.example", "URI:spiffe://corp.example/db");

    expect(hasIdentity(cert, "DNS:db.example").ok).toBe(true);
    expect(hasIdentity(cert, "URI:spiffe://corp.example/db").ok).toBe(true);
    expect(hasIdentity(cert, "URI:db.example").ok).toBe(false);
    expect(hasIdentity(cert, "DNS:DB.example").ok).toBe(false);
  });
});

describe("a certificate does not have an identity", () => {
  test.each([
    [["URI:reign://test/2"], "the certificate is for URI:reign://test/2, not for"],
    [["URI:reign://test/11"], "not for"],
    [["URI:reign://test/1/"], "not for"],
    [["URI:reign://TEST/1"], "not for"],
    [["DNS:reign://test/1"], "not for"],
    [["DNS:a", "DNS:b", "DNS:c", "DNS:d", "DNS:e"], "DNS:d and 1 more, not for"],
    [[identity, "URI:reign://test/2"], "several nodes at once"],
    [[identity, "URI:REIGN://test/2"], "several nodes at once"],
    [[identity, identity], "several nodes at once"],
    [[`DNS:evil, ${identity}`], "characters that no name has"],
    [[identity, `DNS:x", "${identity}`], "characters that no name has"],
    [[identity, "URI:a b"], "characters that no name has"],
    [["URI:reign://test/1\0.evil"], "characters that no name has"],
    [["URI:reign://test/1\n"], "characters that no name has"],
    [[identity, "URI:"], "characters that no name has"],
  ])("when its names are %j", async (names, reason) => {
    const verdict = hasIdentity(await certificateOf(...names), identity);

    expect(verdict).toEqual({ ok: false, reason: expect.stringContaining(reason) });
  });

  test("from its common name, and the reason says how to renew it", async () => {
    const verdict = hasIdentity(await certificateOf(), identity);

    expect(verdict).toEqual({
      ok: false,
      reason: expect.stringMatching(/only the common name "1", which is not read.*reign init/),
    });
  });
});

test("a reason shows no more of a stranger's names than fits, and no odd character", async () => {
  const long = hasIdentity(await certificateOf(`DNS:${"x".repeat(5000)}`), identity);
  const odd = hasIdentity(await certificateOf("DNS:a\x1b[2J\u2028\x9b"), identity);

  expect(long).toMatchObject({ reason: expect.stringMatching(/^.{50,200}$/) });
  expect(odd).toMatchObject({ reason: expect.stringMatching(/^[ -~]+$/) });
});

describe("the node that a certificate is for", () => {
  const nodes = new Map([
    ["1", { identity }],
    ["2", { identity: "URI:reign://test/2" }],
    ["db", { identity: "DNS:db.example" }],
  ]);

  test("is the one whose identity it has", async () => {
    expect(nodeOf(await certificateOf("DNS:db.example"), nodes)).toEqual({ peer: "db" });
  });

  test("is none when it has several", async () => {
    expect(nodeOf(await certificateOf(identity, "DNS:db.example"), nodes)).toEqual({
      reason: "the certificate is for several nodes at once: 1 and db",
    });
  });

  test("is none when it has another", async () => {
    expect(nodeOf(await certificateOf("URI:reign://other/1"), nodes)).toEqual({
      reason: "the certificate is for URI:reign://other/1, which is no node of this cluster",
    });
  });
});
