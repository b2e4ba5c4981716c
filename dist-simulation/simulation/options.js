/** The command line of `npm run simulate`. */
import { parseArgs } from "node:util";
import { canaries } from "./canaries.js";
export const usage = `Usage: npm run simulate -- [options]

  --seed N       one life of a cluster, with its timeline
  --seeds N      so many lives, one after the other (300 unless said)
  --from N       the first of their seeds (1 unless said)
  --twice N      every Nth life is led twice, and has to be the same (30 unless said)
  --workers N    so many processes side by side (1 unless said)
  --nodes N      nodes of a cluster (5 unless said)
  --minutes N    virtual minutes of a life under faults (10 unless said)
  --keep-faults  a failure is not made smaller
  --canary NAME  with a defect built in on purpose, until it is found; "all" for each in turn
  --scale        a mesh of 64 nodes, and 50,000 names after a heal, instead of lives
  --out FOLDER   writes what was found to the record there
  --help

Ctrl-C ends it at any time, and shows what was found so far. The exit code is 0 if no promise was
broken, or every canary was found.
`;
/** Throws a `RangeError` or `TypeError` for what cannot be. `undefined` if only help is wanted. */
export function readOptions(args) {
    const { values } = parseArgs({
        args: [...args],
        options: {
            seed: { type: "string" },
            seeds: { type: "string" },
            from: { type: "string" },
            twice: { type: "string" },
            workers: { type: "string" },
            nodes: { type: "string" },
            minutes: { type: "string" },
            "keep-faults": { type: "boolean", default: false },
            canary: { type: "string" },
            scale: { type: "boolean", default: false },
            out: { type: "string" },
            help: { type: "boolean", default: false },
        },
    });
    if (values.help)
        return undefined;
    const { seed, canary } = values;
    if (canary !== undefined && canary !== "all" && !canaries.some(({ id }) => id === canary)) {
        const known = canaries.map(({ id }) => id).join(", ");
        throw new RangeError(`Expected a canary among ${known}, or all, got ${canary}.`);
    }
    return {
        seed: seed === undefined ? undefined : wholeNumber("seed", seed, 0),
        from: wholeNumber("from", values.from ?? "1", 0),
        seeds: wholeNumber("seeds", values.seeds ?? (canary === undefined ? "300" : "200"), 1),
        twice: wholeNumber("twice", values.twice ?? "30", 1),
        workers: wholeNumber("workers", values.workers ?? "1", 1, 64),
        nodes: wholeNumber("nodes", values.nodes ?? "5", 2, 100),
        virtualMinutes: wholeNumber("minutes", values.minutes ?? "10", 1, 10_000),
        shrinkRuns: values["keep-faults"] ? 0 : 200,
        canary,
        scale: values.scale,
        out: values.out,
    };
}
function wholeNumber(name, text, least, most = 2 ** 31) {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most)
        return value;
    const wanted = `a whole number from ${least} to ${most}`;
    throw new RangeError(`Expected --${name} to be ${wanted}, got ${JSON.stringify(text)}.`);
}
//# sourceMappingURL=options.js.map