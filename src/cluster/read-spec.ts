/**
 * Brings in the text of a cluster spec, from a file or from whatever yields text or bytes, and
 * parses it. What the spec says is not looked at here: `validateSpec` does that.
 */
import { type FileHandle, open } from "node:fs/promises";
import type { ReadableStream } from "node:stream/web";
import { TextDecoder } from "node:util";
import { isOpenToOthers } from "../carriers/tls/certificate-files.ts";
import { ReignError } from "../core/errors.ts";
import { parseJson } from "./json-text.ts";
import { invalidSpec } from "./spec.ts";

type Chunk = string | Uint8Array;

/**
 * The text itself, in bytes or not, or what yields it: a Node.js or web stream, or any iterable of
 * text or bytes.
 */
export type SpecSource = Chunk | AsyncIterable<Chunk> | Iterable<Chunk> | ReadableStream<Chunk>;

/**
 * Far more than any cluster needs. It bounds what a wrong path or a stream without end can cost.
 */
const maxBytes = 16 * 1024 * 1024;

/** What was in a spec file, and what matters of the file itself. */
export interface SpecFile {
  readonly spec: unknown;
  readonly path: string;
  /** Somebody other than the owner may read it: it may hold a private key. */
  readonly openToOthers: boolean;
}

/**
 * Reads a spec file and parses its JSON.
 *
 * Rejects with `REIGN_INVALID_SPEC` that names the file: it cannot be read (`cause` has the
 * system's error), is too large, or is not JSON (with line and column).
 */
export async function readSpecFile(path: string): Promise<SpecFile> {
  if (typeof path !== "string" || path === "") {
    throw new TypeError(`Expected the path of a spec file, got ${JSON.stringify(path)}.`);
  }
  let file: FileHandle;
  try {
    file = await open(path, "r");
  } catch (cause) {
    throw unreadable(path, cause);
  }
  let mode: number;
  try {
    ({ mode } = await file.stat());
  } catch (cause) {
    await file.close();
    throw unreadable(path, cause);
  }
  // The stream closes the file, whichever way the reading ends.
  const spec = await readSpec(file.createReadStream(), { source: path });
  return { spec, path, openToOthers: isOpenToOthers(mode) };
}

/**
 * Reads a spec from a stream or iterable to its end, or takes a text, and parses its JSON. `source`
 * is where it comes from, for messages.
 *
 * Rejects with `REIGN_INVALID_SPEC` when it fails, is too large, is not UTF-8 or is not JSON. A
 * source that is given up is ended: `return` of its iterator is called, a stream is destroyed or
 * cancelled.
 */
export async function readSpec(
  input: SpecSource,
  { source = "The cluster spec" }: { readonly source?: string } = {},
): Promise<unknown> {
  const chunks = input instanceof Uint8Array ? [input] : input;
  const text = typeof chunks === "string" ? chunks : await readAll(chunks, source);
  if (text.length > maxBytes) throw tooLarge(source);
  const parsed = parseJson(text);
  if ("value" in parsed) return parsed.value;
  const { line, column, message } = parsed.mistake;
  const place = `line ${line}, column ${column}`;
  throw invalidSpec(source, [{ path: "", message: `Not JSON at ${place}. ${message}` }]);
}

async function readAll(input: Exclude<SpecSource, Chunk>, source: string): Promise<string> {
  if (!isIterable(input)) {
    throw new TypeError(
      "Expected a text, a readable stream or an iterable of text or bytes, " +
        `got ${input === null ? "null" : typeof input}.`,
    );
  }
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  let bytes = 0;
  try {
    for await (const chunk of input) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw tooLarge(source);
      // A decoder that is in the middle of a character would drop it before a text.
      text += typeof chunk === "string" ? decoder.decode() + chunk : decodePart(decoder, chunk);
    }
    return text + decoder.decode();
  } catch (cause) {
    if (ReignError.is(cause, "REIGN_INVALID_SPEC") || cause instanceof ChunkError) throw cause;
    throw unreadable(source, cause);
  }
}

/** The caller's mistake, told apart from a `TypeError` of the decoder or of the source itself. */
class ChunkError extends TypeError {}

function decodePart(decoder: TextDecoder, chunk: unknown): string {
  if (!(chunk instanceof Uint8Array)) {
    throw new ChunkError(`Expected text or bytes, got ${chunk === null ? "null" : typeof chunk}.`);
  }
  return decoder.decode(chunk, { stream: true });
}

function isIterable(input: unknown): input is AsyncIterable<Chunk> | Iterable<Chunk> {
  return (
    typeof input === "object" &&
    input !== null &&
    (Symbol.asyncIterator in input || Symbol.iterator in input)
  );
}

function tooLarge(source: string): ReignError {
  return invalidSpec(source, [
    { path: "", message: `Expected at most ${maxBytes} bytes of JSON.` },
  ]);
}

function unreadable(source: string, cause: unknown): ReignError {
  const code: unknown = cause instanceof Error ? Reflect.get(cause, "code") : undefined;
  const message = reasons[String(code)] ?? `It cannot be read: ${String(cause)}.`;
  return invalidSpec(source, [{ path: "", message }], { cause });
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "There is no such file. `reign init` makes a cluster.json to begin with.",
  EACCES: "This process may not read it. Give the user it runs as permission to.",
  EISDIR: "It is a folder. Expected the spec file inside it.",
  ERR_ENCODING_INVALID_ENCODED_DATA: "Expected UTF-8, got other bytes.",
};
