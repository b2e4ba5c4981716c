/** What things take that are made and kept, by the engine's own count, after collecting garbage. */
import { garbageCollector } from "../measure/garbage-collector.ts";
import type { Role } from "./case.ts";
import { secondsSince } from "./elapsed.ts";
import { turnOfTheLoop } from "./local-role.ts";

/** A role whose rounds make so many, look, and let go of them. */
export function kept<T>(make: () => T, letGo: (made: T) => void = () => {}): Role {
  return {
    async round(count) {
      const started = performance.now();
      const all = new Array<T>(count);
      const before = await bytesInUse();
      for (let i = 0; i < count; i++) all[i] = make();
      const bytes = ((await bytesInUse()) - before) / count;
      for (const made of all) letGo(made);
      return { seconds: secondsSince(started), bytes };
    },
  };
}

/** Once all is done that was begun. */
export async function bytesInUse(): Promise<number> {
  const collectGarbage = garbageCollector();
  await turnOfTheLoop();
  collectGarbage();
  await turnOfTheLoop();
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
