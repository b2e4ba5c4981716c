export function progressLine(totals, seeds, tookMs) {
    const each = tookMs / Math.max(1, totals.lives);
    const left = ((seeds - totals.lives) * each) / 60_000;
    const found = `${totals.failures.length} failures`;
    return `simulate: ${totals.lives} of ${seeds} lives, ${found}, ${left.toFixed(1)} min left`;
}
export function summary(totals, asked) {
    const { lives, twice, virtualMs, events, faults, failures, cpuMs } = totals;
    const hours = (virtualMs / 3_600_000) * asked.nodes;
    const states = Object.entries(totals.sometimes)
        .sort(([, a], [, b]) => a - b)
        .map(([label, count]) => `${String(count).padStart(10)}  ${label}`);
    return [
        ...failures.flatMap((failure) => [failure, ""]),
        "Rare states, and how often they were reached:",
        ...states,
        "",
        `${lives} lives of ${asked.nodes} nodes: ${hours.toFixed(0)} virtual hours of nodes, ${events} ` +
            `events, ${faults} faults, ${(cpuMs / Math.max(1, lives)).toFixed(0)} ms of processor each.`,
        `${twice} were led twice, with the same trace.`,
        `${failures.length} failures.`,
        "",
    ].join("\n");
}
export function canaryLine({ id, defect, breaks }, { lives, failures }) {
    const [first] = failures;
    if (first === undefined)
        return `MISSED ${id}: ${defect}; ${lives} lives, and nothing broken\n`;
    const [what = ""] = first.split("\n");
    return `found  ${id}, which breaks ${breaks}, in life ${lives}: ${what.slice(0, 200)}\n`;
}
//# sourceMappingURL=report.js.map