/**
 * The record of what was measured, on disk: a page to read and JSON behind it.
 *
 * A scenario that is run takes the place of what was there of it; the others stay, each with its
 * own date and commit. So one of them can be run again by itself.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Entry, markdownPage } from "./report.ts";

/** Writes both files, with the scenarios in the order of `ids`, and gives their paths. */
export function writeRecord(
  folder: string,
  entries: readonly Entry[],
  ids: readonly string[],
): readonly string[] {
  mkdirSync(folder, { recursive: true });
  const page = join(folder, "reliability.md");
  const json = join(folder, "reliability.json");
  const merged = mergeEntries(readEntries(json), entries, ids);
  writeFileSync(json, `${JSON.stringify({ scenarios: merged }, null, 2)}\n`);
  writeFileSync(page, markdownPage(merged));
  return [page, json];
}

/** Scenarios that there are no more go. */
export function mergeEntries(
  before: readonly Entry[],
  now: readonly Entry[],
  ids: readonly string[],
): readonly Entry[] {
  return ids.flatMap((id) => {
    const entry = [...now, ...before].find((candidate) => candidate.id === id);
    return entry === undefined ? [] : [entry];
  });
}

function readEntries(path: string): readonly Entry[] {
  if (!existsSync(path)) return [];
  const record = JSON.parse(readFileSync(path, "utf8")) as { readonly scenarios?: Entry[] };
  return record.scenarios ?? [];
}
