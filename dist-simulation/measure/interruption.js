/** Ctrl-C and its like: the command ends when it can, and shows what it has found so far. */
import { signalExitCodes } from "./leave-nothing.js";
/** A signal asks for an end; the same one again does not ask. */
export function abortedBySignals(progress) {
    const controller = new AbortController();
    const seen = new Set();
    let first;
    for (const [name, code] of Object.entries(signalExitCodes)) {
        process.on(name, () => {
            if (seen.has(name))
                process.exit(code);
            seen.add(name);
            if (first !== undefined)
                return;
            first = code;
            progress(`${name}: ending, with what was found so far`);
            controller.abort(new Error(`stopped by ${name}`));
        });
    }
    return {
        signal: controller.signal,
        get code() {
            return first;
        },
    };
}
//# sourceMappingURL=interruption.js.map