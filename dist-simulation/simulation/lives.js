/** Many lives, one after the other, and what they came to. */
import { live } from "./life.js";
export const noLives = {
    lives: 0,
    twice: 0,
    virtualMs: 0,
    events: 0,
    faults: 0,
    failures: [],
    sometimes: {},
    cpuMs: 0,
};
/** Gives what has been found so far after each life; ends early when `signal` is aborted. */
export async function* lead(options, signal) {
    let totals = noLives;
    for (let i = 0; i < options.seeds && !signal.aborted; i++) {
        const started = process.cpuUsage();
        const found = await leadOne(options, i);
        const { user, system } = process.cpuUsage(started);
        totals = addTotals(totals, { ...found, cpuMs: (user + system) / 1_000 });
        yield totals;
        if (options.untilFailure && totals.failures.length > 0)
            return;
    }
}
export function addTotals(a, b) {
    const sometimes = { ...a.sometimes };
    for (const [label, count] of Object.entries(b.sometimes)) {
        sometimes[label] = (sometimes[label] ?? 0) + count;
    }
    return {
        lives: a.lives + b.lives,
        twice: a.twice + b.twice,
        virtualMs: a.virtualMs + b.virtualMs,
        events: a.events + b.events,
        faults: a.faults + b.faults,
        failures: [...a.failures, ...b.failures],
        sometimes,
        cpuMs: a.cpuMs + b.cpuMs,
    };
}
async function leadOne(options, i) {
    const { from, step, twice, nodes, virtualMinutes, shrinkRuns } = options;
    const seed = from + i * step;
    const life = { seed, nodes, virtualMinutes, shrinkRuns };
    try {
        const { virtualMs, events, plan, sometimes, traceHash } = await live(life);
        const again = i % twice === 0;
        const failures = [];
        if (again && (await live(life)).traceHash !== traceHash) {
            failures.push(`Seed ${seed} led two different lives.`);
        }
        return {
            lives: 1,
            twice: again ? 1 : 0,
            virtualMs,
            events,
            faults: plan.length,
            failures,
            sometimes: Object.fromEntries(sometimes),
            cpuMs: 0,
        };
    }
    catch (error) {
        const text = error instanceof Error ? error.message : String(error);
        return { ...noLives, lives: 1, failures: [text] };
    }
}
//# sourceMappingURL=lives.js.map