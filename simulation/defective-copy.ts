/** A copy of the package, as built, with one defect in it, and of the simulation beside it. */
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Canary } from "./canaries.ts";

/** Makes the copy in `folder`, and gives the path of the simulation's main file in it. */
export function copyWithDefect(root: string, folder: string, canary: Canary): string {
  mkdirSync(folder, { recursive: true });
  cpSync(join(root, "package.json"), join(folder, "package.json"));
  cpSync(join(root, "dist"), join(folder, "dist"), { recursive: true });
  cpSync(join(root, "dist-simulation"), join(folder, "dist-simulation"), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "dir");
  const file = join(folder, "dist", canary.file);
  writeFileSync(file, withDefect(readFileSync(file, "utf8"), canary));
  return join(folder, "dist-simulation", "simulation", "main.js");
}

/** Throws for a defect that has no place in the code, or several: it would prove nothing. */
export function withDefect(code: string, { id, file, find, replace }: Canary): string {
  const [before, after, ...more] = code.split(find);
  if (before === undefined || after === undefined || more.length > 0) {
    const times = code.split(find).length - 1;
    throw new Error(`Expected the place of canary ${id} once in ${file}, found it ${times} times.`);
  }
  return before + replace + after;
}
