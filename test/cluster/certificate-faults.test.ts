import { beforeAll, describe, expect, test } from "vitest";
import type { CertificateFault } from "../../src/carriers/tls/certificate-checks.ts";
import {
  authority,
  day,
  expectFault,
  leafOf,
  load,
  type Made,
  make,
  ownName,
  type Profile,
  pem,
  rsa,
} from "./made-certificates.ts";

let root: Made;
let good: Made;

beforeAll(async () => {
  root = await authority();
  good = await leafOf(root);
});

describe("a certificate", () => {
  test.each<[string, () => string, CertificateFault, string]>([
    ["a key", () => good.keyPem, "no_certificate", "exchanged"],
    ["no PEM", () => "binary", "not_pem", "PEM form"],
    [
      "damaged",
      () => "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
      "malformed",
      "damaged",
    ],
  ])("that is %s is refused", async (_, text, reason, message) => {
    const certificates = pem(good, root.certPem);

    for (const key of ["node_cert_pem", "cluster_cert_pem"]) {
      await expectFault(load({ ...certificates, [key]: text() }), reason, key, message);
    }
  });

  test.each<[string, Profile, CertificateFault, string]>([
    ["expired", { from: -10, to: -1 }, "expired", "expired on"],
    ["not yet valid", { from: 1 }, "not_yet_valid", "Check the clock"],
    ["of the old form", { names: [] }, "old_form", "sign one with subjectAltName"],
    [
      "another node's",
      { names: [{ type: "url", value: "reign://reign/2" }] },
      "wrong_identity",
      "is not for node 1",
    ],
    [
      "of another cluster",
      { names: [{ type: "url", value: "reign://other/1" }] },
      "wrong_identity",
      "reign://other/1",
    ],
    [
      "different in case alone",
      { names: [{ type: "url", value: "reign://REIGN/1" }] },
      "wrong_identity",
      "reign://REIGN/1",
    ],
    [
      "several nodes' at once",
      { names: [ownName, { type: "url", value: "reign://reign/2" }] },
      "several_identities",
      "several nodes",
    ],
    ["for servers alone", { usages: ["1.3.6.1.5.5.7.3.1"] }, "wrong_usage", "for clientAuth"],
    ["for clients alone", { usages: ["1.3.6.1.5.5.7.3.2"] }, "wrong_usage", "for serverAuth"],
    [
      "for something else",
      { usages: ["1.3.6.1.5.5.7.3.4"] },
      "wrong_usage",
      "serverAuth and clientAuth",
    ],
    ["of RSA with 1024 bits", { algorithm: rsa(1024) }, "weak_key", "1024 bits"],
    ["signed by way of SHA-1", { hash: "SHA-1" }, "weak_signature", "by way of SHA-1"],
  ])("that is %s is refused", async (_, profile, reason, message) => {
    const leaf = await leafOf(root, profile);

    await expectFault(load(pem(leaf, root.certPem)), reason, "node_cert_pem", message);
  });

  test("is judged by the time it is told", async () => {
    const certificates = pem(good, root.certPem);

    await expect(load(certificates, { nowMs: Date.now() + 29 * day })).resolves.toBeDefined();
    await expectFault(
      load(certificates, { nowMs: Date.now() + 31 * day }),
      "expired",
      "node_cert_pem",
      "expired on",
    );
  });

  test("that signed itself is not trusted", async () => {
    const leaf = await make({ names: [ownName], ca: false });

    await expectFault(load(pem(leaf, root.certPem)), "untrusted", "node_cert_pem", '"CN=1"');
  });

  test("of another authority is not trusted, although that has the same name", async () => {
    const leaf = await leafOf(await authority());

    await expectFault(
      load(pem(leaf, root.certPem)),
      "untrusted",
      "node_cert_pem",
      "does not lead to",
    );
  });

  test("that names another issuer than the one whose key signed it is not trusted", async () => {
    const leaf = await leafOf({ ...root, subject: "CN=other" });

    await expectFault(load(pem(leaf, root.certPem)), "untrusted", "node_cert_pem", "CN=other");
  });

  test("is not trusted for an intermediate whose root is not there, but another is", async () => {
    const middle = await authority({ subject: "CN=middle", issuer: root });
    const other = await authority({ subject: "CN=unrelated" });
    const leaf = await leafOf(middle);
    const certificates = pem(leaf, middle.certPem + other.certPem);

    await expectFault(load(certificates), "untrusted", "node_cert_pem", "does not lead to");
  });

  test("whose intermediate is missing is not trusted", async () => {
    const leaf = await leafOf(await authority({ subject: "CN=middle", issuer: root }));

    await expectFault(load(pem(leaf, root.certPem)), "untrusted", "node_cert_pem", "CN=middle");
  });

  test.each<[string, Profile, CertificateFault]>([
    ["another node's certificate", { ca: false }, "not_a_ca"],
    ["a certificate that does not say what it is", {}, "not_a_ca"],
    ["an expired authority", { ca: true, from: -9, to: -1 }, "expired"],
    ["an authority with a weak key", { ca: true, algorithm: rsa(1024) }, "weak_key"],
    ["an authority with a weak signature", { ca: true, hash: "SHA-1" }, "weak_signature"],
  ])("issued by %s is not trusted", async (_, profile, reason) => {
    const middle = await make({ subject: "CN=middle", issuer: root, ...profile });
    const leaf = await leafOf(middle);
    const certificates = pem({ ...leaf, certPem: leaf.certPem + middle.certPem }, root.certPem);

    await expectFault(load(certificates), reason, "node_cert_pem", "CN=middle");
  });

  test("that the key is not of is refused", async () => {
    const certificates = { ...pem(good, root.certPem), node_key_pem: root.keyPem };

    await expectFault(load(certificates), "key_mismatch", "node_key_pem", "does not belong");
  });
});

describe("a cluster certificate", () => {
  test.each<[string, Profile, CertificateFault, string]>([
    ["no authority", { ca: false }, "not_a_ca", "not a certificate authority"],
    ["silent about being one", {}, "not_a_ca", "not a certificate authority"],
    ["expired", { ca: true, from: -9, to: -1 }, "expired", "expired on"],
    ["of RSA with 1024 bits", { ca: true, algorithm: rsa(1024) }, "weak_key", "1024 bits"],
  ])("that is %s is refused", async (_, profile, reason, message) => {
    const issuer = await make({ subject: "CN=authority", ...profile });
    const leaf = await leafOf(issuer);

    await expectFault(load(pem(leaf, issuer.certPem)), reason, "cluster_cert_pem", message);
  });

  test("may have signed itself by way of SHA-1, which nobody looks at", async () => {
    const issuer = await make({ subject: "CN=authority", ca: true, hash: "SHA-1" });

    await expect(load(pem(await leafOf(issuer), issuer.certPem))).resolves.toBeDefined();
  });

  test.each(["SHA-1", "SHA-256"])(
    "of RSA, and signed by way of %s, is told apart",
    async (hash) => {
      const algorithm = { ...rsa(2048), hash };
      const issuer = await authority({ algorithm });
      const loading = load(pem(await leafOf(issuer), issuer.certPem));

      if (hash === "SHA-256") await expect(loading).resolves.toBeDefined();
      else await expectFault(loading, "weak_signature", "node_cert_pem", "by way of SHA-1");
    },
  );

  test("that is an intermediate alone is refused, since TLS asks for the root", async () => {
    const middle = await authority({ subject: "CN=middle", issuer: root });
    const leaf = await leafOf(middle);

    await expectFault(
      load(pem(leaf, middle.certPem)),
      "not_a_root",
      "cluster_cert_pem",
      "CN=middle",
    );
  });
});
