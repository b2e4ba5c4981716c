/** `npm run pack`: makes the package as it would be published; two linters look at its shape. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildIfStale } from "./steps/build.mjs";
import { install, npmProgram } from "./steps/install.mjs";
import { programOf, run } from "./steps/run.mjs";

await install();
const folder = mkdtempSync(join(tmpdir(), "reign-pack-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

process.exitCode = await packAndLint();

async function packAndLint() {
  const built = await buildIfStale();
  if (built !== 0) return built;
  const packed = await run(npmProgram(), [
    "pack",
    "--ignore-scripts",
    "--pack-destination",
    folder,
  ]);
  if (packed !== 0) return packed;
  const tarballs = readdirSync(folder).map((name) => join(folder, name));
  const codes = [
    await run(programOf("publint", "publint"), ["run", ...tarballs, "--strict"]),
    await run(programOf("@arethetypeswrong/cli", "attw"), [...tarballs, "--profile", "esm-only"]),
  ];
  return codes.every((code) => code === 0) ? 0 : 1;
}
