/** What things take that are made and kept, by the engine's own count, after collecting garbage. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Role } from "./case.ts";
import { turnOfTheLoop } from "./local-role.ts";

/** A role whose rounds make so many, look, and let go of them. */
export function kept<T>(make: () => T, letGo: (made: T) => void = () => {}): Role {
  return {
    async round(count) {
      const started = performance.now();
      const all: T[] = new Array<T>(count);
      const before = await bytesInUse();
      for (let i = 0; i < count; i++) all[i] = make();
      const bytes = ((await bytesInUse()) - before) / count;
      for (const made of all) letGo(made);
      return { seconds: (performance.now() - started) / 1000, bytes };
    },
  };
}

/** Once all is done that was begun. */
async function bytesInUse(): Promise<number> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  await turnOfTheLoop();
  collect();
  await turnOfTheLoop();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
