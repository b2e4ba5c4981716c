/** A folder as a user of the package has it: it is installed there, and so is the compiler. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface UserFolder extends Disposable {
  readonly path: string;
  write(name: string, text: string): void;
  /** Compiles every file of it, and gives what the compiler complains of. */
  compile(): string;
}

const root = fileURLToPath(new URL("../..", import.meta.url));

const compilerOptions = {
  target: "es2023",
  module: "nodenext",
  lib: ["es2023", "esnext.disposable"],
  types: ["node"],
  rewriteRelativeImportExtensions: true,
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
};

export function createUserFolder(): UserFolder {
  const path = mkdtempSync(join(tmpdir(), "reign-user-"));
  const write = (name: string, text: string) => writeFileSync(join(path, name), text);
  mkdirSync(join(path, "node_modules", "@types"), { recursive: true });
  symlinkSync(root, join(path, "node_modules", "reign"), "junction");
  const nodeTypes = join(root, "node_modules", "@types", "node");
  symlinkSync(nodeTypes, join(path, "node_modules", "@types", "node"), "junction");
  write("package.json", JSON.stringify({ type: "module" }));
  write("tsconfig.json", JSON.stringify({ compilerOptions }));
  return {
    path,
    write,
    compile() {
      const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
      const run = spawnSync(process.execPath, [tsc], { cwd: path, encoding: "utf8" });
      return run.stdout + run.stderr;
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}
