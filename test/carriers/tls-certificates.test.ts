import { afterEach, describe, expect, test } from "vitest";
import { ReignError } from "../../src/core/errors.ts";
import { createLinkRecorder } from "../../src/testing/link-recorder.ts";
import { badCertificates } from "./bad-certificates.ts";
import { hoursFromNow, type Issued } from "./certificates.ts";
import { ended, openTls, serveTls } from "./raw-tls.ts";
import {
  createTestCluster,
  eventually,
  identityOf,
  moveTo,
  type TestCluster,
} from "./tls-cluster.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function cluster(): Promise<TestCluster> {
  const made = await createTestCluster(["1", "2", "3"]);
  closing.push(() => made.close());
  return made;
}

const rows = badCertificates.map((bad) => [bad.what, bad] as const);
/** What a dial and an acceptance may take here, and the bound for everything below. */
const handshakeTimeout = 5000;

describe("who dials a node does not take it for what it says when its certificate", () => {
  test.each(rows)("%s", async (_, { make, identity, dialled: [code, reason] }) => {
    const { authority, endpoints, node } = await cluster();
    const greeting = "not a byte of this is looked at";
    const server = await serveTls(asCredentials(await make(authority)), greeting);
    closing.push(() => server.close());
    moveTo(endpoints, "2", server.port, identity);
    const first = await node("1", { handshakeTimeout });

    const startedAt = performance.now();
    const failure = await first.dial("2").catch((cause: unknown) => cause);

    if (!ReignError.is(failure, "REIGN_CLUSTER_HANDSHAKE_FAILED")) throw failure;
    expect(failure.details).toEqual({ peer: "2", stage: "tls", reason });
    const expected = typeof code === "string" ? code : expect.stringMatching(code);
    expect(failure.cause).toMatchObject({ code: expected });
    expect(failure.message).toBe(
      `The TLS handshake with node 2 at 127.0.0.1:${server.port} failed: ${reason}.`,
    );
    expect(performance.now() - startedAt).toBeLessThan(handshakeTimeout);
  });
});

describe("who is dialled does not take the other for what it says when its certificate", () => {
  test.each(rows)("%s", async (_, { make, identity, knocking: reason }) => {
    const { authority, endpoints, node } = await cluster();
    const first = await node("1", { handshakeTimeout });
    const { port } = await first.listen();
    moveTo(endpoints, "2", port, identity);

    const client = openTls(port, asCredentials(await make(authority)));
    const answer: Buffer[] = [];
    client.on("data", (bytes: Buffer) => answer.push(bytes));
    client.write("not a byte of this is looked at");
    const { tookMs } = await ended(client);

    await eventually(() => expect(first.telemetry.events).toHaveLength(1));
    const from = expect.stringMatching(/^127\.0\.0\.1:\d+$/);
    expect(first.telemetry.events).toEqual([{ type: "stranger_refused", from, reason, untold: 0 }]);
    expect(first.links).toEqual([]);
    expect(answer).toEqual([]);
    expect(tookMs).toBeLessThan(handshakeTimeout);
  });
});

test("there are far more than the two dozen kinds of bad certificates, each with a name", () => {
  expect(new Set(badCertificates.map(({ what }) => what)).size).toBe(badCertificates.length);
  expect(badCertificates.length).toBeGreaterThan(24);
});

describe("a refusal by the other side reaches the link that was dialled", () => {
  test("as an end before anything was said", async () => {
    const { authority, node } = await cluster();
    const certificate = await authority.issue({
      names: [identityOf("2")],
      notBefore: hoursFromNow(-5),
      notAfter: hoursFromNow(-1),
    });
    const first = await node("1");
    const second = await node("2", { certificate });
    await first.listen();

    const dialled = createLinkRecorder(await second.dial("1"));
    await dialled.down();

    expect(dialled.downs).toEqual([
      "closed by the other side before it said anything; " +
        "it may have refused this node's certificate",
    ]);
  });
});

function asCredentials(issued: Issued | undefined): { cert?: string; key?: string } {
  return issued === undefined ? {} : { cert: issued.certPem, key: issued.keyPem };
}
