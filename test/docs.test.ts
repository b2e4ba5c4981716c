/** What the documents say of the code, and of each other, is so. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { reignErrorCodes } from "../src/core/errors.ts";
import { lossCauses } from "../src/core/loss.ts";
import { defaultSettings } from "../src/runtime/settings.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

const documents: readonly string[] = [
  ...readdirSync(root),
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" }).map((path) =>
    join("docs", path),
  ),
].filter((path) => path.endsWith(".md"));

/** The text without its fenced blocks, in which `#` and brackets mean something else. */
function prose(path: string): string {
  return readFileSync(join(root, path), "utf8").replace(/^(`{3,})[\s\S]*?^\1/gm, "");
}

function headings(path: string): string[] {
  return [...prose(path).matchAll(/^#{1,6} +(.*)$/gm)].map(([, heading]) => heading ?? "");
}

/** What a heading is called in a link, as the usual renderers have it. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(" ", "-");
}

function brokenLinks(path: string): string[] {
  const links = [...prose(path).matchAll(/\]\((?!\w+:)([^)\s]*)\)/g)].map(([, link]) => link ?? "");
  return links.filter((link) => {
    const [file = "", fragment] = link.split("#");
    const target = file === "" ? path : join(dirname(path), file);
    if (!existsSync(join(root, target))) return true;
    if (fragment === undefined || statSync(join(root, target)).isDirectory()) return false;
    return !headings(target).map(anchor).includes(fragment);
  });
}

test("every error code has its heading in docs/errors.md, and every heading is a code", () => {
  const described = headings("docs/errors.md").filter((heading) => heading.startsWith("REIGN_"));

  // The last is the code of a `TypeError`, not of a `ReignError`.
  expect(described).toEqual([...reignErrorCodes, "REIGN_NOT_SERIALIZABLE"]);
});

test("every error's section says the cause and what to do", () => {
  const sections = prose("docs/errors.md").split(/^## /m).slice(1);

  expect(sections).toHaveLength(reignErrorCodes.length + 1);
  for (const section of sections) {
    expect(section).toContain("**Cause.**");
    expect(section).toContain("**What to do.**");
  }
});

test("every link from one document to another leads to a file, and to a heading in it", () => {
  expect(documents.length).toBeGreaterThan(8);
  const broken = documents.flatMap((path) => brokenLinks(path).map((link) => `${path}: ${link}`));

  expect(broken).toEqual([]);
});

test("every test that docs/guarantees.md names is there, and every promise but one names some", () => {
  const promises = prose("docs/guarantees.md")
    .split(/^(?=\*\*G\d)/m)
    .slice(1);
  const unheld = promises.filter((promise) => !promise.includes("Held by:"));
  const named = promises.flatMap((promise) =>
    promise
      .replaceAll(/\s+/g, " ")
      .split(/(?=`test\/)/)
      .slice(1)
      .map((part) => ({
        file: /^`([^`]+)`/.exec(part)?.[1] ?? "",
        names: [...part.matchAll(/"([^"]+)"/g)].map(([, name]) => name ?? ""),
      })),
  );
  const missing = named.flatMap(({ file, names }) => {
    const text = readFileSync(join(root, file), "utf8");
    return names.filter((name) => !text.includes(`"${name}"`)).map((name) => `${file}: ${name}`);
  });

  expect(promises.length).toBeGreaterThan(30);
  expect(unheld.map((promise) => promise.slice(0, 6))).toEqual(["**G5 N"]);
  expect(named.filter(({ names }) => names.length === 0)).toEqual([]);
  expect(missing).toEqual([]);
});

test("docs/operating.md has each event of the log, each cause of a loss and each setting", () => {
  const rows = prose("docs/operating.md")
    .split("\n")
    .filter((line) => line.startsWith("|"));
  const telemetry = readFileSync(join(root, "src/ports/telemetry.ts"), "utf8");
  const events = [...telemetry.matchAll(/readonly type: "(\w+)"/g)].map(([, type]) => type ?? "");
  const wanted = [...events, ...lossCauses, ...Object.keys(defaultSettings)];

  expect(events.length).toBeGreaterThan(10);
  expect(wanted.filter((word) => !rows.some((row) => row.includes(`\`${word}\``)))).toEqual([]);
});
