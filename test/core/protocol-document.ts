/**
 * The examples and tables of `docs/protocol.md`, for tests that hold the code to them.
 *
 * A fence `vector NAME` has bytes in hexadecimal, and behind two spaces what they mean; a fence
 * `json NAME` the body of a frame of the handshake.
 */
import { readFileSync } from "node:fs";

const text = readFileSync(new URL("../../docs/protocol.md", import.meta.url), "utf8");

/**
 * The bytes of each example frame, by the name of its type; of fences in another language, which
 * hold frames with a capability, by what these are called.
 */
export function readVectors(language = "vector"): Map<string, Uint8Array> {
  return new Map(
    fences(language).map(([name, lines]) => {
      const pairs = lines.flatMap((line) => (line.split("  ")[0] ?? "").split(" "));
      return [name, Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16))];
    }),
  );
}

/** The JSON of each example body, without the white space that makes it readable. */
export function readJsonBodies(): Map<string, string> {
  return new Map(
    fences("json").map(([name, lines]) => [name, JSON.stringify(JSON.parse(lines.join("\n")))]),
  );
}

/** The cells of the table whose first column is headed `heading`, row by row, without backticks. */
export function readTable(heading: string): string[][] {
  const lines = text.split("\n");
  const head = lines.findIndex((line) => line.startsWith(`| ${heading} |`));
  if (head < 0) throw new Error(`docs/protocol.md has no table headed ${heading}.`);
  const rows = lines.slice(head + 2);
  return rows.slice(0, rows.indexOf("")).map((row) =>
    row
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim().replaceAll("`", "")),
  );
}

export type Place = "taken" | "skipped" | "violation";

/** For each state of a link what becomes of each of the 256 types of frame. */
export function documentedPlaces(): Map<string, Place[]> {
  const types = new Map(readTable("type").map(([type, name]) => [name, Number(type)]));
  return new Map(
    readTable("state").map(([state = "", , takes = "", passes = ""]) => {
      const taken = takes.split(", ").map((name) => types.get(name));
      const [from = 256, to = -1] = passes === "–" ? [] : passes.split("–").map(Number);
      const places = Array.from({ length: 256 }, (_, type): Place => {
        if (taken.includes(type)) return "taken";
        return from <= type && type <= to ? "skipped" : "violation";
      });
      return [state, places];
    }),
  );
}

function fences(language: string): [name: string, lines: string[]][] {
  const pattern = new RegExp(`^\`\`\`${language} (\\w+)\n([^]*?)\n\`\`\`$`, "gm");
  return [...text.matchAll(pattern)].map(([, name = "", body = ""]) => [name, body.split("\n")]);
}
