/** Lives led in several processes side by side, each with its share of the seeds. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { addTotals, type LivesOptions, lead, noLives, type Totals } from "./lives.ts";

/** What such a process is started with, before its options as JSON. */
export const workerFlag = "--worker";

/** Gives the totals of all after each life of one of them, a few times a second at most. */
export async function* leadInWorkers(
  main: string,
  options: LivesOptions,
  workers: number,
  signal: AbortSignal,
): AsyncGenerator<Totals, void> {
  const children = Array.from({ length: workers }, (_, i) => {
    const seeds = Math.ceil((options.seeds - i) / workers);
    const regressions = options.regressions && i === 0;
    const share = { ...options, from: options.from + i, seeds, step: workers, regressions };
    return new Worker(fork(main, [workerFlag, JSON.stringify(share)]), signal);
  });
  const stop = (): void => {
    for (const { child } of children) child.kill("SIGTERM");
  };
  signal.addEventListener("abort", stop, { once: true });
  // A second Ctrl-C waits for nobody.
  const kill = (): void => {
    for (const { child } of children) child.kill("SIGKILL");
  };
  process.on("exit", kill);
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
  process.off("exit", kill);
}

class Worker {
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
  totals: Totals = noLives;

  constructor(child: ChildProcess, signal: AbortSignal) {
    this.child = child;
    child.on("message", (totals) => {
      this.totals = totals as Totals;
    });
    this.ended = once(child, "close").then(([code, killedBy]) => {
      if (code === 0 || signal.aborted) return;
      const how = killedBy === null ? `exit code ${String(code)}` : String(killedBy);
      const failure = `A worker ended with ${how}.`;
      this.totals = addTotals(this.totals, { ...noLives, failures: [failure] });
    });
  }
}

/** The life of such a process. Ends early, and in peace, at SIGTERM. */
export async function work(json: string): Promise<void> {
  const stopped = new AbortController();
  process.on("SIGTERM", () => stopped.abort());
  // The terminal tells everybody at once; this process ends when the first one says so.
  process.on("SIGINT", () => {});
  const options = JSON.parse(json) as LivesOptions;
  for await (const totals of lead(options, stopped.signal)) await tell(totals);
  if (process.connected) process.disconnect();
}

/** Settles when it is on its way: to disconnect before would lose it. */
function tell(totals: Totals): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(totals, (error: Error | null) => (error === null ? resolve() : reject(error)));
  });
}
