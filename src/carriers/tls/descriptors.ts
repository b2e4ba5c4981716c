/**
 * Whether this process can open anything more.
 *
 * Nobody tells: a connection for which there is no file descriptor is closed by the system's event
 * loop without a word to Node.js, or waits. So it is asked, by opening one.
 */
import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";

export function outOfDescriptors(): boolean {
  try {
    closeSync(openSync(devNull, "r"));
    return false;
  } catch (error) {
    const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
    return code === "EMFILE" || code === "ENFILE";
  }
}
