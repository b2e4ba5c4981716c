/**
 * What OpenSSL's own client can do to a listener that Node.js cannot be brought to: older TLS,
 * early data, a session from elsewhere, a change of keys in the middle.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect } from "vitest";
import { createLinkRecorder } from "../../src/testing/link-recorder.ts";
import { command, testNeeding } from "../needs.ts";
import {
  closedPort,
  createTestCluster,
  eventually,
  identityOf,
  type TestCluster,
  testAuthority,
} from "./tls-cluster.ts";

const opensslTest = testNeeding(command("openssl", "version"));

let folder: string;
const closing: (() => Promise<void>)[] = [];
const children: ChildProcessWithoutNullStreams[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "reign-openssl-"));
  const { certPem, keyPem } = await (await testAuthority()).issue({ names: [identityOf("2")] });
  await writeFile(join(folder, "node.pem"), certPem + keyPem, { mode: 0o600 });
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  for (const close of closing.splice(0)) await close();
});

interface Openssl {
  readonly child: ChildProcessWithoutNullStreams;
  /** All that it has printed so far. */
  printed(): string;
  /** Settles with all that it has printed when it has ended. */
  readonly ended: Promise<string>;
}

function openssl(...args: string[]): Openssl {
  const child = spawn("openssl", args, { cwd: folder });
  children.push(child);
  let text = "";
  const take = (bytes: Buffer): void => {
    text += bytes.toString("latin1");
  };
  child.stdout.on("data", take);
  child.stderr.on("data", take);
  child.stdin.on("error", () => undefined);
  return { child, printed: () => text, ended: once(child, "close").then(() => text) };
}

/** A client with the certificate of node 2. */
function client(port: number, ...args: string[]): Openssl {
  const own = ["-cert", "node.pem", "-key", "node.pem", "-alpn", "reign/1"];
  return openssl("s_client", "-connect", `127.0.0.1:${port}`, ...own, ...args);
}

async function listening() {
  const cluster: TestCluster = await createTestCluster(["1", "2"]);
  closing.push(() => cluster.close());
  const first = await cluster.node("1");
  const { port } = await first.listen();
  const link = async () => {
    await eventually(() => expect(first.links).toHaveLength(1));
    const [accepted] = first.links.splice(0);
    if (accepted === undefined) throw new Error("Expected a link.");
    return createLinkRecorder(accepted);
  };
  return { first, port, link };
}

describe("a listener, to a client of OpenSSL's with the right certificate,", () => {
  const older = ["-tls1_2", "-tls1_1", "-tls1"] as const;
  for (const version of older) opensslTest(`refuses ${version}`, () => expectRefused(version));

  async function expectRefused(version: string): Promise<void> {
    const { first, port } = await listening();
    const weak = ["-cipher", "ALL:@SECLEVEL=0"];

    const text = await client(port, version, ...weak).ended;

    expect(text).toMatch(/alert protocol version|no protocols available/);
    expect(text).toMatch(/no peer certificate available|unsupported protocol/);
    expect(first.links).toEqual([]);
  }

  opensslTest("is a node like any other", async () => {
    const { port, link } = await listening();
    const { child, ended } = client(port, "-quiet");
    const accepted = await link();
    child.stdin.write("hello");
    await accepted.received(5);
    accepted.link.close();

    expect(accepted.link.peer).toBe("2");
    await ended;
  });

  opensslTest("resumes no session", async () => {
    const { port, link } = await listening();
    const before = client(port, "-sess_out", "session.pem");
    const accepted = await link();
    accepted.link.write(new Uint8Array([46]));
    await sessionIn("session.pem");
    accepted.link.close();
    await before.ended;

    const after = client(port, "-sess_in", "session.pem");
    (await link()).link.close();

    expect(await after.ended).toContain("New, TLSv1.3");
  });

  opensslTest("takes no early data, nor a session from elsewhere", async () => {
    await makeSession();
    await writeFile(join(folder, "early"), "early words");
    const { port, link } = await listening();

    const late = client(port, "-sess_in", "foreign.pem", "-early_data", "early");
    const accepted = await link();
    late.child.stdin.write("late words");
    await accepted.received(10);
    accepted.link.close();
    const text = await late.ended;

    expect(Buffer.from(accepted.bytes()).toString()).toBe("late words");
    expect(text).toContain("New, TLSv1.3");
    expect(text).not.toContain("Reused");
    expect(text).toContain("Early data was rejected");
  });

  opensslTest("cannot be renegotiated with", async () => {
    const { port, link } = await listening();
    const { child, ended } = client(port);
    const accepted = await link();
    child.stdin.write("R\n");
    const text = await ended;

    expect(text).toMatch(/RENEGOTIATING[\s\S]*(?:wrong ssl version|error)/i);
    expect(accepted.bytes()).toHaveLength(0);
  });

  opensslTest("goes on when the keys change in the middle", async () => {
    const { port, link } = await listening();
    const { child, ended, printed } = client(port);
    const accepted = await link();
    child.stdin.write("K\n");
    // A command is one only by itself: what comes in one piece with it is lost.
    await eventually(() => expect(printed()).toContain("KEYUPDATE"));
    child.stdin.write("on");
    await accepted.received(2);
    accepted.link.close();
    await ended;

    expect(accepted.bytes()).toEqual(new Uint8Array(Buffer.from("on")));
  });
});

/** OpenSSL writes the file once it has a session that could be resumed. */
function sessionIn(file: string): Promise<void> {
  return eventually(() =>
    expect(readFileSync(join(folder, file), "utf8")).toContain("-----END SSL SESSION"),
  );
}

/** A session of a server that would take early data, and not of any node. */
async function makeSession(): Promise<void> {
  const port = await closedPort();
  const own = ["-cert", "node.pem", "-key", "node.pem", "-alpn", "reign/1"];
  const early = ["-early_data", "-max_early_data", "16384"];
  const server = openssl("s_server", "-accept", `127.0.0.1:${port}`, ...own, ...early);
  await eventually(() => expect(server.printed()).toContain("ACCEPT"));
  const first = client(port, "-sess_out", "foreign.pem");
  await sessionIn("foreign.pem");
  first.child.stdin.end("Q\n");
  await first.ended;
  server.child.kill("SIGKILL");
  await server.ended;
}
