/**
 * What two nodes said to each other, as it is kept in files for later versions to be held to.
 *
 * A recording is a list of steps. In each one or both of the nodes do something; then it has the
 * frames that each said, and what a program on each got to know. So a file can be played without
 * the code that made it: one node acts, the other one is the file.
 */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export type NodeName = "1" | "2";

/** A mailbox, as node and number: `2:1`. */
type Place = `${NodeName}:${number}`;

/** What a node is made to do. Later versions still have to know it. */
export type Action =
  | readonly ["start"]
  | readonly ["mailbox"]
  | readonly ["send", to: Place, message: unknown]
  /** So many bytes, all of them 7. */
  | readonly ["send bytes", to: Place, count: number]
  /** One of the table that codecs are held to, by its name. */
  | readonly ["send value", to: Place, name: string]
  | readonly ["watch", target: Place, watcher: number]
  | readonly ["unwatch", target: Place, watcher: number]
  | readonly ["close", mailbox: number]
  | readonly ["register", name: string, mailbox: number]
  | readonly ["unregister", name: string, mailbox: number]
  | readonly ["look up", name: string]
  | readonly ["sync names"]
  | readonly ["let pass", milliseconds: number]
  | readonly ["stop"];

/** The name of a frame's type, and its bytes: in hexadecimal, `07*300` for 300 times the same. */
type SaidFrame = readonly [type: string, bytes: string];

export interface Step {
  readonly who: readonly NodeName[];
  readonly does: Action;
  readonly says: Readonly<Record<NodeName, readonly SaidFrame[]>>;
  readonly hears: Readonly<Record<NodeName, readonly string[]>>;
}

export interface NodeSettings {
  readonly epoch: string;
  readonly cluster: string;
  /** That of every message it sends, if it has the option. */
  readonly traceparent?: string;
}

export interface Recording {
  readonly about: string;
  readonly codec: string;
  readonly nodes: Readonly<Record<NodeName, NodeSettings>>;
  /** The nodes whose part a node of any version can play. Node 1 dials. */
  readonly playable: readonly NodeName[];
  readonly steps: readonly Step[];
}

const shortestRun = 16;
export const folder: string = fileURLToPath(new URL(".", import.meta.url));

/** The versions of which there are recordings. */
export function recordedVersions(): string[] {
  return readdirSync(folder).filter((name) => /^\d+\.\d+$/.test(name));
}

/** Those of one version, by the names of their files. */
export function readRecordings(version: string): Map<string, Recording> {
  const names = readdirSync(`${folder}${version}`).sort();
  return new Map(
    names.map((name) => [name, JSON.parse(readFileSync(`${folder}${version}/${name}`, "utf8"))]),
  );
}

/** One line for each frame, so that a difference is seen in review. */
export function recordingText(recording: Recording): string {
  const { steps, ...head } = recording;
  const lines = steps.map(({ who, does, says, hears }) =>
    [
      `    { "who": ${JSON.stringify(who)}, "does": ${JSON.stringify(does)}`,
      `      "says": ${perNode(says)}`,
      `      "hears": ${perNode(hears)} }`,
    ].join(",\n"),
  );
  const top = JSON.stringify(head, null, 2).slice(0, -2);
  return `${top},\n  "steps": [\n${lines.join(",\n")}\n  ]\n}\n`;
}

function perNode(of: Readonly<Record<NodeName, readonly unknown[]>>): string {
  const parts = (["1", "2"] as const).map((node) => {
    const items = of[node].map((item) => `\n        ${JSON.stringify(item)}`);
    return `"${node}": [${items.join(",")}]`;
  });
  return `{ ${parts.join(", ")} }`;
}

export function packHex(bytes: Uint8Array): string {
  const parts: string[] = [];
  let plain = "";
  for (let at = 0; at < bytes.length; ) {
    let end = at;
    while (end < bytes.length && bytes[end] === bytes[at]) end += 1;
    const digits = Buffer.from(bytes.subarray(at, at + 1)).toString("hex");
    if (end - at < shortestRun) plain += digits.repeat(end - at);
    else {
      if (plain !== "") parts.push(plain);
      parts.push(`${digits}*${end - at}`);
      plain = "";
    }
    at = end;
  }
  return [...parts, ...(plain === "" ? [] : [plain])].join(" ");
}

export function unpackHex(text: string): Buffer {
  const parts = text.split(" ").map((part) => {
    const [digits = "", count = "1"] = part.split("*");
    return Buffer.from(digits.repeat(Number(count)), "hex");
  });
  return Buffer.concat(parts);
}
