/**
 * `npm run coverage`: how much of `src` the tests run, folder by folder. Fails when a test does,
 * and below the shares of lines and branches that are set here.
 *
 * `vitest.coverage.config.ts` says which suites are run. vitest sees what runs in its own
 * processes. The files of `src` that are never loaded there, which are those of the command line,
 * are taken from what the processes have written that the suites have started.
 */
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import coverageLibrary from "istanbul-lib-coverage";
import { buildIfStale } from "./steps/build.mjs";
import { readChildren } from "./steps/child-coverage.mjs";
import { install } from "./steps/install.mjs";
import { endWithParent } from "./steps/parent.mjs";
import { root } from "./steps/root.mjs";
import { programOf, run } from "./steps/run.mjs";

const wanted = { lines: 95, branches: 90 };

endWithParent();
await install();
process.exitCode = (await buildIfStale()) || (await measure());

async function measure() {
  const folder = join(root, "node_modules/.cache/reign/coverage");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  process.env.REIGN_COVERAGE_CHILDREN = folder;
  const args = ["run", "--config", "vitest.coverage.config.ts", ...process.argv.slice(2)];
  const code = await run(programOf("vitest", "vitest"), args);
  if (code !== 0) {
    process.stderr.write("A test has failed, so there are no figures.\n");
    return code;
  }
  const map = coverageLibrary.createCoverageMap(
    JSON.parse(readFileSync(join(root, "coverage/coverage-final.json"), "utf8")),
  );
  const children = await readChildren(folder, join(root, "dist"));
  rmSync(folder, { recursive: true });
  for (const path of children.files()) takeFromChildren(map, path, children);
  return report(map);
}

/** Only for what ran nowhere else: the two are counted by different compilers and do not add up. */
function takeFromChildren(map, path, children) {
  const seen = map.files().includes(path) ? map.fileCoverageFor(path) : undefined;
  if (seen !== undefined && seen.toSummary().statements.covered > 0) return;
  map.filter((file) => file !== path);
  map.addFileCoverage(children.fileCoverageFor(path));
}

function report(map) {
  const folders = new Map();
  for (const path of map.files()) {
    const folder = path.slice(root.length).split("/").slice(0, -1).join("/");
    const summary = map.fileCoverageFor(path).toSummary();
    const sum = folders.get(folder) ?? coverageLibrary.createCoverageSummary();
    sum.merge(summary);
    folders.set(folder, sum);
  }
  const rows = [...folders].sort(([a], [b]) => (a < b ? -1 : 1));
  console.log("| folder | lines | branches |\n|---|--:|--:|");
  for (const [folder, sum] of rows) console.log(rowOf(folder, sum));
  const all = map.getCoverageSummary();
  console.log(rowOf("all", all));
  const short = Object.keys(wanted).filter((what) => all[what].pct < wanted[what]);
  for (const what of short) {
    process.stderr.write(`Expected ${wanted[what]} % of ${what}, got ${all[what].pct} %.\n`);
  }
  return short.length === 0 ? 0 : 1;
}

function rowOf(name, { lines, branches }) {
  const shares = [lines, branches].map(({ pct, total }) =>
    total === 0 ? "" : `${pct.toFixed(1)} % of ${total}`,
  );
  return `| ${name} | ${shares.join(" | ")} |`;
}
