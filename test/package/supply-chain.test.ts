/** What comes along when the package is installed: all that its dependencies bring, and theirs. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

interface Manifest {
  readonly name: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly gypfile?: boolean;
  readonly binary?: unknown;
}

function read(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

/** Where Node finds a package from a folder: the nearest `node_modules` that has it. */
function locate(name: string, from: string): string {
  for (let at = from; ; at = join(at, "..")) {
    const folder = join(at, "node_modules", name);
    try {
      read(folder);
      return folder;
    } catch {
      if (at === join(at, "..")) throw new Error(`Expected ${name} to be installed.`);
    }
  }
}

function closure(folder: string, found: Set<string> = new Set()): Set<string> {
  const { dependencies, optionalDependencies } = read(folder);
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const at = locate(name, folder);
    if (found.has(at)) continue;
    found.add(at);
    closure(at, found);
  }
  return found;
}

const brought = [...closure(root)];

describe("the packages that come along", () => {
  test("are few, and are found", () => {
    expect(brought.length).toBeGreaterThanOrEqual(4);
    expect(brought.length).toBeLessThan(60);
  });

  test("run nothing when they are installed", () => {
    const onInstall = ["preinstall", "install", "postinstall"];
    const scripts = brought.flatMap((folder) => {
      const { name, scripts: own = {} } = read(folder);
      return onInstall.flatMap((script) => (own[script] ? `${name}: ${script}` : []));
    });

    expect(scripts).toEqual([]);
  });

  test("have no native code", () => {
    const native = brought.flatMap((folder) => {
      const { name, gypfile, binary } = read(folder);
      const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
      const compiled = files.filter((file) => /\.(?:node|wasm|dll|so)$|binding\.gyp$/.test(file));
      const declared = gypfile === true || binary !== undefined ? ["declared in package.json"] : [];
      return [...compiled, ...declared].map((what) => `${name}: ${what}`);
    });

    expect(native).toEqual([]);
  });
});
