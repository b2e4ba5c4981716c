/**
 * What `npm start` runs: two processes that talk over mutual TLS, in the terminal of one of them.
 *
 * The process that was started is node 1. It makes certificates and a spec in a temporary folder,
 * and starts this file once more, as node 2, which registers the name `echo` (`demo-echo.ts`). Each
 * line of input becomes a message to the address that has this name, and carries the address to
 * answer to. Each answer is one line of output. The next line waits for it, so that neither process
 * can run ahead of the other, however much is piped in.
 *
 * Nothing is left behind, whatever ends first:
 * - the folder is removed when both have read their certificates, before the first line is sent;
 *   until then, the process that ends last removes it;
 * - node 2 ends with the channel to its parent, which the system closes if the parent is killed;
 * - node 1 ends, with an error, if node 2 does.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { initCluster } from "../carriers/tls/init-cluster.ts";
import type { ConnectionService } from "../cluster/connection-service.ts";
import { createFromSpecFile } from "../cluster/create.ts";
import { MailboxClosed } from "../core/close-notice.ts";
import {
  type Answer,
  echoName,
  errorsOnly,
  type Question,
  runEcho,
  specFileName,
} from "./demo-echo.ts";
import { type LineConsole, openLineConsole } from "./line-console.ts";

/** What the conversation takes place on. */
interface Scene {
  readonly folder: string;
  readonly other: ChildProcess;
  readonly console: LineConsole;
  /** The first line, which is read while everything is set up. */
  readonly firstLine: Promise<IteratorResult<string, unknown>>;
  readonly signal: AbortSignal;
}

const echoRole = "--echo";
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const setupMs = 20_000;
const goodbyeMs = 5_000;
/** Why it is over, when somebody wanted it so. Any other reason is an error. */
const wanted: unique symbol = Symbol("wanted");

const [, , role, echoFolder] = process.argv;
if (role === echoRole && echoFolder !== undefined && process.send !== undefined) {
  await runEcho(echoFolder);
} else {
  process.exitCode = await runDemo();
}

/** Gives the exit code. */
async function runDemo(): Promise<number> {
  const over = new AbortController();
  const quit = () => over.abort(wanted);
  for (const signal of signals) process.on(signal, quit);
  // Whoever reads our output may have had enough of it.
  process.stdout.on("error", quit);

  const folder = mkdtempSync(join(tmpdir(), "reign-demo-"));
  const other = startOther(folder, over);
  const console = openLineConsole(over.signal);
  const firstLine = console.lines.next();
  firstLine.then(
    ({ done }) => {
      if (done) quit();
    },
    () => {},
  );
  try {
    await talk({ folder, other, console, firstLine, signal: over.signal });
    return 0;
  } catch (error) {
    // Being over ends every wait, each with an error of its own.
    const reason: unknown = over.signal.aborted ? over.signal.reason : error;
    if (reason === wanted) return 0;
    process.stderr.write(`${reason instanceof Error ? reason.message : String(reason)}\n`);
    return 1;
  } finally {
    quit();
    await stopOther(other);
    await rm(folder, { recursive: true, force: true });
  }
}

async function talk({ folder, other, console, firstLine, signal }: Scene): Promise<void> {
  await using service = await makeService(folder, other, signal);
  const { address, mailbox } = service.newMailbox<Answer | MailboxClosed>();
  await service.start();
  const echo = await service.names.wait<Question>(echoName, { signal, timeout: setupMs });
  echo.onCloseNotify(address);

  console.hint(
    `Node 1 is this process (${process.pid}). Node 2 is another (${other.pid}), behind mutual ` +
      `TLS: it has\nthe name "${echoName}" and answers each line you type. Ctrl-D ends it.`,
  );
  console.prompt();
  for (let line = await firstLine; line.done !== true; line = await console.lines.next()) {
    await echo.ready({ signal });
    echo.sendOrThrow({ text: line.value, replyTo: address });
    const answer = await mailbox.receive({ signal });
    if (answer instanceof MailboxClosed) throw otherGone();
    const { text, nodeId, processId } = answer;
    await console.print(`node ${nodeId} (process ${processId}) heard: ${text}`);
    console.prompt();
  }
}

/**
 * Makes node 1, and sees to it that both nodes have their certificates and nobody else keeps them.
 */
async function makeService(
  folder: string,
  other: ChildProcess,
  signal: AbortSignal,
): Promise<ConnectionService> {
  const [first, second] = await freePorts(2);
  const spec = {
    nodes: [
      { id: 1, address: `127.0.0.1:${first}` },
      { id: 2, address: `127.0.0.1:${second}` },
    ],
    node_key_path: "reign_node.%d.key",
    node_cert_path: "reign_node.%d.crt",
    cluster_cert_path: "reign_ca.crt",
  };
  const specFile = join(folder, specFileName);
  await writeFile(specFile, JSON.stringify(spec));
  await initCluster({ dir: folder, nodes: 2, days: 1 });
  signal.throwIfAborted();
  const otherHasRead = once(other, "message", { signal });
  other.send("certificates made");
  const [service] = await Promise.all([
    createFromSpecFile(specFile, 1, { logger: errorsOnly }),
    otherHasRead,
  ]);
  await rm(folder, { recursive: true, force: true });
  return service;
}

function startOther(folder: string, over: AbortController): ChildProcess {
  const other = fork(fileURLToPath(import.meta.url), [echoRole, folder], {
    // Neither the terminal nor what is piped in is for it.
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  other.once("error", (error) => over.abort(error));
  // A signal to both may end it first. This process is to hear of its own before it judges.
  other.once("exit", () => setImmediate(() => over.abort(otherGone())));
  return other;
}

function otherGone(): Error {
  return new Error("Node 2, the other process, has ended, and so does this one.");
}

/** Closes the channel, which is the sign for the other process, and waits until it is gone. */
async function stopOther(other: ChildProcess): Promise<void> {
  if (other.pid === undefined || other.exitCode !== null || other.signalCode !== null) return;
  const gone = once(other, "exit");
  if (other.connected) other.disconnect();
  const timer = setTimeout(() => other.kill("SIGKILL"), goodbyeMs);
  await gone;
  clearTimeout(timer);
}

/** Ports that were free a moment ago. All are held until all are found, so that they differ. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}
