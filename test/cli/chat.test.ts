/** `reign chat` and `examples/chat.ts`, as the processes that they are, over mutual TLS. */
import { once } from "node:events";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from "vitest";
import type { main } from "../../examples/chat.ts";
import { initCluster } from "../../src/carriers/tls/init-cluster.ts";
import { createFromSpecFile } from "../../src/cluster/create.ts";
import { nullLogger } from "../../src/cluster/logger.ts";
import { command, testNeeding } from "../needs.ts";
import { type RunningProgram, startCommand, startProgram } from "./running-program.ts";

let folder = "";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "reign-chat-"));
  await writeSpec(join(folder, "cluster.json"), 2);
  await writeSpec(join(folder, "three.json"), 3);
  await initCluster({ dir: folder, nodes: 2 });
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function listen(): Promise<Server> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

async function writeSpec(path: string, count: number): Promise<void> {
  const servers = await Promise.all(Array.from({ length: count }, listen));
  const nodes = servers.map((server, i) => ({
    id: i + 1,
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
  }));
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  const spec = {
    nodes,
    node_key_path: "reign_node.%d.key",
    node_cert_path: "reign_node.%d.crt",
    cluster_cert_path: "reign_ca.crt",
  };
  writeFileSync(path, JSON.stringify(spec));
}

function startChat(args: readonly string[], input?: string): RunningProgram {
  const given = input === undefined ? {} : { input };
  return startProgram("cli/main.js", ["chat", ...args], { cwd: folder, ...given });
}

test("the example is what the command expects it to be", () => {
  expectTypeOf<typeof import("#examples/chat")["main"]>().toEqualTypeOf<typeof main>();
});

describe("two nodes", () => {
  test("what is typed at one is shown at the other, and the end of input is a good end", async () => {
    await using one = startChat(["1"]);
    await using two = startChat(["2"]);
    await one.says("* node 2 is here\n");
    await two.says("* node 1 is here\n");

    one.stdin.write("hello\ngrüße, 世界 🎉\n");
    await two.says("node 1: hello\nnode 1: grüße, 世界 🎉\n");
    two.stdin.write("and you?\n");
    await one.says("node 2: and you?\n");
    two.stdin.end();

    expect(await two.ended()).toBe(0);
    await one.says("* node 2 has left (closed)\n");
    one.stdin.end();
    expect(await one.ended()).toBe(0);
    expect([one.errors, two.errors]).toEqual(["", ""]);
  });

  test("a killed process is reported within a second, and found again when it is back", async () => {
    await using one = startChat(["1"]);
    await using two = startChat(["2"]);
    await one.says("* node 2 is here\n");

    const killedAt = performance.now();
    two.kill("SIGKILL");
    await one.says("* node 2 has left (noconnection)\n");
    expect(performance.now() - killedAt).toBeLessThan(1_000);

    await using again = startChat(["2"]);
    await one.says("* node 2 is here\n");
    await again.says("* node 1 is here\n");
    again.stdin.write("it is me\n");
    await one.says("node 2: it is me\n");
    one.stdin.write("welcome back\n");
    await again.says("node 1: welcome back\n");
  });

  test("what is piped in waits for the other node to come, and then it ends", async () => {
    await using one = startChat(["1"], "first\nlast without an end");
    await one.says("* node 2 is not running yet: waiting\n");
    await using two = startChat(["2"]);

    await two.says("node 1: first\nnode 1: last without an end\n");
    expect(await one.ended()).toBe(0);
  });

  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("%s is a clean end", async (signal) => {
    await using one = startChat(["1"]);
    await using two = startChat(["2"]);
    // With its answer here, the question of node 1 to be told of its end is there.
    await two.says("* node 1 is here\n");
    one.stdin.write("ready?\n");
    await two.says("node 1: ready?\n");

    two.kill(signal);

    expect(await two.ended()).toBe(0);
    expect(two.errors).toBe("");
    await one.says("* node 2 has left (closed)\n");
  });

  test("a copy of the example runs by itself where the package is", async () => {
    await using one = startProgram("examples/chat.js", ["1"], { cwd: folder });
    await using two = startChat(["2"]);
    await one.says("* node 2 is here\n");

    two.stdin.write("hello, copy\n");

    await one.says("node 2: hello, copy\n");
  });
});

test("with more nodes a line goes to all that run", async () => {
  await initCluster({ dir: join(folder, "of-three"), nodes: 3 });
  copyFileSync(join(folder, "three.json"), join(folder, "of-three", "cluster.json"));
  const spec = ["--clusterspec", join("of-three", "cluster.json")];
  await using one = startChat(["1", ...spec]);
  await using two = startChat(["2", ...spec]);
  await one.says("* node 2 is here\n");
  one.stdin.write("two?\n");
  await two.says("node 1: two?\n");

  await using three = startChat(["3", ...spec]);
  await three.says("* node 1 is here\n", "* node 2 is here\n");
  three.stdin.write("everybody!\n");

  await one.says("node 3: everybody!\n");
  await two.says("node 3: everybody!\n");
});

test("a second claim of its name, and messages it does not know, do it no harm", async () => {
  await using one = startChat(["1"]);
  await using other = await createFromSpecFile(join(folder, "cluster.json"), 2, {
    logger: nullLogger,
  });
  const { address } = other.newMailbox();
  other.names.register("chatter_2", address);
  await other.start();
  const chatter = await other.names.wait("chatter_1");

  other.names.register("chatter_1", address);
  await one.says("* the name chatter_1 is claimed by nodes 1, 2\n");
  for (const message of [null, 7, "text", {}, { from: address }, { from: 1, text: "no" }]) {
    chatter.send(message);
  }
  chatter.send({ from: address, text: "torn\r\n\u001b[2Jup" });

  await one.says("node 2: torn   [2Jup\n");
  expect(one.errors).toBe("");
});

describe("mistakes are one message with what to do, and exit code 1", () => {
  async function expectError(args: readonly string[], message: RegExp): Promise<void> {
    await using chat = startChat(args, "");

    expect(await chat.ended()).toBe(1);
    expect(chat.output).toBe("");
    expect(chat.errors).toMatch(message);
    expect(chat.errors).toMatch(/^[^\n]+\n$/);
  }

  test("no spec", () =>
    expectError(
      ["1", "--clusterspec", "none.json"],
      /^reign: none\.json .*no such file.*reign init/,
    ));

  test("a node that is not in the spec", () =>
    expectError(
      ["7"],
      /^reign: cluster\.json .*Expected this node, "7", among the nodes, got 1, 2/,
    ));

  test("an id that is none", () => expectError(["a/b"], /^reign: Expected a node id/));

  test("no id", () => expectError([], /missing required argument 'id'/));

  test("a port in use", async () => {
    const server = await listen();
    const { port } = server.address() as AddressInfo;
    const nodes = [1, 2].map((id) => ({ id, address: `127.0.0.1:${port}` }));
    const certificates = {
      node_key_path: "reign_node.%d.key",
      node_cert_path: "reign_node.%d.crt",
      cluster_cert_path: "reign_ca.crt",
    };
    writeFileSync(join(folder, "in-use.json"), JSON.stringify({ nodes, ...certificates }));

    await expectError(
      ["1", "--clusterspec", "in-use.json"],
      new RegExp(`^reign: .*${port}.*in use`),
    );

    server.close();
  });

  test("a certificate that is of another node", async () => {
    const spec = JSON.stringify({
      nodes: [
        { id: 1, address: "127.0.0.1:20000" },
        { id: 2, address: "127.0.0.1:20001" },
      ],
      node_key_path: "reign_node.2.key",
      node_cert_path: "reign_node.2.crt",
      cluster_cert_path: "reign_ca.crt",
    });
    writeFileSync(join(folder, "foreign.json"), spec);

    await expectError(["1", "--clusterspec", "foreign.json"], /^reign: .*reign_node\.2\.crt/);
  });
});

const script = "/usr/bin/script";

describe("on a terminal", () => {
  const onTerminal = testNeeding(command(script, "-qec", "true", "/dev/null"));

  onTerminal("a line that arrives does not tear the one that is being typed", async () => {
    const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
    const inTerminal = `stty cols 40 rows 20; exec ${process.execPath} ${main} chat 1`;
    await using one = startCommand(script, ["-qec", inTerminal, "/dev/null"], {
      cwd: folder,
      env: { TERM: "xterm" },
    });
    await one.says("> ");
    await using two = startChat(["2"]);
    await one.says("* node 2 is here\r\n> ");
    const typed = "half of a line that is longer than a row of this terminal";
    one.stdin.write(typed);
    await one.says(typed.slice(-10));

    two.stdin.write("hello\n");

    // Up to where the typed line began, all of it away, the new line, and the typed line again.
    await one.says(`\u001b[1A\u001b[1G\u001b[0Jnode 2: hello\r\n> ${typed}`);
    one.stdin.write("\r");
    await two.says(`node 1: ${typed}\n`);
    // Ctrl-D
    one.stdin.write("\u0004");
    expect(await one.ended()).toBe(0);
  });
});
