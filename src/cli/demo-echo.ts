/** The second process of the demo: node 2, which answers every question where it is told to. */
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { createFromSpecFile } from "../cluster/create.ts";
import { type ClusterLogger, nullLogger } from "../cluster/logger.ts";
import { type Address, isAddress } from "../core/address.ts";
import type { MultipleClaim } from "../core/multiple-claim.ts";

export interface Question {
  readonly text: string;
  /** Where the answer goes: whoever asks puts its own address into the message. */
  readonly replyTo: Address<Answer>;
}

export interface Answer {
  readonly text: string;
  readonly nodeId: string;
  readonly processId: number;
}

/** The name under which the second process is found. */
export const echoName = "echo";
export const specFileName = "cluster.json";

/** What keeps nodes apart, to standard error. All else is to be seen in the conversation itself. */
export const errorsOnly: ClusterLogger = Object.freeze({
  ...nullLogger,
  error: (_fields: object, message: string) => void process.stderr.write(`${message}\n`),
});

/**
 * Runs as long as the parent keeps the channel to it open. The parent says on it when the
 * certificates are there, and is told when they have been read.
 */
export async function runEcho(folder: string): Promise<void> {
  const over = new AbortController();
  process.once("disconnect", () => over.abort());
  // The parent may have been killed while this process was still loading.
  if (!process.connected) over.abort();
  process.once("SIGTERM", () => over.abort());
  // A terminal sends these to both. When it is over is for the parent to say.
  process.on("SIGINT", () => {});
  process.on("SIGHUP", () => {});
  try {
    await answerQuestions(folder, over.signal);
  } catch (error) {
    if (over.signal.aborted) return;
    process.stderr.write(`Node 2: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  } finally {
    // Most often it is gone. It is there if the parent was killed early.
    await rm(folder, { recursive: true, force: true });
    if (process.connected) process.disconnect();
  }
}

async function answerQuestions(folder: string, signal: AbortSignal): Promise<void> {
  await once(process, "message", { signal });
  await using service = await createFromSpecFile(join(folder, specFileName), 2, {
    logger: errorsOnly,
  });
  signal.throwIfAborted();
  // With a callback, so that a parent that is gone is no error: `signal` says so as well.
  process.send?.("certificates read", undefined, undefined, () => {});
  const { address, mailbox } = service.newMailbox<Question | MultipleClaim>();
  service.names.register(echoName, address);
  await service.start();
  signal.throwIfAborted();
  signal.addEventListener("abort", () => mailbox.close());
  for await (const message of mailbox) {
    if (!isQuestion(message)) continue;
    const { text, replyTo } = message;
    await replyTo.ready({ signal });
    replyTo.send({ text, nodeId: service.nodeId, processId: process.pid });
  }
}

/** Types hold what this program sends, and not what comes from elsewhere. */
function isQuestion(message: Question | MultipleClaim): message is Question {
  return "replyTo" in message && isAddress(message.replyTo) && typeof message.text === "string";
}
