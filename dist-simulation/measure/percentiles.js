/** Where the values of a sample lie. */
/** The value below which the share `part` of the sorted values lies. */
export function percentile(sorted, part) {
    const index = Math.min(sorted.length - 1, Math.floor(sorted.length * part));
    return sorted[index] ?? Number.NaN;
}
export function median(values) {
    const sorted = [...values].sort((a, b) => a - b);
    const upper = percentile(sorted, 0.5);
    if (sorted.length % 2 === 1)
        return upper;
    return ((sorted[sorted.length / 2 - 1] ?? Number.NaN) + upper) / 2;
}
//# sourceMappingURL=percentiles.js.map