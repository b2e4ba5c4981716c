/** What no file may hold, or not in that place, beyond what the linters and the compiler see. */
import { basename, dirname } from "node:path/posix";
import { entryFiles, importsOf } from "./layers.ts";
import { type Finding, findAll, type Source } from "./source.ts";

/** Where everything that waits, or differs from run to run, comes in through a port. */
const pureFolders = ["src/core/", "src/ports/", "src/runtime/", "src/otp/"];

const ambientNames = [
  "Date",
  "Math\\.random",
  "performance",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "process",
  "Buffer",
  "console",
  "crypto",
  "fetch",
  "globalThis",
];
/** A name that is used: not a property of something else (spread aside), not the key of one. */
const ambient = new RegExp(
  `(?<!(?<!\\.\\.)\\.|[\\w$#])(?:${ambientNames.join("|")})\\b(?!\\s*\\??:)`,
  "g",
);
/** `core` decides and does not wait: a `Promise` may be named in a type there, and no more. */
const waiting = /(?<![.\w$#])(?:(?:queueMicrotask|async|await|new\s+Promise)\b|Promise\.)/g;

/** No clock, chance or process in the pure layers, and no waiting in `core`. */
export function checkPurity(sources: readonly Source[]): Finding[] {
  return sources.flatMap((file) => {
    const found = (match: RegExpExecArray) => `${match[0]} where only ports may be used`;
    const pure = pureFolders.some((folder) => file.path.startsWith(folder));
    const core = file.path.startsWith("src/core/");
    return [
      ...(pure ? findAll(file, "code", ambient, found) : []),
      ...(core ? findAll(file, "code", waiting, found) : []),
    ];
  });
}

/** No state that two nodes of a process would share: it lives in a node, or nowhere. */
export function checkGlobalState(sources: readonly Source[]): Finding[] {
  const variable = /(?<![.\w$#])(?:let|var)\s/g;
  const container = /=\s*(?:new\s+(?:Weak)?(?:Map|Set)(?:<[^;]*?>)?\(\s*\)|\[\s*\]|\{\s*\})\s*;/g;
  const statics = /(?<![.\w$#])static\s+(?:override\s+)?#?[\w$]+\s*[?!]?\s*[:=]/g;
  return sources.flatMap((file) => {
    const atTop = topLevel(file);
    return [
      ...findAll({ ...file, code: atTop }, "code", variable, () => "a variable of the module"),
      ...findAll({ ...file, code: atTop }, "code", container, () => "a store of the module"),
      ...findAll(file, "code", statics, () => "a static field that can change"),
    ];
  });
}

/** The code outside all braces and brackets, with everything else blanked. */
function topLevel({ code }: Source): string {
  let depth = 0;
  return code
    .split("")
    .map((char, i) => {
      if (")]}".includes(char)) depth -= 1;
      const shown = depth === 0 || char === "\n" ? char : " ";
      // `{}`, `[]` and `()` stay in sight: an empty one is what the check for stores looks for.
      if ("([{".includes(char)) {
        depth += 1;
        return /^\s*[)\]}]/.test(code.slice(i + 1, i + 10)) ? shown : " ";
      }
      return shown;
    })
    .join("");
}

/** Names under which anything could be put, and `index.ts` anywhere but at an entry point. */
export function checkNames(sources: readonly Source[]): Finding[] {
  const vague = /^(?:utils?|helpers?|common|types?|constants?|misc)$/;
  return sources.flatMap(({ path }) => {
    const parts = [...dirname(path).split("/"), basename(path).replace(/(?:\.test)?\.\w+$/, "")];
    // `test/types` holds the tests of types, which is what the word says.
    const names = path.startsWith("test/types/") ? parts.slice(2) : parts;
    const bad = names.filter((part) => vague.test(part));
    const strayIndex =
      path.startsWith("src/") && basename(path) === "index.ts" && !entryFiles.includes(path);
    return [
      ...bad.map((name) => ({ path, line: 1, problem: `is named ${name}, which says nothing` })),
      ...(strayIndex ? [{ path, line: 1, problem: "is an index.ts and no entry file" }] : []),
    ];
  });
}

const limits = { lines: 400, columns: 100 };
/** The name of a test is a sentence, and a string has no place to break it. */
const testName = /^\s*(?:(?:test|describe)\b.*?\(|\S{1,3}\()?(["'`]).+\1,/;

function mayBeWide(path: string, line: string): boolean {
  return line.includes("://") || (path.startsWith("test/") && testName.test(line));
}

export function checkSizes(sources: readonly Source[]): Finding[] {
  return sources.flatMap(({ path, text }) => {
    const lines = text.replace(/\n$/, "").split("\n");
    const long = lines.flatMap((line, i) =>
      line.length > limits.columns && !mayBeWide(path, line)
        ? [{ path, line: i + 1, problem: `${line.length} columns, more than ${limits.columns}` }]
        : [],
    );
    if (lines.length <= limits.lines) return long;
    return [
      ...long,
      { path, line: limits.lines + 1, problem: `${lines.length} lines, more than ${limits.lines}` },
    ];
  });
}

/** Marks of unfinished work. Spelt apart here, so that this file passes its own check. */
const marks = ["TO-DO", "FIX-ME", "X-XX", "HA-CK"].map((word) => word.replace("-", ""));
const unfinished = new RegExp(`\\b(?:${marks.join("|")})\\b`, "g");
const talkedRound = /\bas unknown as\b|\bas any\b/g;
const silenced = /@ts-(?:ignore|nocheck|expect-error)/g;

export function checkLooseEnds(sources: readonly Source[]): Finding[] {
  return sources.flatMap((file) => {
    const found = ([what]: RegExpExecArray) => `${what} does not belong on main`;
    const leftOpen = findAll(file, "text", unfinished, found);
    if (!file.path.startsWith("src/")) return leftOpen;
    return [
      ...leftOpen,
      ...findAll(file, "code", talkedRound, found),
      ...findAll(file, "text", silenced, found),
    ];
  });
}

const codeFromText =
  /(?<![.\w$#])(?:eval\s*\(|(?:new\s+)?Function\s*\()|\bconstructor\s*\.\s*constructor\b/g;

/** The one place where code is made, of keys that are plain identifiers (guarantee G29). */
const generatesReaders = "src/codecs/term/object-reader.ts";

/** Nothing is run that came as text: what a peer sends is data. */
export function checkCodeFromText(sources: readonly Source[]): Finding[] {
  const virtualMachine = /["']node:vm["']/g;
  return sources.flatMap((file) =>
    file.path === generatesReaders
      ? []
      : [
          ...findAll(file, "code", codeFromText, ([what]) => `${what} makes code of text`),
          ...findAll(file, "text", virtualMachine, () => "node:vm runs text"),
        ],
  );
}

/** Where real time passes; everything else runs on the virtual clock. */
const realTime = [
  "test/carriers/",
  "test/package/",
  "test/cli/",
  "test/faults/",
  "test/testing/proxy/",
];
/** Where alone it is decided that a test cannot run here; the reason is then in its name. */
const needs = "test/needs.ts";

/** Tests that wait for time to pass, and tests that are switched off or switch off the others. */
export function checkTests(sources: readonly Source[]): Finding[] {
  // `node.sleep` is that of a simulation, in virtual time.
  const sleep = /(?<!\bnode\.)\b(?:setTimeout|sleep)\s*\(/g;
  const switched = /(?<![.\w$#])(?:test|it|describe)(?:\.\w+)*\.(?:skip|only|todo|fails)\b/g;
  const conditional = /\.(?:skipIf|runIf)\b|\b(?:context|ctx)\.skip\b/g;
  return sources
    .filter(({ path }) => path.startsWith("test/"))
    .flatMap((file) => {
      const off = [switched, ...(file.path === needs ? [] : [conditional])].flatMap((way) =>
        findAll(file, "code", way, ([what]) => `${what} switches tests off`),
      );
      if (realTime.some((folder) => file.path.startsWith(folder))) return off;
      return [
        ...off,
        ...findAll(file, "code", sleep, () => "waits for time to pass"),
        ...importsOf(file)
          .filter(({ specifier }) => specifier === "node:timers/promises")
          .map(({ line }) => ({ path: file.path, line, problem: "waits for time to pass" })),
      ];
    });
}
