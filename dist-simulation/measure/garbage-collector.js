import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
/** Gives what collects all garbage, in a process that was not started with `--expose-gc`. */
export function garbageCollector() {
    setFlagsFromString("--expose-gc");
    return runInNewContext("gc");
}
//# sourceMappingURL=garbage-collector.js.map