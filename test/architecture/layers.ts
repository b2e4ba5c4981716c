/** The layers of `src`, as data: this table is the map. */
import { dirname, join } from "node:path/posix";
import { type Finding, findAll, type Source } from "./source.ts";

interface Layer {
  /** The layers it may import besides itself, types included. `node:` stands for Node's modules. */
  readonly layers: readonly string[];
  readonly packages?: readonly string[];
}

/**
 * A file belongs to the row with the longest path that its own begins with. A carrier or a codec is
 * a row of its own, so that none can know another.
 */
const layers: Readonly<Record<string, Layer>> = {
  core: { layers: [] },
  ports: { layers: ["core"] },
  runtime: { layers: ["core", "ports"] },
  // Not `cluster`: a behaviour runs on any service.
  otp: { layers: ["core", "ports", "runtime"] },
  // Not `runtime`: this is what lets somebody else write a carrier against our types alone.
  "carriers/memory": { layers: ["core", "ports", "node:"] },
  "carriers/tls": { layers: ["core", "ports", "node:"], packages: ["@peculiar/x509"] },
  // What several codecs need beside it.
  codecs: { layers: ["core", "node:"] },
  "codecs/json": { layers: ["codecs", "core", "ports", "node:"] },
  "codecs/term": { layers: ["codecs", "core", "ports", "node:"] },
  "codecs/v8": { layers: ["codecs", "core", "ports", "node:"] },
  // Where a carrier and a codec are chosen.
  cluster: {
    layers: ["core", "ports", "runtime", "carriers/tls", "codecs/term", "codecs/v8", "node:"],
    packages: ["zod", "pino"],
  },
  testing: {
    layers: ["core", "ports", "runtime", "cluster", "codecs/term", "codecs/v8", "carriers/memory"],
  },
  // `node:crypto` for its digests.
  "testing/simulation": {
    layers: ["core", "ports", "runtime", "codecs/term", "carriers/memory", "testing", "node:"],
  },
  // Beside `testing`, which opens no socket.
  "testing/proxy": { layers: ["core", "ports", "testing", "node:"] },
  cli: {
    layers: [
      "core",
      "ports",
      "runtime",
      "cluster",
      "carriers/tls",
      "codecs/term",
      "codecs/v8",
      "node:",
    ],
    // `reign chat` runs the example that the package ships, through package.json's `imports`.
    packages: ["commander", "#examples"],
  },
  // The entry files, which give names to the outside and belong to nobody inside.
  "index.ts": {
    layers: ["core", "ports", "runtime", "cluster", "codecs/json", "codecs/term", "codecs/v8"],
  },
  "carriers/tls/index.ts": { layers: ["carriers/tls"] },
  "testing/index.ts": { layers: ["testing", "testing/simulation", "carriers/memory"] },
  "testing/proxy/index.ts": { layers: ["testing/proxy"] },
};

export const entryFiles: readonly string[] = [
  "src/index.ts",
  "src/carriers/tls/index.ts",
  "src/testing/index.ts",
  "src/testing/proxy/index.ts",
];

/** Every form in which a module names another, types, re-exports and `import()` included. */
const anyImport =
  /(?<![.\w$#])(?:(?:from|import)\s*|(?:import|require)\s*\(\s*)(?:"([^"\n]*)"|'([^'\n]*)')/g;
const computedImport = /(?<![.\w$#])(?:import|require)\s*\(\s*(?!["'\s])/g;

export function checkLayers(sources: readonly Source[]): Finding[] {
  return sources.flatMap((file) => [
    ...(layerOf(file.path) === undefined
      ? [{ path: file.path, line: 1, problem: "belongs to no layer; give it a row in the table" }]
      : []),
    ...importsOf(file).flatMap(({ specifier, line }) => {
      const problem = whyNot(file.path, specifier);
      return problem === undefined ? [] : [{ path: file.path, line, problem }];
    }),
    ...findAll(
      file,
      "code",
      computedImport,
      () => "import() of something computed, which no check can follow",
    ),
  ]);
}

export function importsOf(file: Source): { specifier: string; line: number }[] {
  return findAll(file, "uncommented", anyImport, (match) => {
    // In the text of a string or a template the same words are no import.
    const isCode = /\S/.test(file.code[match.index] ?? "");
    return isCode ? (match[1] ?? match[2] ?? "") : "";
  })
    .filter(({ problem }) => problem !== "")
    .map(({ problem: specifier, line }) => ({ specifier, line }));
}

/** The row of the table for a path under `src`. */
function layerOf(path: string): string | undefined {
  const inSrc = path.replace(/^src\//, "");
  return Object.keys(layers)
    .filter((row) => inSrc === row || inSrc === `${row}.ts` || inSrc.startsWith(`${row}/`))
    .sort((a, b) => b.length - a.length)[0];
}

function whyNot(path: string, specifier: string): string | undefined {
  const from = layerOf(path) ?? "";
  const row = layers[from] ?? { layers: [] };
  if (specifier.startsWith("node:")) {
    return row.layers.includes("node:") ? undefined : `${from} may not import ${specifier}`;
  }
  if (!specifier.startsWith(".")) {
    const name = specifier.match(/^(?:@[^/]+\/)?[^/]+/)?.[0] ?? specifier;
    if (name === "reign") return "imports an entry file by the package's own name";
    return row.packages?.includes(name) ? undefined : `${from} may not import the package ${name}`;
  }
  const target = join(dirname(path), specifier);
  if (entryFiles.includes(target)) return `imports the entry file ${target}`;
  const to = layerOf(target);
  if (to !== undefined && (to === from || row.layers.includes(to))) return undefined;
  return `${from} may not import ${to ?? "what is in no layer"} (${target})`;
}

/** An entry file is a list of names: `export { … } from "…"` and nothing else. */
export function checkEntryFiles(sources: readonly Source[]): Finding[] {
  const reExport = /export\s+(?:type\s+)?\{[^}]*\}\s*from\s*["'][^"']*["'];?/g;
  return sources
    .filter(({ path }) => entryFiles.includes(path))
    .flatMap((file) => {
      const others = file.uncommented.replace(reExport, (all) => all.replace(/\S/g, " "));
      const first = others.search(/\S/);
      if (first === -1) return [];
      const line = others.slice(0, first).split("\n").length;
      return [{ path: file.path, line, problem: "is more than re-exports by name" }];
    });
}
