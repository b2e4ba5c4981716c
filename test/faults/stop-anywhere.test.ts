import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { freePorts } from "../../measure/free-ports.ts";
import { createCertificateAuthority } from "../../src/carriers/tls/certificate-authority.ts";
import { specOf } from "../carriers/test-spec.ts";
import { startCommand } from "../cli/running-program.ts";
import { note } from "./figures.ts";

const program = fileURLToPath(new URL("stop-anywhere.mjs", import.meta.url));
const rounds = 60;
/** What one `stop` may take (G32). */
const stopMs = 5_000;

interface Report {
  readonly needed: number;
  readonly stops: readonly {
    readonly round: number;
    /** Of either node. */
    readonly ms: readonly number[];
    readonly open: readonly string[];
  }[];
}

test("two nodes that are stopped at any moment of connecting leave nothing open, and end", async () => {
  const authority = await createCertificateAuthority({ cluster: "test" });
  const folder = await mkdtemp(join(tmpdir(), "reign-stops-"));
  try {
    const ports = await freePorts(2);
    const nodes = ports.map((port, i) => ({ id: `${i + 1}`, address: `127.0.0.1:${port}` }));
    const paths: string[] = [];
    for (const { id } of nodes) {
      const path = join(folder, `${id}.json`);
      const spec = specOf(authority, await authority.issue(id), nodes);
      await writeFile(path, JSON.stringify(spec), { mode: 0o600 });
      paths.push(path);
    }
    const node = [program, ...paths, `${rounds}`];
    await using running = startCommand(process.execPath, node);
    const code = await running.ended();
    const { needed, stops } = JSON.parse(running.output) as Report;
    const all = stops.flatMap(({ ms }) => ms);
    note("stopped while connecting", all);

    expect(running.errors).toBe("");
    expect(code).toBe(0);
    expect(needed).toBeGreaterThan(1);
    expect(stops).toHaveLength(rounds);
    expect(stops.filter(({ open }) => open.length > 0)).toEqual([]);
    expect(all).toHaveLength(2 * rounds);
    expect(Math.max(...all)).toBeLessThan(stopMs);
  } finally {
    await rm(folder, { recursive: true });
  }
});
