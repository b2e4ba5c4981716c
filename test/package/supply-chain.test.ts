/** What a user takes in with this package, and what neither it nor what it brings may do. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { readSources } from "../architecture/source.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly gypfile?: boolean;
}
interface Lock {
  readonly packages: Readonly<Record<string, { dev?: boolean; hasInstallScript?: boolean }>>;
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(join(root, path), "utf8")) as T;
}

/** The folders of all packages that come with this one, however far down. */
const brought = Object.entries(readJson<Lock>("package-lock.json").packages).filter(
  ([path, { dev }]) => path !== "" && dev !== true,
);
const onInstall = ["preinstall", "install", "postinstall"];

describe("what comes with the package", () => {
  test("are four libraries and what they need", () => {
    expect(Object.keys(readJson<Manifest>("package.json").dependencies ?? {}).sort()).toEqual([
      "@peculiar/x509",
      "commander",
      "pino",
      "zod",
    ]);
    expect(brought.length).toBeGreaterThan(4);
    expect(brought.length).toBeLessThan(50);
  });

  test("runs nothing when it is installed, the package itself neither", () => {
    const scripts = readJson<Manifest>("package.json").scripts ?? {};

    expect(onInstall.filter((name) => name in scripts)).toEqual([]);
    for (const [path, { hasInstallScript }] of brought) {
      const manifest = readJson<Manifest>(join(path, "package.json"));
      const run = onInstall.filter((name) => name in (manifest.scripts ?? {}));
      expect([path, hasInstallScript ?? false, run]).toEqual([path, false, []]);
    }
  });

  test("has no part that is not JavaScript: nothing compiled, nothing to compile", () => {
    for (const [path] of brought) {
      const files = readdirSync(join(root, path), { recursive: true, encoding: "utf8" });
      expect(files.filter((file) => /\.(?:node|wasm|gyp|so|dll|dylib)$/.test(file))).toEqual([]);
      expect(readJson<Manifest>(join(path, "package.json")).gypfile ?? false).toBe(false);
    }
  });
});

test("no source makes code out of text, but the one for reading objects with plain keys", () => {
  const made = /\beval\s*\(|\bFunction\s*\(|["']node:vm["']/;
  const sources = readSources(["src"], [".ts"]);

  expect(sources.length).toBeGreaterThan(20);
  const making = sources.filter(({ uncommented }) => made.test(uncommented));
  expect(making.map(({ path }) => path)).toEqual(["src/codecs/term/object-reader.ts"]);
});
