/** Files that several roles need, each in a process of its own, and that any of them makes. */
import { existsSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";

/**
 * A folder in `folder`, filled by whoever asks first. Two that ask at once both fill one; one of
 * these is taken by both.
 */
export async function madeOnce(
  folder: string,
  name: string,
  fill: (draft: string) => Promise<void> | void,
): Promise<string> {
  const path = join(folder, name);
  if (existsSync(path)) return path;
  const draft = `${path}-${process.pid}`;
  await mkdir(draft);
  await fill(draft);
  await rename(draft, path).catch((error: unknown) => {
    if (!existsSync(path)) throw error;
  });
  return path;
}
