/** Whatever ends a command, its processes and its temporary folder are gone with it. */
import { rmSync } from "node:fs";

interface Killable {
  kill(): void;
}

export const signalExitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

export function leaveNothing(started: Iterable<Killable>, folder: string): void {
  process.on("exit", () => {
    for (const child of started) child.kill();
    rmSync(folder, { recursive: true, force: true });
  });
}
