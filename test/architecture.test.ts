/**
 * The structure of the sources, held by the suite. The table of layers is `architecture/layers.ts`.
 *
 * Each rule is shown to fail on planted sources beside being run on the real ones, and none passes
 * without having seen files: a check that looks at nothing looks like one that finds nothing.
 */
import { describe, expect, test } from "vitest";
import {
  checkCodeFromText,
  checkGlobalState,
  checkLooseEnds,
  checkNames,
  checkPurity,
  checkSizes,
  checkTests,
} from "./architecture/bans.ts";
import { checkEntryFiles, checkLayers, importsOf } from "./architecture/layers.ts";
import { readSources, source } from "./architecture/source.ts";

const src = readSources(["src"], [".ts"]);
const tests = readSources(["test"], [".ts"]);
const everything = readSources(
  [
    "src",
    "test",
    "examples",
    "bench",
    "reliability",
    "soak",
    "fuzz",
    "simulation",
    "measure",
    "scripts",
  ],
  [".ts", ".mts", ".mjs"],
);

/** What a rule says of the real files: a line for each finding, as `path:line what is wrong`. */
function findings(rule: typeof checkLayers, sources: typeof src): readonly string[] {
  return rule(sources).map(({ path, line, problem }) => `${path}:${line} ${problem}`);
}

/** What a rule says of one file that is made up. */
function planted(
  rule: typeof checkLayers,
  path: string,
  text: string,
): readonly (readonly [line: number, problem: string])[] {
  return rule([source(path, text)]).map(({ line, problem }) => [line, problem]);
}

test("the checks see the sources", () => {
  expect(src.length).toBeGreaterThan(20);
  expect(src.flatMap(importsOf).length).toBeGreaterThan(40);
  expect(tests.length).toBeGreaterThan(5);
  expect(everything.length).toBeGreaterThan(src.length + tests.length);
});

describe("layers", () => {
  test("every import points at an allowed layer, and none at an entry file", () => {
    expect(findings(checkLayers, src)).toEqual([]);
  });

  test.each([
    ["a type-only import", 'import type { Node } from "../runtime/node.ts";', "runtime"],
    ["a mixed import", 'import { a, type B } from "../ports/clock.ts";', "ports"],
    ["a bare import", 'import "../cluster/create.ts";', "cluster"],
    ["an import without spaces", 'import{a}from"../cluster/create.ts";', "cluster"],
    ["single quotes", "import { a } from '../cluster/create.ts';", "cluster"],
    ["a re-export", 'export { a } from "../otp/task.ts";', "otp"],
    ["a star re-export", 'export * from "../otp/task.ts";', "otp"],
    ["a dynamic import", 'const a = await import("../cli/main.ts");', "cli"],
    ["a dynamic import over lines", 'const a = import(\n  "../cli/main.ts"\n);', "cli"],
    ["an import type", 'type A = import("../runtime/node.ts").A;', "runtime"],
    ["a require", 'const a = require("../cli/main.ts");', "cli"],
    ["an import inside a template", 'const a = `${import("../cli/main.ts")}`;', "cli"],
    ["a module of Node", 'import { connect } from "node:tls";', "node:tls"],
    ["a module of Node without its prefix", 'import { connect } from "tls";', "package tls"],
    ["a package", 'import { z } from "zod";', "package zod"],
    ["a part of a package", 'import { z } from "@peculiar/x509/build";', "package @peculiar/x509"],
    ["a file in no layer", 'import { a } from "../stray/a.ts";', "what is in no layer"],
  ])("%s from core to above is found", (_, text, target) => {
    const problems = planted(checkLayers, "src/core/planted.ts", `\n${text}\n`);

    expect(problems).toEqual([[2, expect.stringContaining(`core may not import`)]]);
    expect(problems[0]?.[1]).toContain(target);
  });

  test.each([
    ["src/carriers/tls/link.ts", "../memory/link.ts"],
    ["src/carriers/memory/carrier.ts", "../../runtime/node.ts"],
    ["src/codecs/v8.ts", "./term/encoder.ts"],
    ["src/codecs/term/encoder.ts", "../v8.ts"],
    ["src/codecs/term/encoder.ts", "../../carriers/tls/link.ts"],
    ["src/ports/clock.ts", "../runtime/node.ts"],
    ["src/runtime/node.ts", "../cluster/create.ts"],
    ["src/runtime/node.ts", "node:events"],
    ["src/runtime/node.ts", "../codecs/v8.ts"],
    ["src/otp/gen-server.ts", "../cluster/create.ts"],
    ["src/testing/contract.ts", "../carriers/tls/link.ts"],
    ["src/testing/contract.ts", "node:net"],
    ["src/cluster/create.ts", "../testing/virtual-clock.ts"],
    ["src/cluster/create.ts", "commander"],
    ["src/carriers/tls/link.ts", "pino"],
    ["src/index.ts", "./cli/main.ts"],
  ])("%s may not import %s", (path, target) => {
    const problems = planted(checkLayers, path, `import type { A } from "${target}";`);

    expect(problems).toEqual([[1, expect.stringContaining("may not import")]]);
  });

  test.each([
    ["src/cluster/create.ts", "../index.ts"],
    ["src/carriers/tls/link.ts", "./index.ts"],
    ["src/cli/chat.ts", "../carriers/tls/index.ts"],
    ["src/index.ts", "./testing/index.ts"],
    ["src/testing/contract.ts", "reign"],
    ["src/cli/chat.ts", "reign/tls"],
  ])("%s may not import the entry file %s", (path, target) => {
    const problems = planted(checkLayers, path, `import type { A } from "${target}";`);

    expect(problems).toEqual([[1, expect.stringContaining("entry file")]]);
  });

  test("an import of something computed is found", () => {
    expect(planted(checkLayers, "src/cli/main.ts", "await import(name);")).toHaveLength(1);
    expect(planted(checkLayers, "src/cli/main.ts", "await import(`./a.ts`);")).toHaveLength(1);
  });

  test("a file that belongs to no layer is found", () => {
    expect(planted(checkLayers, "src/stray/a.ts", "")).toHaveLength(1);
    expect(planted(checkLayers, "src/carriers/new/a.ts", "")).toHaveLength(1);
    expect(planted(checkLayers, "src/stray.ts", "")).toHaveLength(1);
  });

  test("what only reads like an import is none", () => {
    const text = [
      '// import { a } from "../cluster/a.ts";',
      '/* export * from "../cluster/a.ts" */',
      "const a = 'import \"../cluster/a.ts\"';",
      'const b = `import "../cluster/a.ts"`;',
      'Array.from("../cluster/a.ts");',
      'mailbox.import("../cluster/a.ts");',
      'import { c } from "./c.ts";',
    ].join("\n");

    expect(planted(checkLayers, "src/core/planted.ts", text)).toEqual([]);
  });
});

describe("entry files", () => {
  test("only re-export by name", () => {
    expect(findings(checkEntryFiles, src)).toEqual([]);
  });

  test.each([
    ["a star", 'export { a } from "./core/a.ts";\nexport * from "./core/b.ts";'],
    ["a named star", '\nexport * as b from "./core/b.ts";'],
    ["a value", 'export { a } from "./core/a.ts";\nexport const version = "1";'],
    ["an import", '\nimport "./core/b.ts";'],
  ])("%s in one is found", (_, text) => {
    const problems = planted(checkEntryFiles, "src/index.ts", text);

    expect(problems).toEqual([[2, expect.stringContaining("re-exports")]]);
  });
});

describe("purity", () => {
  test("clock, chance, process and console reach the inner layers through ports alone", () => {
    expect(findings(checkPurity, src)).toEqual([]);
  });

  test.each([
    "const now = Date.now();",
    "const now = new Date();",
    "const text = `${Date.now()}`;",
    "const text = `a ${`b ${performance.now()}`} c`;",
    "const dice = Math.random();",
    "setTimeout(run, 1);",
    "setInterval(run, 1);",
    "setImmediate(run);",
    "process.exit();",
    "const bytes = Buffer.from(text);",
    "console.log(text);",
    "crypto.randomUUID();",
    "globalThis.process.exit();",
    "const list = [...console.args];",
    "const half = count / 2; process.exit(); const third = count / 3;",
    "const pattern = /['\"`]/; process.exit();",
  ])("%s is found", (text) => {
    for (const folder of ["core", "ports", "runtime", "otp"]) {
      const problems = planted(checkPurity, `src/${folder}/planted.ts`, `\n${text}`);

      expect(problems, folder).toEqual([[2, expect.stringContaining("ports")]]);
    }
    expect(planted(checkPurity, "src/cluster/planted.ts", text)).toEqual([]);
  });

  test.each([
    "queueMicrotask(run);",
    "async function wait() {}",
    "const a = await b;",
    "return new Promise(run);",
    "return Promise.resolve();",
  ])("%s is found in core, and only there", (text) => {
    expect(planted(checkPurity, "src/core/planted.ts", text)).toHaveLength(1);
    expect(planted(checkPurity, "src/runtime/planted.ts", text)).toEqual([]);
  });

  test.each([
    "// Date.now() is not used here",
    'const text = "Date.now()";',
    "const text = `process`;",
    "const pattern = /process|console/;",
    "erlang.process(1);",
    "interface Exit { readonly process: number; console?: string }",
    "ready(): Promise<void>;",
    "const dated = isDate(processed);",
  ])("%s is no fault", (text) => {
    expect(planted(checkPurity, "src/core/planted.ts", text)).toEqual([]);
  });
});

describe("global state", () => {
  test("no module has any", () => {
    expect(findings(checkGlobalState, src)).toEqual([]);
  });

  test.each([
    "let count = 0;",
    "export let count = 0;",
    "var count = 0;",
    "let { a } = b;",
    "const brace = `}`; let count = 0;",
    "const nodes = new Map<string, () => Node>();",
    "export const nodes: Set<string> = new Set();",
    "const waiting: (() => void)[] = [];",
    "const cache: Record<string, string> = {};",
    "class Node { static #count = 0; }",
    "class Node { static count: number; }",
  ])("%s is found", (text) => {
    expect(planted(checkGlobalState, "src/runtime/planted.ts", text)).toHaveLength(1);
  });

  test.each([
    "function f() { let count = 0; const seen = new Set(); const list: string[] = []; }",
    "for (let i = 0; i < 3; i++) {}",
    "const known = new Set(['a', 'b']);",
    "const none = Object.freeze([]);",
    "class Node { static readonly limit = 3; static create(): Node {} static is<T>(x: T) {} }",
    "class Node { static async open() {} }",
  ])("%s is no fault", (text) => {
    expect(planted(checkGlobalState, "src/runtime/planted.ts", text)).toEqual([]);
  });
});

describe("files", () => {
  test("are named with a word of the field", () => {
    expect(findings(checkNames, everything)).toEqual([]);
  });

  test.each([
    "src/core/utils.ts",
    "src/runtime/helpers.ts",
    "src/common/address.ts",
    "src/core/types.ts",
    "src/cluster/constants.ts",
    "test/core/util.test.ts",
    "scripts/misc.mjs",
    "src/runtime/index.ts",
  ])("the name %s is found", (path) => {
    expect(planted(checkNames, path, "")).toHaveLength(1);
  });

  test("keep to 400 lines of 100 columns", () => {
    expect(findings(checkSizes, everything)).toEqual([]);
  });

  test("a line or a file that is too long is found, a URL or the name of a test is not", () => {
    const wide = "x".repeat(101);

    expect(planted(checkSizes, "src/a.ts", `${wide}\n`)).toEqual([[1, expect.any(String)]]);
    expect(planted(checkSizes, "src/a.ts", "x\n".repeat(401))).toEqual([[401, expect.any(String)]]);
    expect(planted(checkSizes, "src/a.ts", "x\n".repeat(400))).toEqual([]);
    expect(planted(checkSizes, "src/a.ts", `// https://${wide}\n`)).toEqual([]);
    expect(planted(checkSizes, "test/a.test.ts", `  test("${wide}", () => {\n`)).toEqual([]);
    expect(planted(checkSizes, "test/a.test.ts", `  ])("${wide}", () => {\n`)).toEqual([]);
    expect(planted(checkSizes, "test/a.test.ts", `  await ${wide}("a");\n`)).toHaveLength(1);
  });

  test("have no loose ends", () => {
    expect(findings(checkLooseEnds, everything)).toEqual([]);
  });

  test("a mark of unfinished work is found everywhere, a type talked round in src", () => {
    const marked = `// ${"TO"}DO: later`;

    expect(planted(checkLooseEnds, "test/a.test.ts", marked)).toHaveLength(1);
    expect(planted(checkLooseEnds, "src/core/a.ts", "a as unknown as B")).toHaveLength(1);
    expect(planted(checkLooseEnds, "src/core/a.ts", "// @ts-expect-error")).toHaveLength(1);
    expect(planted(checkLooseEnds, "test/types/a.test-d.ts", "// @ts-expect-error")).toEqual([]);
  });
});

describe("the sources", () => {
  test("make no code of text", () => {
    expect(findings(checkCodeFromText, src)).toEqual([]);
  });

  test.each([
    'eval("1")',
    'new Function("return 1")',
    'Function("return 1")',
    "(() => {}).constructor.constructor",
    'import { runInNewContext } from "node:vm";',
  ])("%s is found", (text) => {
    expect(planted(checkCodeFromText, "src/core/a.ts", text)).toHaveLength(1);
  });
});

describe("tests", () => {
  test("wait for events and not for time, and are all switched on", () => {
    expect(findings(checkTests, tests)).toEqual([]);
  });

  test.each([
    "setTimeout(resolve, 10);",
    "await sleep(10);",
    'import { setTimeout as delay } from "node:timers/promises";',
    'await import("node:timers/promises");',
  ])("%s is found but where real time passes", (text) => {
    expect(planted(checkTests, "test/runtime/a.test.ts", text)).toHaveLength(1);
    expect(planted(checkTests, "test/cli/a.test.ts", text)).toEqual([]);
  });

  test.each(["test.skip", "test.only", "describe.skip", "it.todo", "test.concurrent.only"])(
    "%s is found",
    (call) => {
      expect(planted(checkTests, "test/a.test.ts", `${call}("a", () => {});`)).toHaveLength(1);
    },
  );

  test.each(["test.skipIf(true)", "describe.runIf(false)", "context.skip"])(
    "%s is found but in the one place that says why",
    (call) => {
      expect(planted(checkTests, "test/a.test.ts", `${call}("a");`)).toHaveLength(1);
      expect(planted(checkTests, "test/needs.ts", `${call}("a");`)).toEqual([]);
    },
  );
});
