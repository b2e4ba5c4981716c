/** Whether something grows, from values that scatter. */
import { median } from "./percentiles.js";
/**
 * What `values` grow by in a unit of `at`: the median of the slopes between all pairs of points, on
 * which a few that lie far out have no influence (Theil and Sen). Not a number below two points.
 */
export function medianSlope(at, values) {
    const slopes = [];
    for (const [i, x] of at.entries()) {
        for (let j = i + 1; j < at.length; j++) {
            const run = (at[j] ?? Number.NaN) - x;
            if (run !== 0)
                slopes.push(((values[j] ?? Number.NaN) - (values[i] ?? Number.NaN)) / run);
        }
    }
    return median(slopes);
}
/** The median of the last third beside that of the first, as a change: 0.01 is one percent more. */
export function changeOverTime(values) {
    const third = Math.max(1, Math.floor(values.length / 3));
    return median(values.slice(-third)) / median(values.slice(0, third)) - 1;
}
//# sourceMappingURL=trend.js.map