/** The pieces of code that the documents show. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface Fence {
  /** The document, and which piece of it this is, as a name for a file. */
  readonly name: string;
  readonly document: string;
  /** What stands behind the three marks: the language, and what a test does with it. */
  readonly label: string;
  readonly code: string;
}

const root = fileURLToPath(new URL("../..", import.meta.url));

export const documents: readonly string[] = [
  ...readdirSync(root),
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" }).map(
    (name) => `docs/${name.replaceAll("\\", "/")}`,
  ),
].filter((path) => path.endsWith(".md"));

export function fencesOf(document: string): readonly Fence[] {
  const text = readFileSync(join(root, document), "utf8");
  const fences = [...text.matchAll(/^```([^\n]*)\n([\s\S]*?)^```$/gm)];
  return fences.map(([, label = "", code = ""], i) => ({
    name: `${document.replace(/\W+/g, "-").toLowerCase()}-${i + 1}`,
    document,
    label,
    code,
  }));
}

/** What a piece of code says that it prints, in order. */
export function promisedBy({ code }: Fence): readonly string[] {
  return [...code.matchAll(/\/\/ → (.*)$/gm)].map(([, line]) => line ?? "");
}
