/**
 * The inputs that are kept, as lines of hexadecimal: `fuzz/corpus/<target>/seeds.txt`, of which
 * others are made, and `failures.txt`, each of which has failed once and is run first for ever.
 * What stands behind the bytes says what they are.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { bytesOf } from "./bytes.ts";
import type { Corpus } from "./input-source.ts";

export function readCorpus(folder: string, target: string): Corpus {
  return {
    failures: readInputs(join(folder, target, "failures.txt")),
    seeds: readInputs(join(folder, target, "seeds.txt")),
  };
}

function readInputs(path: string): readonly Uint8Array[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.flatMap((line) => {
    const [hex = ""] = line.split("#");
    return hex.trim() === "" ? [] : [bytesOf(hex.trim())];
  });
}
