/**
 * Bytes that chance makes, given to all that takes bytes from others: about half a minute of what
 * `npm run fuzz` does for as long as somebody likes. And whether that finds anything.
 *
 * The seed is another one each time, since the same one again would find nothing new. It is in the
 * names of the tests, and `REIGN_SEED` sets it; whatever fails says how it is run again.
 */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { readCorpus } from "../fuzz/corpus.ts";
import { Hunt } from "../fuzz/hunt.ts";
import { failureText } from "../fuzz/report.ts";
import type { Target } from "../fuzz/target.ts";
import { addressTarget } from "../fuzz/targets/address.ts";
import { bodiesTarget } from "../fuzz/targets/bodies.ts";
import { controlTarget } from "../fuzz/targets/control.ts";
import { endpointTarget } from "../fuzz/targets/endpoint.ts";
import { framesTarget } from "../fuzz/targets/frames.ts";
import { handshakeTarget } from "../fuzz/targets/handshake.ts";
import { specTarget } from "../fuzz/targets/spec.ts";
import { termsTarget } from "../fuzz/targets/terms.ts";
import { targets } from "../fuzz/targets.ts";
import { parseAddress } from "../src/cluster/endpoint.ts";
import { parseJson } from "../src/cluster/json-text.ts";
import { createTermCodec } from "../src/codecs/term/term-codec.ts";
import { BodyReader } from "../src/core/frame.ts";
import { FrameReader } from "../src/core/frame-reader.ts";
import type { Codec, Decoder } from "../src/ports/codec.ts";
import { Service } from "../src/runtime/service.ts";

const seed = Number(process.env["REIGN_SEED"] ?? Math.floor(Math.random() * 2 ** 32));
const corpusFolder = fileURLToPath(new URL("../fuzz/corpus", import.meta.url));
const noLimit = Number.POSITIVE_INFINITY;

/** What takes each of them a few seconds. */
const inputs: { readonly [target: string]: number } = {
  frames: 120_000,
  bodies: 150_000,
  handshake: 30_000,
  terms: 35_000,
  json: 15_000,
  control: 10_000,
  spec: 25_000,
  endpoint: 250_000,
  address: 150_000,
};

describe(`bytes that chance makes (seed ${seed})`, () => {
  test("have a number of inputs for each target, and a corpus", () => {
    expect(Object.keys(inputs)).toEqual(targets.map(({ name }) => name));
    expect(readdirSync(corpusFolder).toSorted()).toEqual(Object.keys(inputs).toSorted());
  });

  test.each(targets.map((target) => [target.name, target] as const))(
    "break nothing that is promised of %s",
    async (name, target) => {
      const corpus = readCorpus(corpusFolder, name);
      const hunt = new Hunt(target, corpus, seed);
      await hunt.run({ inputs: inputs[name] ?? 0, ms: noLimit });

      expect(hunt.failures.map(failureText).join("")).toBe("");
      expect(hunt.inputs).toBe(inputs[name]);
    },
    300_000,
  );
});

/** A decoder that does something else where the bytes are in the message. */
function codecWith(bytes: readonly number[], instead: () => unknown) {
  return (generateReaders: boolean): Codec => {
    const codec = createTermCodec({ generateReaders });
    return {
      ...codec,
      createDecoder(ports) {
        const decoder = codec.createDecoder(ports);
        const decode: Decoder["decode"] = (message, start, end, attachments) => {
          const part = Buffer.from(message.subarray(start, end));
          const found = part.includes(Buffer.from(bytes));
          return found ? instead() : decoder.decode(message, start, end, attachments);
        };
        return { ...bound(decoder), decode };
      },
    };
  };
}

function bound(decoder: Decoder): Decoder {
  return {
    decode: decoder.decode.bind(decoder),
    attachments: (...args) => decoder.attachments?.(...args) ?? [],
    define: (...args) => decoder.define?.(...args),
  };
}

/** Loses a frame that begins where a chunk does, but in the first. */
function losingReader(limitBytes: number): Pick<FrameReader, "push"> {
  const reader = new FrameReader(limitBytes);
  let chunks = 0;
  return {
    push(chunk, sink) {
      chunks += 1;
      const later = chunks > 1;
      reader.push(chunk, {
        ...sink,
        onFrame: (type, bytes, start, end, rest) =>
          (later && bytes === chunk && start === 5) || sink.onFrame(type, bytes, start, end, rest),
      });
    },
  };
}

class WrongBody extends BodyReader {
  override varint(): number {
    const value = super.varint();
    return value === 16_383 ? 16_382 : value;
  }
}

/** What is wrong, in which target, how many bytes it takes at most, and what is said of it. */
const planted: readonly (readonly [what: string, target: Target, bytes: number, said: RegExp])[] = [
  ["a parser that loses a frame at a border", framesTarget(losingReader), 16, /frames, not/],
  [
    "a number that is read wrong",
    bodiesTarget((bytes) => new WrongBody(bytes, 0, bytes.length)),
    4,
    /16382 is read/,
  ],
  [
    "a link that comes up with another codec than agreed",
    handshakeTarget((agreement) => ({ ...agreement, codec: "v8" })),
    400,
    /another codec|another choice/,
  ],
  [
    "a TypeError at certain bytes",
    termsTarget(
      codecWith([0xd1, 0x07], () => {
        throw new TypeError("not a function");
      }),
    ),
    3,
    /TypeError: not a function/,
  ],
  [
    "a value that differs where code reads it",
    termsTarget((made) => (made ? codecWith([0xf2], () => 7)(made) : createTermCodec())),
    24,
    /by readers made by code/,
  ],
  [
    "memory beyond the bound",
    // On the heap: buffers are given back in the background, late on a busy machine.
    termsTarget(codecWith([0xd1, 0x05], () => Buffer.alloc(2 ** 19, "x").toString("latin1"))),
    4_096,
    /of memory, where/,
  ],
  [
    "a changed prototype",
    termsTarget(codecWith([0xd1, 0x06], () => Reflect.set(Object.prototype, "changed", 1))),
    0,
    /a prototype has changed/,
  ],
  [
    "a violation that nobody is told of",
    controlTarget((ports) => {
      const emit: typeof ports.telemetry.emit = (event) => {
        if (event.type !== "protocol_violation") ports.telemetry.emit(event);
      };
      return new Service({ ...ports, telemetry: { emit } });
    }),
    12,
    /the link ends for nothing/,
  ],
  [
    "JSON that is read as something else",
    specTarget((given) => parseJson(given.replace("null", "0"))),
    20,
    /another value than JSON.parse's/,
  ],
  [
    "a port out of range",
    endpointTarget([
      (given) =>
        given.endsWith(":65536") ? { value: { host: "a", port: 65_536 } } : parseAddress(given),
    ]),
    8,
    /65536 is no port/,
  ],
  [
    "an address out of a text that is none",
    addressTarget((service, given) =>
      service.address(typeof given === "string" ? given.trim() : given),
    ),
    26,
    /became/,
  ],
];

describe("a defect that was put in on purpose", () => {
  afterEach(() => void Reflect.deleteProperty(Object.prototype, "changed"));

  test.each(planted)(
    "is found and made small: %s",
    async (_what, target, bytes, said) => {
      const hunt = new Hunt(target, readCorpus(corpusFolder, target.name), 1);
      const found = () => hunt.failures.find(({ problem }) => said.test(problem));
      while (found() === undefined && hunt.inputs < 50_000) {
        await hunt.run({ inputs: 50, ms: noLimit });
      }

      const failure = found();
      expect(failure?.problem).toMatch(said);
      expect(failure?.input.length).toBeLessThanOrEqual(bytes);
    },
    180_000,
  );
});
