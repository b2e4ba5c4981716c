#!/usr/bin/env node
/**
 * The command `reign`. Each of its commands is a file beside this one.
 *
 * What fails is told in one message on standard error, without a stack, and the exit code is 1:
 * every error that is meant for the user says what to do.
 */
import { readFileSync } from "node:fs";
import { Command } from "commander";
import { chatCommand } from "./chat.ts";
import { initCommand } from "./init.ts";

const program = new Command("reign")
  .description("Message passing between Node.js processes, as Erlang has it.")
  .version(packageVersion())
  .addCommand(initCommand())
  .addCommand(chatCommand());

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`reign: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

function packageVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  const manifest: unknown = JSON.parse(text);
  if (typeof manifest !== "object" || manifest === null) return "unknown";
  return String(Reflect.get(manifest, "version"));
}
