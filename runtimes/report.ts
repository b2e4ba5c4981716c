/** What was found under each Node.js, as a table in Markdown. */
import type { CheckResult } from "./program/check.ts";

export interface Tried {
  readonly major: number;
  /** As it calls itself; nothing when it could not be had. */
  readonly version?: string;
  readonly results: readonly CheckResult[];
  readonly ms: number;
  /** Why it was not tried, or what was wrong beside the checks. */
  readonly problem?: string;
}

export function isGood({ version, results, problem }: Tried): boolean {
  const failed = results.some((result) => result.problem !== undefined);
  return version !== undefined && problem === undefined && results.length > 0 && !failed;
}

export function tableOf(tried: readonly Tried[]): string {
  const rows = tried.map(rowOf);
  return ["| Node.js | passed | time | failed |", "|---|--:|--:|---|", ...rows, ""].join("\n");
}

function rowOf({ major, version, results, ms, problem }: Tried): string {
  if (version === undefined) return `| ${major} | not tried | | ${oneLine(problem ?? "")} |`;
  const failed = results.filter((result) => result.problem !== undefined).map(({ name }) => name);
  const passed = results.length - failed.length;
  const wrong = problem === undefined ? failed : [...failed, oneLine(problem)];
  const seconds = (ms / 1_000).toFixed(1);
  return `| ${version} | ${passed} of ${results.length} | ${seconds} s | ${wrong.join("; ") || "nothing"} |`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").replaceAll("|", "\\|").slice(0, 200);
}

/** The page that `--save` writes. */
export function pageOf(tried: readonly Tried[], about: string): string {
  const checks = tried.find(isGood)?.results ?? [];
  return `# Under which Node.js it was tried

\`npm run test:runtimes\` packs the package, installs it into an empty folder and runs its public API there, under each of these.
The two processes of a cluster are of the same version, and their certificates are made by \`reign init\`. ${about}

${tableOf(tried)}
Each of them is checked for this:

${checks.map(({ name }) => `- ${name}`).join("\n")}

\`npm run test:runtimes -- --save\` writes this page.
`;
}
