/**
 * Lines in and out of this process, on a terminal or not.
 *
 * On a terminal there is a prompt and a line that can be edited. Elsewhere, a line is what stands
 * before a line feed, every other character included: readline would also part it at others, and
 * what is piped in is to come out again as it went in. Either way input is read as fast as the
 * lines are taken, and no faster.
 */

import { once } from "node:events";
import { clearLine, createInterface, cursorTo } from "node:readline";
import { addAbortSignal } from "node:stream";
import type { ReadStream, WriteStream } from "node:tty";

export interface LineConsole {
  /** Ends with the input; fails when `signal` is aborted. */
  readonly lines: AsyncIterator<string, unknown>;
  /** Shows that a line may be typed. */
  prompt(): void;
  /** Writes one line to standard output, and settles when there is room for the next. */
  print(text: string): Promise<void>;
  /** Tells the person at the terminal, if there is one, on standard error. */
  hint(text: string): void;
}

/** Longer than any message may be: it must have an end before it fills the memory. */
const longestLine = 16 * 1024 * 1024;

export function openLineConsole(signal: AbortSignal): LineConsole {
  const { stdin: input, stdout: output } = process;
  return input.isTTY && output.isTTY
    ? terminalConsole(input, output, signal)
    : plainConsole(input, signal);
}

function terminalConsole(input: ReadStream, output: WriteStream, signal: AbortSignal): LineConsole {
  const editor = createInterface({ input, output, signal, prompt: "> ", terminal: true });
  // Leaves the shell a row of its own.
  editor.once("close", () => output.write("\n"));
  return {
    // Asked for at once: lines that come before anybody asks are lost.
    lines: editor[Symbol.asyncIterator](),
    prompt: () => editor.prompt(true),
    async print(text) {
      clearLine(output, 0);
      cursorTo(output, 0);
      await write(`${text}\n`, signal);
    },
    hint: (text) => void process.stderr.write(`${text}\n`),
  };
}

function plainConsole(input: ReadStream, signal: AbortSignal): LineConsole {
  addAbortSignal(signal, input);
  input.setEncoding("utf8");
  return {
    lines: linesOf(input),
    prompt: () => {},
    print: (text) => write(`${text}\n`, signal),
    hint: (text) => {
      if (input.isTTY) process.stderr.write(`${text}\n`);
    },
  };
}

async function* linesOf(chunks: AsyncIterable<string>): AsyncGenerator<string, void> {
  let begun = "";
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf("\n"); end >= 0; end = chunk.indexOf("\n", from)) {
      yield withoutReturn(begun + chunk.slice(from, end));
      begun = "";
      from = end + 1;
    }
    begun += chunk.slice(from);
    if (begun.length > longestLine) {
      throw new RangeError(
        `Expected lines of at most ${longestLine} characters, got a longer one.`,
      );
    }
  }
  if (begun !== "") yield withoutReturn(begun);
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

async function write(text: string, signal: AbortSignal): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, "drain", { signal });
}
