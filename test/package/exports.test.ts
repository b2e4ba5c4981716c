/**
 * The public surface, name by name, so that a change of it is seen in review.
 *
 * `exports.json` has one list for each entry of package.json's `exports`; names of types are
 * marked. A change that is meant is written there by `npm run test:one --
 * test/package/exports.test.ts -u`, and told in CHANGELOG.md.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

interface Target {
  readonly types: string;
  readonly default: string;
}

const { exports } = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as {
  exports: Record<string, string | Target>;
};
const entries = Object.entries(exports).filter(
  (entry): entry is [string, Target] => typeof entry[1] === "object",
);

function sourceOf({ default: built }: Target): string {
  return built.replace("./dist/", "src/").replace(/\.js$/, ".ts");
}

/** The names in an entry file, which is a list of `export { … } from "…"` and nothing else. */
function exportedNames(path: string): { types: string[]; values: string[] } {
  const text = readFileSync(`${root}${path}`, "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
  const names = [...text.matchAll(/export\s+(type\s+)?\{([^}]*)\}/g)].flatMap(
    ([, allTypes, list = ""]) =>
      list
        .split(",")
        .map((name) => name.trim())
        .filter((name) => name !== "")
        .map((name) => ({
          isType: allTypes !== undefined || name.startsWith("type "),
          name: name.replace(/^type\s+/, "").replace(/^.*\bas\s+/, ""),
        })),
  );
  const pick = (types: boolean) =>
    names
      .filter(({ isType }) => isType === types)
      .map(({ name }) => name)
      .sort();
  return { types: pick(true), values: pick(false) };
}

test("every entry exports exactly the names that are listed for it", async () => {
  const surface = Object.fromEntries(
    entries.map(([entry, target]) => [entry, exportedNames(sourceOf(target))]),
  );

  expect(entries.length).toBeGreaterThan(0);
  await expect(`${JSON.stringify(surface, null, 2)}\n`).toMatchFileSnapshot("exports.json");
});

test.each(entries)(
  "%s has the values that its list promises when it is loaded",
  async (...entry) => {
    const [, target] = entry;
    const loaded: object = await import(pathToFileURL(`${root}${sourceOf(target)}`).href);

    expect(target.types).toBe(target.default.replace(/\.js$/, ".d.ts"));
    expect(Object.keys(loaded).sort()).toEqual(exportedNames(sourceOf(target)).values);
  },
);
