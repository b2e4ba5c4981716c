import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestAuthority, type Issued, type TestAuthority } from "./certificates.ts";
import { ended, openTls, type RawTlsServer, serveTls } from "./raw-tls.ts";
import { eventually, identityOf } from "./tls-cluster.ts";
import { createTlsServices } from "./tls-services.ts";

/**
 * An authority that the whole process trusts, as it trusts those of the web, and a certificate by
 * it for the name of node 2.
 */
let authority: TestAuthority;
let certificate: Issued;
let folder: string;
let roots: string;

beforeAll(async () => {
  authority = await createTestAuthority("of the system");
  certificate = await authority.issue({ names: [identityOf("2"), "DNS:localhost"] });
  folder = await mkdtemp(join(tmpdir(), "reign-roots-"));
  roots = join(folder, "roots.pem");
  await writeFile(roots, authority.certPem);
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function serve(port = 0): Promise<RawTlsServer> {
  const { certPem: cert, keyPem: key } = certificate;
  return serveTls({ cert, key, ALPNProtocols: ["reign/1"] }, "hello", port);
}

describe("a certificate of an authority that the process trusts", () => {
  test("is good enough for a plain connection of that process", async () => {
    const server = await serve();
    const program = `import { connect } from "node:tls";
      const socket = connect({ port: ${server.port}, host: "localhost", servername: "localhost" });
      socket.on("secureConnect", () => { console.log(socket.authorized); socket.destroy(); });`;
    const run = promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: roots },
    });

    expect((await run).stdout).toBe("true\n");
    await server.close();
  });

  test("is none to a node, neither where it is dialled nor where it dials", async () => {
    await using cluster = await createTlsServices(["1", "2"]);
    const server = await serve(cluster.ports.get("2"));
    await cluster.spawn("1", { NODE_EXTRA_CA_CERTS: roots });
    const { certPem: cert, keyPem: key } = certificate;
    const client = openTls(cluster.ports.get("1") ?? 0, { cert, key });
    const answer: Buffer[] = [];
    client.on("data", (bytes: Buffer) => answer.push(bytes));
    client.write("hello");
    await ended(client);

    expect(answer).toEqual([]);
    // It goes on dialling, and never says a word.
    await eventually(() => expect(server.over()).toBeGreaterThan(1));
    expect(server.received()).toBe(0);
    await server.close();
  });
});
