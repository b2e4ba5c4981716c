/**
 * The term format: how messages travel unless a service is told otherwise.
 *
 * It is this package's own because no library bounds what a peer's bytes may cost, keeps every
 * value that structured clone keeps, and does both without making code from those bytes. Where
 * code is made here, it is of keys that are plain identifiers alone, and can be done without.
 * `docs/term-format.md` has it byte by byte.
 */
import { checkOptionKeys } from "../../core/option-keys.ts";
import { checkBoolean } from "../../core/option-values.ts";
import type { Codec, Decoder, DecoderPorts, Encoder, EncoderPorts } from "../../ports/codec.ts";
import { TermDecoder } from "./decoder.ts";
import { TermEncoder } from "./encoder.ts";

/** How the term codec works. Nodes of one cluster may differ in it. */
export interface TermCodecOptions {
  /**
   * Whether code may be made for reading objects whose keys come again and again and are all plain
   * identifiers. Default true. Without it, and where Node.js runs with
   * `--disallow-code-generation-from-strings`, the same values arrive, at a higher cost.
   */
  readonly generateReaders?: boolean;
}

/**
 * Makes the codec that services use by default.
 *
 * Everything that structured clone carries arrives equal, cycles and shared references too, and
 * addresses arrive live. Holes in arrays arrive as `undefined`, `new Number(1)` and its like as
 * primitives, errors without their stacks. Instances of registered classes arrive as such; those of
 * others, functions, symbols and mailboxes are refused at the sender. Bytes of any kind end in a
 * value or a `DecodeError`, within the limits.
 *
 * Options that do not exist, or are not what they may be, are a `TypeError`.
 */
export function createTermCodec(options: TermCodecOptions = {}): Codec {
  const generateReaders = readersWanted(options);
  return {
    name: "term-3",
    createEncoder: (ports: EncoderPorts): Encoder => new TermEncoder(ports),
    createDecoder: (ports: DecoderPorts): Decoder => new TermDecoder(ports, generateReaders),
  };
}

/** A misspelt switch would leave on what was to be turned off, without a word. */
function readersWanted(options: TermCodecOptions): boolean {
  if (typeof options !== "object" || options === null) {
    const given = options === null ? "null" : typeof options;
    throw new TypeError(`Expected options such as { generateReaders }, got ${given}.`);
  }
  checkOptionKeys("createTermCodec", options, ["generateReaders"]);
  const { generateReaders = true } = options;
  checkBoolean("generateReaders", generateReaders);
  return generateReaders;
}
