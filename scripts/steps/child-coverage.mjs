/**
 * What processes have run of the compiled package, told of its sources.
 *
 * Node.js writes a file for each process that has `NODE_V8_COVERAGE` in its environment, when it
 * ends by itself. One that was killed leaves nothing.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { convert } from "ast-v8-to-istanbul";
import coverageLibrary from "istanbul-lib-coverage";
import { parseAstAsync } from "vitest/node";

/** The coverage map of all that was run of the compiled files in `dist`. */
export async function readChildren(folder, dist) {
  const map = coverageLibrary.createCoverageMap({});
  for (const name of readdirSync(folder)) {
    for (const script of scriptsIn(join(folder, name))) {
      if (isOfCommandLine(script.url, dist)) map.merge(await toSources(script));
    }
  }
  return map;
}

/** None of a file that a process was killed over. */
function scriptsIn(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8")).result;
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

/** Only these: all others are seen in the tests' own processes, and each takes time. */
function isOfCommandLine(url, dist) {
  return url.startsWith("file:") && fileURLToPath(url).startsWith(join(dist, "cli") + sep);
}

async function toSources(coverage) {
  const path = fileURLToPath(coverage.url);
  const code = readFileSync(path, "utf8");
  const sourceMap = JSON.parse(readFileSync(`${path}.map`, "utf8"));
  const sources = sourceMap.sources.map((source) => resolve(dirname(path), source));
  const sourcesContent = sources.map((source) => readFileSync(source, "utf8"));
  return await convert({
    ast: parseAstAsync(code),
    code,
    wrapperLength: 0,
    coverage,
    sourceMap: { ...sourceMap, sources, sourcesContent },
  });
}
