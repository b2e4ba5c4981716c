/**
 * What stands in the bodies of frames: numbers, texts and the names of nodes, one after the other.
 *
 * Input: the kinds of three values in a byte; the body, in which they come by turns.
 */
import { ByteWriter } from "../../src/core/byte-writer.ts";
import { DecodeError } from "../../src/core/errors.ts";
import { BodyReader, VarintReader, writeIncarnation, writeText } from "../../src/core/frame.ts";
import { isNodeId } from "../../src/core/mailbox-id.ts";
import { joined, utf8 } from "../bytes.ts";
import type { Draw } from "../draw.ts";
import { numberBytes, textBytes, varintBytes } from "../frame-bytes.ts";
import { expectThat, Outcome, type Target, type Trial } from "../target.ts";

/** What is fuzzed, so that a test can put a worse one in its place. */
export type BodyOf = (bytes: Uint8Array) => BodyReader;

const longestText = 100;

export function bodiesTarget(
  bodyOf: BodyOf = (bytes) => new BodyReader(bytes, 0, bytes.length),
): Target {
  return {
    name: "bodies",
    held:
      "values that, written again, are the bytes that were read, and texts and numbers as the " +
      "platform reads them; or a DecodeError",
    maxBytes: 256,
    share: 1.5,
    tokens: [
      ...[127, 128, 2 ** 53 - 1, 2 ** 53].map(varintBytes),
      Uint8Array.of(0x80, 0),
      ...["é", "\u{1f600}", "\ufeff", "\0"].map(textBytes),
      Uint8Array.of(3, 0xed, 0xa0, 0x80),
    ],
    make: makeBody,
    open: () => new BodiesTrial(bodyOf),
  };
}

const texts = ["", "a", "mine", "x".repeat(33), "é", "日本", "\ufeffa", "y".repeat(101)];
const nodes = ["1", "web-3", "a".repeat(63), "a b", ""];

function makeBody(draw: Draw): Uint8Array {
  const kinds = draw.below(64);
  const parts = Array.from({ length: 1 + draw.below(5) }, (_, i) => {
    const kind = kindAt(kinds, i);
    if (kind === 0) return numberBytes(draw);
    if (kind === 1) return textBytes(draw.of(texts));
    if (kind === 2) return joined(textBytes(draw.of(nodes)), draw.bytes(8));
    return varintBytes(draw.size(2 ** 53 - 1));
  });
  return joined(Uint8Array.of(kinds), ...parts);
}

/** 0 and 3: a number. 1: a text. 2: a run of a node. */
function kindAt(kinds: number, index: number): number {
  return (kinds >> (2 * (index % 3))) & 3;
}

class BodiesTrial implements Trial {
  readonly #bodyOf: BodyOf;
  readonly #out = new ByteWriter(512);
  readonly #fast = new VarintReader();

  constructor(bodyOf: BodyOf) {
    this.#bodyOf = bodyOf;
  }

  run(input: Uint8Array): number {
    const kinds = (input[0] ?? 0) & 63;
    const bytes = input.subarray(1);
    const body = this.#bodyOf(bytes);
    const outcome = new Outcome().add(kinds);
    try {
      for (let i = 0; body.position < bytes.length; i++) {
        const from = body.position;
        this.#readOne(body, kindAt(kinds, i), bytes);
        expectThat(body.position > from, "nothing is read");
      }
      body.end();
    } catch (thrown) {
      if (!(thrown instanceof DecodeError)) throw thrown;
      return outcome.text(thrown.message).count(body.position).value;
    }
    return outcome.count(bytes.length).value;
  }

  #readOne(body: BodyReader, kind: number, bytes: Uint8Array): void {
    const from = body.position;
    const mark = this.#out.mark();
    if (kind === 1) writeText(this.#out, this.#text(body, bytes));
    else if (kind === 2) {
      const incarnation = body.incarnation();
      expectThat(isNodeId(incarnation.nodeId), `a node is ${incarnation.nodeId}`);
      expectThat(/^[0-9a-f]{16}$/.test(incarnation.epoch), `a run is ${incarnation.epoch}`);
      writeIncarnation(this.#out, incarnation);
    } else this.#out.varint(this.#number(body, bytes));
    const written = this.#out.bytes.subarray(this.#out.at(mark), this.#out.position);
    const same = Buffer.compare(written, bytes.subarray(from, body.position)) === 0;
    this.#out.rollback(mark);
    expectThat(same, `kind ${kind}: written again the bytes are others`);
  }

  #number(body: BodyReader, bytes: Uint8Array): number {
    const from = body.position;
    const value = body.varint();
    let wanted = 0n;
    for (let at = body.position - 1; at >= from; at--) {
      wanted = wanted * 128n + BigInt((bytes[at] ?? 0) & 127);
    }
    expectThat(BigInt(value) === wanted, `${value} is read, where ${wanted} stands`);
    this.#fast.read(bytes, from, bytes.length);
    const same = this.#fast.value === value && this.#fast.next === body.position;
    expectThat(same, `${this.#fast.value} is read fast, ${value} slowly`);
    return value;
  }

  #text(body: BodyReader, bytes: Uint8Array): string {
    const text = body.text(longestText);
    const { length } = utf8(text);
    expectThat(length <= longestText, `a text of ${length} bytes`);
    const there = Buffer.from(bytes.subarray(body.position - length, body.position)).toString();
    expectThat(text === there, `${JSON.stringify(text)} is read, ${JSON.stringify(there)} stands`);
    return text;
  }
}
