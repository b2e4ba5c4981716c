/**
 * TypeScript sources as the checks see them: their text, and two views of it in which everything
 * keeps its place, so that an offset means the same in all three.
 *
 * The scanner knows comments, strings, templates and regular expressions, and nothing else of the
 * language. It has to: a ban on `Date` must not fire on a comment, and must on `${Date.now()}`.
 */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export interface Source {
  /** From the project's root, with `/`: `src/core/mailbox.ts`. */
  readonly path: string;
  readonly text: string;
  /** The text with its comments blanked: for import specifiers. */
  readonly uncommented: string;
  /** The text with comments and the contents of strings, templates and patterns blanked. */
  readonly code: string;
}

export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly problem: string;
}

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Every file of these endings under the folders, which need not be there. */
export function readSources(folders: readonly string[], endings: readonly string[]): Source[] {
  return folders
    .flatMap((folder) => filesUnder(folder))
    .filter((path) => endings.some((ending) => path.endsWith(ending)))
    .sort()
    .map((path) => source(path, readFileSync(`${root}${path}`, "utf8")));
}

function filesUnder(folder: string): string[] {
  const here = readdirSync(root, { withFileTypes: true });
  if (!here.some((entry) => entry.name === folder && entry.isDirectory())) return [];
  return readdirSync(`${root}${folder}`, { recursive: true, encoding: "utf8" }).map(
    (path) => `${folder}/${path.replaceAll("\\", "/")}`,
  );
}

export function source(path: string, text: string): Source {
  const scanned = blank(text);
  return { path, text, ...scanned };
}

/** Every match of `pattern` in one view of the source, as a finding on its line. */
export function findAll(
  { path, text, ...views }: Source,
  view: "text" | "uncommented" | "code",
  pattern: RegExp,
  problem: (match: RegExpExecArray) => string,
): Finding[] {
  const searched = view === "text" ? text : views[view];
  return [...searched.matchAll(pattern)].map((match) => ({
    path,
    line: lineAt(text, match.index),
    problem: problem(match),
  }));
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

/** After a value a slash divides; after an operator, a bracket or a keyword it opens a pattern. */
const beforePattern = /(?:^|[-(,=:[!&|?{};+*%<>~^]|\b(?:return|case|typeof))\s*/;
const patternLiteral = /\/(?![*/])(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\//;

/** One alternative a token; a template is only begun here, for what is inside it may be code. */
const token = new RegExp(
  [
    /(?<comment>\/\/.*|\/\*[\s\S]*?\*\/)/.source,
    /(?<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')/.source,
    `(?<=${beforePattern.source})(?<pattern>${patternLiteral.source})`,
    /(?<brace>[{}])/.source,
    /(?<template>`)/.source,
  ].join("|"),
  "gm",
);
const templateText = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*/y;

function blank(text: string): { uncommented: string; code: string } {
  const uncommented = text.split("");
  const code = text.split("");
  const erase = (view: string[], from: number, to: number) => {
    for (let i = from; i < to; i++) if (view[i] !== "\n") view[i] = " ";
  };
  // For each `{` that is open: whether it is the `${` of a template, whose text follows its `}`.
  const open: boolean[] = [];
  const skipTemplateText = (from: number): number => {
    templateText.lastIndex = from;
    const end = from + (templateText.exec(text)?.[0].length ?? 0);
    erase(code, from, end);
    if (text[end] !== "$") return end + 1;
    open.push(true);
    return end + 2;
  };

  token.lastIndex = 0;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const { index } = match;
    const end = index + match[0].length;
    const { comment, string, pattern, brace, template } = match.groups ?? {};
    if (comment !== undefined) {
      erase(uncommented, index, end);
      erase(code, index, end);
    } else if (string !== undefined || pattern !== undefined) erase(code, index + 1, end - 1);
    else if (template !== undefined) token.lastIndex = skipTemplateText(end);
    else if (brace === "{") open.push(false);
    else if (open.pop() === true) token.lastIndex = skipTemplateText(end);
  }
  return { uncommented: uncommented.join(""), code: code.join("") };
}
