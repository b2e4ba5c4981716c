/** Whatever ends a command, its processes and its temporary folder are gone with it. */
import { rmSync } from "node:fs";
export const signalExitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };
export function leaveNothing(started, folder) {
    process.on("exit", () => {
        for (const child of started)
            child.kill();
        rmSync(folder, { recursive: true, force: true });
    });
}
//# sourceMappingURL=leave-nothing.js.map