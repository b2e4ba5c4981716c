/** Runs a command of the house as a person would, `npm run fuzz` for one. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

export interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** `temp` takes the place of the system's folder for temporary files, to see what is left there. */
export async function runCommand(
  name: "bench" | "fuzz" | "reliability" | "runtimes" | "simulate" | "soak",
  args: readonly string[],
  temp: string,
  onStart?: (child: ChildProcess) => void,
): Promise<Ended> {
  const script = fileURLToPath(new URL(`../scripts/${name}.mjs`, import.meta.url));
  const child = spawn(process.execPath, [script, ...args], {
    env: { ...process.env, TMPDIR: temp },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onStart?.(child);
  // `close` and not `exit`: its processes hold its standard error open as long as they live.
  const closed = once(child, "close");
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await closed;
  return { code: child.exitCode, output, errors };
}
