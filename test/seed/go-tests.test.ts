/** docs/go-tests.md has all 57 tests of the Go library, and the tests that it names are there. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const page = readFileSync(`${root}docs/go-tests.md`, "utf8");

const rows = [...page.matchAll(/^\| (\d+) \| `(Test\w+)` \| ([^|]+) \| ([^|]+) \|$/gm)].map(
  ([, number, name, verifies, heldBy]) => ({ number: Number(number), name, verifies, heldBy }),
);

function testsIn(heldBy = ""): { file: string; name: string }[] {
  return heldBy.split(/(?=`test\/)/).flatMap((part) => {
    const file = /^`(test\/[^`]+)`/.exec(part)?.[1];
    const names = [...part.matchAll(/"([^"]+)"/g)].map(([, name]) => name ?? "");
    return file === undefined ? [] : names.map((name) => ({ file, name }));
  });
}

function isThere({ file, name }: { file: string; name: string }): boolean {
  if (!existsSync(root + file)) return false;
  const source = readFileSync(root + file, "utf8");
  return source.includes(`"${name}"`);
}

test("each of the 57 tests of the Go library has its row, and tests that hold what it verifies", () => {
  expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 57 }, (_, i) => i + 1));
  expect(new Set(rows.map(({ name }) => name)).size).toBe(57);

  const without = rows.filter(({ heldBy }) => testsIn(heldBy).length === 0);
  expect(without.map(({ number }) => number)).toEqual([]);
});

test("every test that docs/go-tests.md names is there", () => {
  const named = rows.flatMap(({ heldBy }) => testsIn(heldBy));

  expect(named.length).toBeGreaterThan(57);
  expect(named.filter((each) => !isThere(each))).toEqual([]);
});

test("every test that was written for the Go library's is in docs/go-tests.md", () => {
  const named = rows.flatMap(({ heldBy }) => testsIn(heldBy));
  const files = ["definition", "logger", "mailbox", "node", "registry"];
  const written = files
    .map((name) => `test/seed/${name}.test.ts`)
    .flatMap((file) =>
      [...readFileSync(root + file, "utf8").matchAll(/^test[^"]*"([^"]+)"/gm)].map(([, name]) => ({
        file,
        name,
      })),
    );

  expect(written.filter((each) => !named.some(({ name }) => name === each.name))).toEqual([]);
});
