/** What the documents say of the code, and of each other, is so. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { canaries } from "../simulation/canaries.ts";
import { rareStates } from "../simulation/rare-states.ts";
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

test("every page of docs is named in its index", () => {
  const index = prose("docs/README.md");
  const pages = readdirSync(join(root, "docs")).filter((path) => path.endsWith(".md"));

  expect(pages.filter((page) => page !== "README.md" && !index.includes(`](${page})`))).toEqual([]);
});

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

interface Held {
  /** What the list stands under, as "G1 over TLS". */
  readonly where: string;
  readonly text: string;
  readonly tests: readonly { readonly file: string; readonly name: string }[];
}

const carriers = ["on memory", "over TLS"] as const;

/** What docs/guarantees.md says holds each promise on each carrier; `undefined`: it is silent. */
function heldBy(): ReadonlyMap<string, Held | undefined> {
  const promises = prose("docs/guarantees.md")
    .split(/^(?=\*\*G\d|## )/m)
    .filter((part) => part.startsWith("**G"));
  return new Map(
    promises.flatMap((promise) =>
      carriers.map((carrier) => {
        const where = `${/G\d+/.exec(promise)?.[0]} ${carrier}`;
        const [, item] = promise.split(`\n- Held by, ${carrier}: `);
        const text = item?.split("\n- ")[0]?.replaceAll(/\s+/g, " ").trim();
        return [where, text === undefined ? undefined : { where, text, tests: testsIn(text) }];
      }),
    ),
  );
}

function testsIn(text: string): Held["tests"] {
  const files = text.split(/(?=`test\/)/).filter((part) => part.startsWith("`test/"));
  return files.flatMap((part) => {
    const file = /^`([^`]+)`/.exec(part)?.[1] ?? "";
    const names = [...part.matchAll(/"([^"]+)"/g)].map(([, name]) => name ?? "");
    // A file without a name is one that is not there.
    return (names.length === 0 ? [""] : names).map((name) => ({ file, name }));
  });
}

/** On which carrier a test runs, by the folder it is in, and by its name where that has both. */
function carrierOf({ file, name }: Held["tests"][number]): (typeof carriers)[number] {
  if (!/^test\/(?:carriers|faults)\//.test(file)) return "on memory";
  return /\/memory-|on the memory carrier/.test(`${file} ${name}`) ? "on memory" : "over TLS";
}

test("every promise of docs/guarantees.md names its tests on memory and over TLS, or why not", () => {
  const held = heldBy();
  const promises = Array.from({ length: 32 }, (_, i) => `G${i + 1}`);
  const reasons = [...held.values()].filter((each) => each?.tests.length === 0);

  expect([...held.keys()]).toEqual(promises.flatMap((g) => carriers.map((each) => `${g} ${each}`)));
  expect([...held].filter(([, each]) => each === undefined)).toEqual([]);
  for (const each of reasons) expect(each?.text).toMatch(/^beside the point, since .+\.$/);
  expect(reasons.map((each) => each?.where)).toEqual([
    "G5 over TLS",
    "G27 on memory",
    "G28 on memory",
  ]);
});

test("every test that docs/guarantees.md names is there, and runs on the carrier it is named for", () => {
  const all = [...heldBy().values()].flatMap((held) =>
    (held?.tests ?? []).map((each) => ({ ...each, where: held?.where ?? "" })),
  );
  const named = prose("docs/guarantees.md").match(/`test\/[^`]+\.ts`/g) ?? [];
  const missing = all.filter(
    ({ file, name }) => !readFileSync(join(root, file), "utf8").includes(`"${name}"`),
  );

  expect(new Set(all.map(({ file }) => `\`${file}\``))).toEqual(new Set(named));
  expect(missing).toEqual([]);
  expect(all.filter((each) => !each.where.endsWith(carrierOf(each)))).toEqual([]);
});

test("every promise of docs/guarantees.md says how simulated lives hold it, or what does instead", () => {
  const promises = prose("docs/guarantees.md").split(/^(?=\*\*G\d|## )/m);
  const items = promises
    .filter((part) => part.startsWith("**G"))
    .map((part) => part.split("\n- Held by, in simulated lives: ")[1]?.replaceAll(/\s+/g, " "));
  const texts = items.map((item) => item ?? "");
  const named = texts.join(" ");
  const files = [...named.matchAll(/`((?:simulation|test)\/[^`]+\.ts)`/g)].map(([, file]) => file);
  const ids = [...named.matchAll(/`([a-z]+(?:-[a-z]+)*)`/g)].map(([, id]) => id ?? "");
  const states = [...named.matchAll(/"([^"]+)"/g)].map(([, state]) => state ?? "");

  expect(items).toHaveLength(32);
  for (const text of texts) {
    expect(text).toMatch(/`simulation\/[\w-]+\.ts`|^beside the point, since .+; `test\/\S+`/);
  }
  expect(files.filter((file) => !existsSync(join(root, file ?? "")))).toEqual([]);
  const canaryIds = canaries.map(({ id }) => id);
  // Words that stand in code marks and are no canary: what `send` gives.
  const others = new Set(["send", "false"]);
  expect(new Set(ids.filter((id) => !others.has(id)))).toEqual(new Set(canaryIds));
  expect(states.filter((state) => !rareStates.includes(state))).toEqual([]);
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
