import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Gives what collects all garbage, in a process that was not started with `--expose-gc`. */
export function garbageCollector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}
