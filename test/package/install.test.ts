/**
 * The package as a user has it: packed, installed into an empty folder, compiled against and run.
 *
 * Needs `dist`, which `npm test` and `npm run test:one` build, and npm, which takes the
 * dependencies from its cache where it can.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const slow = 180_000;

/** What a user may compile with: installed beside the package, as a user has one. */
const compilers = ["5.9.3", "6.0.3", "7.0.2"];
const resolutions = ["nodenext", "bundler"];

const manifest = await readFile(join(root, "package.json"), "utf8");
const { exports, bin, devDependencies } = JSON.parse(manifest) as {
  exports: Record<string, unknown>;
  bin: Record<string, string>;
  devDependencies: Record<string, string>;
};
const nodeTypes = devDependencies["@types/node"] ?? "*";
/** `reign`, `reign/tls` and so on. */
const specifiers = Object.keys(exports)
  .filter((entry) => typeof exports[entry] === "object")
  .map((entry) => join("reign", entry).replaceAll("\\", "/"));

const expected = [
  /^dist\/.*\.(?:js|d\.ts|map)$/,
  /^src\/.*\.ts$/,
  /^examples\/.*\.(?:ts|md)$/,
  /^docs\/.*\.md$/,
  /^clients\/python\/\w+\.(?:py|md)$/,
  /^(?:[A-Z]+\.md|LICENSE|package\.json)$/,
];

interface PackedFile {
  readonly path: string;
}
interface Packed {
  readonly filename: string;
  readonly files: readonly PackedFile[];
}

/** Runs a program to its end. What it wrote is in the error if it failed. */
async function run(cwd: string, file: string, args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(file, [...args], { cwd, maxBuffer: 2 ** 26 });
    return stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${file} ${args.join(" ")} failed.\n${stdout ?? ""}\n${stderr ?? ""}`, {
      cause: error,
    });
  }
}

async function npm(cwd: string, args: readonly string[]): Promise<string> {
  const program = process.env["npm_execpath"];
  return program?.endsWith(".js")
    ? await run(cwd, process.execPath, [program, ...args])
    : await run(cwd, "npm", args);
}

describe("the packed package", () => {
  let folder = "";
  let packed: Packed;

  beforeAll(async () => {
    if (!existsSync(join(root, "dist/index.js"))) {
      throw new Error("Expected dist/index.js. Build it first: npm run build.");
    }
    folder = await mkdtemp(join(tmpdir(), "reign-install-"));
    const pack = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
    [packed] = JSON.parse(await npm(root, pack)) as [Packed];

    await writeFile(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
    const install = ["install", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"];
    const beside = compilers.map((version) => `typescript-${version}@npm:typescript@${version}`);
    const wanted = [join(folder, packed.filename), `@types/node@${nodeTypes}`, ...beside];
    await npm(folder, [...install, ...wanted]).catch((cause: unknown) => {
      throw new Error(
        "The tarball could not be installed. Its dependencies come from npm's cache or registry; " +
          "is the registry within reach (npm ping)?",
        { cause },
      );
    });
  }, slow);

  afterAll(async () => {
    if (folder !== "") await rm(folder, { recursive: true, force: true });
  });

  test("holds what a user needs and nothing else", () => {
    const paths = packed.files.map(({ path }) => path);
    const strays = paths.filter((path) => !expected.some((pattern) => pattern.test(path)));

    expect(strays).toEqual([]);
    expect(paths).toContain("LICENSE");
    expect(paths).toContain("dist/cli/main.js");
  });

  test.each(
    compilers.flatMap((compiler) =>
      resolutions.map((resolution) => [compiler, resolution] as const),
    ),
  )(
    "with TypeScript %s under %s, a program compiles with every declaration checked, and runs",
    async (compiler, resolution) => {
      const project = join(folder, `${resolution}-${compiler}`);
      await mkdir(project);
      await copyFile(join(root, "test/package/consumer.ts"), join(project, "consumer.ts"));
      const imports = specifiers.map((name, i) => `import * as entry${i} from "${name}";`);
      const uses = specifiers.map((_, i) => `console.log(Object.keys(entry${i}).length > 0);`);
      await writeFile(join(project, "entries.ts"), [...imports, ...uses, ""].join("\n"));
      const compilerOptions = {
        target: "ES2023",
        lib: ["ES2023", "ESNext.Disposable"],
        module: resolution === "bundler" ? "esnext" : "nodenext",
        moduleResolution: resolution,
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        skipLibCheck: false,
        rootDir: ".",
        types: ["node"],
      };
      const config = { compilerOptions, include: ["*.ts"] };
      await writeFile(join(project, "tsconfig.json"), JSON.stringify(config));

      const tsc = join(folder, "node_modules", `typescript-${compiler}`, "bin/tsc");
      const version = await run(project, process.execPath, [tsc, "--version"]);
      const printed = await run(project, process.execPath, [tsc, "-p", "tsconfig.json"]);
      const said = await run(project, process.execPath, ["consumer.js"]);

      expect(version).toBe(`Version ${compiler}\n`);
      expect(printed).toBe("");
      expect(said.split("\n")).toEqual([
        "tea 4",
        "closed 0 false undefined",
        'not an address: "seven" true',
        "true",
        "",
      ]);
    },
    slow,
  );

  test("every entry can be imported and required", async () => {
    const program = [
      'import { createRequire } from "node:module";',
      "const require = createRequire(import.meta.url);",
      `for (const name of ${JSON.stringify(specifiers)}) {`,
      "  const [imported, required] = [await import(name), require(name)];",
      "  if (Object.keys(imported).length === 0) throw new Error(`${name} exports nothing`);",
      "  if (imported !== required) throw new Error(`${name} is there twice`);",
      "  console.log(name);",
      "}",
    ].join("\n");
    await writeFile(join(folder, "main.mjs"), program);

    const printed = await run(folder, process.execPath, ["main.mjs"]);

    expect(printed.trim().split("\n")).toEqual(specifiers);
  });

  test("the command is there and explains itself", async () => {
    for (const name of Object.keys(bin)) {
      const printed = await npm(folder, ["exec", "--offline", "--", name, "--help"]);

      expect(printed).toContain(name);
    }
  });
});
