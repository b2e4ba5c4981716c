/** Lives led in several processes side by side, each with its share of the seeds. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { addTotals, lead, noLives } from "./lives.js";
/** What such a process is started with, before its options as JSON. */
export const workerFlag = "--worker";
/** Gives the totals of all after each life of one of them, a few times a second at most. */
export async function* leadInWorkers(main, options, workers, signal) {
    const children = Array.from({ length: workers }, (_, i) => {
        const seeds = Math.ceil((options.seeds - i) / workers);
        const share = { ...options, from: options.from + i, seeds, step: workers };
        return new Worker(fork(main, [workerFlag, JSON.stringify(share)]));
    });
    const stop = () => {
        for (const { child } of children)
            child.kill("SIGTERM");
    };
    signal.addEventListener("abort", stop, { once: true });
    const all = Promise.all(children.map(({ ended }) => ended));
    const sum = () => children.map(({ totals }) => totals).reduce(addTotals, noLives);
    let running = true;
    const finished = all.then(() => {
        running = false;
    });
    while (running) {
        await Promise.race([finished, new Promise((resolve) => setTimeout(resolve, 500))]);
        yield sum();
    }
    signal.removeEventListener("abort", stop);
}
class Worker {
    child;
    ended;
    totals = noLives;
    constructor(child) {
        this.child = child;
        child.on("message", (totals) => {
            this.totals = totals;
        });
        this.ended = once(child, "close").then(([code]) => {
            if (code === 0)
                return;
            const failure = `A worker ended with exit code ${String(code)}.`;
            this.totals = addTotals(this.totals, { ...noLives, failures: [failure] });
        });
    }
}
/** The life of such a process. Ends early, and in peace, at SIGTERM. */
export async function work(json) {
    const stopped = new AbortController();
    process.on("SIGTERM", () => stopped.abort());
    // The terminal tells everybody at once; this process ends when the first one says so.
    process.on("SIGINT", () => { });
    const options = JSON.parse(json);
    for await (const totals of lead(options, stopped.signal))
        process.send?.(totals);
    process.disconnect();
}
//# sourceMappingURL=workers.js.map