/**
 * Bytes that chance makes, given to all that takes bytes from others: about half a minute of what
 * `npm run fuzz` does for as long as somebody likes. And whether that finds anything.
 *
 * The seed is another one each time, since the same one again would find nothing new. It is in the
 * names of the tests, and `REIGN_SEED` sets it; whatever fails says how it is run again.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { hexOf } from "../fuzz/bytes.ts";
import { readCorpus } from "../fuzz/corpus.ts";
import { Hunt } from "../fuzz/hunt.ts";
import { type Corpus, InputSource } from "../fuzz/input-source.ts";
import { readOptions } from "../fuzz/options.ts";
import { failureText } from "../fuzz/report.ts";
import { runHunts } from "../fuzz/run-hunts.ts";
import { expectThat, type Target } from "../fuzz/target.ts";
import { addressTarget } from "../fuzz/targets/address.ts";
import { bodiesTarget } from "../fuzz/targets/bodies.ts";
import { controlTarget } from "../fuzz/targets/control.ts";
import { endpointTarget } from "../fuzz/targets/endpoint.ts";
import { framesTarget } from "../fuzz/targets/frames.ts";
import { handshakeTarget } from "../fuzz/targets/handshake.ts";
import { specTarget } from "../fuzz/targets/spec.ts";
import { termsTarget } from "../fuzz/targets/terms.ts";
import { targets } from "../fuzz/targets.ts";
import type { Entry } from "../reliability/report.ts";
import { parseAddress } from "../src/cluster/endpoint.ts";
import { parseJson } from "../src/cluster/json-text.ts";
import { createTermCodec } from "../src/codecs/term/term-codec.ts";
import { BodyReader } from "../src/core/frame.ts";
import { FrameReader } from "../src/core/frame-reader.ts";
import type { Codec, Decoder } from "../src/ports/codec.ts";
import { Service } from "../src/runtime/service.ts";

const seed = Number(process.env["REIGN_SEED"] ?? Math.floor(Math.random() * 2 ** 32));
const corpusFolder = fileURLToPath(new URL("../fuzz/corpus", import.meta.url));
const noCorpus: Corpus = { failures: [], seeds: [] };
const noLimit = Number.POSITIVE_INFINITY;

/** What takes each of them a few seconds. */
const inputs: { readonly [target: string]: number } = {
  frames: 120_000,
  bodies: 150_000,
  handshake: 30_000,
  terms: 35_000,
  control: 10_000,
  spec: 25_000,
  endpoint: 250_000,
  address: 150_000,
};

async function hunted(target: Target, count: number, from = seed, corpus = noCorpus) {
  const hunt = new Hunt(target, corpus, from);
  await hunt.run({ inputs: count, ms: noLimit });
  return hunt;
}

describe(`bytes that chance makes (seed ${seed})`, () => {
  test("have a number of inputs for each target, and a corpus", () => {
    expect(Object.keys(inputs)).toEqual(targets.map(({ name }) => name));
    expect(readdirSync(corpusFolder).toSorted()).toEqual(Object.keys(inputs).toSorted());
  });

  test.each(targets.map((target) => [target.name, target] as const))(
    "break nothing that is promised of %s",
    async (name, target) => {
      const corpus = readCorpus(corpusFolder, name);
      const hunt = await hunted(target, inputs[name] ?? 0, seed, corpus);

      expect(hunt.failures.map(failureText).join("")).toBe("");
      expect(hunt.inputs).toBe(inputs[name]);
    },
    120_000,
  );
});

/** A decoder that does something else where the bytes are in the message. */
function codecWith(bytes: readonly number[], instead: () => unknown) {
  return (generateReaders: boolean): Codec => {
    const codec = createTermCodec({ generateReaders });
    return {
      ...codec,
      createDecoder(limits, addressOf) {
        const decoder = codec.createDecoder(limits, addressOf);
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
    termsTarget(codecWith([0xd1, 0x05], () => new Uint8Array(2 ** 20))),
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
        await hunt.run({ inputs: 500, ms: noLimit });
      }

      const failure = found();
      expect(failure?.problem).toMatch(said);
      expect(failure?.input.length).toBeLessThanOrEqual(bytes);
    },
    60_000,
  );
});

describe("the inputs", () => {
  const target = framesTarget();
  const taken = (source: InputSource, count: number): string[] =>
    Array.from({ length: count }, () => {
      const input = source.next();
      source.onOutcome(input, input.length % 17);
      return hexOf(input);
    });

  test("of one seed are the same each time, and those of another are others", () => {
    const [first, second, third] = [1, 1, 2].map((from) =>
      taken(new InputSource(target, noCorpus, from), 2_000),
    );

    expect(second).toEqual(first);
    expect(third).not.toEqual(first);
  });

  test("begin with what has failed once, and then with each seed cut short at each byte", () => {
    const corpus: Corpus = { failures: [Uint8Array.of(9)], seeds: [Uint8Array.of(1, 2)] };

    expect(taken(new InputSource(target, corpus, 1), 4)).toEqual(["09", "0102", "", "01"]);
  });

  test("can be had again from the beginning of their block alone", () => {
    const at = 65_536 + 3;
    const all = taken(new InputSource(target, noCorpus, 1), at + 1);
    const source = new InputSource(target, noCorpus, 1);
    source.rewindTo(at);

    expect(source.at).toBe(65_536);
    expect(taken(source, 4).at(-1)).toBe(all.at(-1));
  });

  test("that fail only behind others are named by their number, which fails again", async () => {
    let opened = 0;
    const forgetful: Target = {
      ...target,
      open() {
        opened += 1;
        let runs = 0;
        return {
          run() {
            runs += 1;
            expectThat(runs !== 10, "the tenth in a row");
            return 1;
          },
        };
      },
    };
    const { failures } = await hunted(forgetful, 20);
    const again = new Hunt(forgetful, noCorpus, seed);
    await again.replay(failures[0]?.at ?? 0);

    expect(failures).toMatchObject([{ at: 9, alone: false }]);
    expect(failureText(failures[0] ?? never())).toContain(`--target frames --seed ${seed} --at 9`);
    expect(again.failures).toMatchObject([{ at: 9, problem: "Finding: the tenth in a row" }]);
    expect(opened).toBeGreaterThan(2);
  });

  test("are counted as they fail, and shown once for each kind", async () => {
    const broken: Target = {
      ...target,
      open: () => ({
        run(input) {
          expectThat(input.length < 8, `${input.length} bytes`);
          return 1;
        },
      }),
    };
    const { failures, failed } = await hunted(broken, 500);

    expect(failed).toBeGreaterThan(50);
    expect(failures.map(({ input }) => hexOf(input))).toEqual(["0000000000000000"]);
  });

  test("of targets that take turns come to as many as were asked for", async () => {
    const hunts = [framesTarget(), addressTarget()].map((each) => new Hunt(each, noCorpus, seed));
    const { signal } = new AbortController();
    await runHunts(hunts, { ms: noLimit, inputs: 10_000 }, { signal, onTurn() {} });

    expect(hunts.reduce((sum, each) => sum + each.inputs, 0)).toBe(10_000);
    expect(hunts.map((each) => each.inputs > 0)).toEqual([true, true]);
  });
});

function never(): never {
  throw new Error("Expected a failure, got none.");
}

describe("the options of npm run fuzz", () => {
  const defaults = { seed: 7 };

  test("ask for all targets and a minute, written nowhere, unless they say otherwise", () => {
    expect(readOptions([], targets, defaults)).toEqual({
      targets,
      minutes: 1,
      inputs: noLimit,
      seed: 7,
      at: undefined,
      input: undefined,
      out: undefined,
    });
  });

  test.each([
    [["--target", "moon"], "Expected targets among frames, bodies,"],
    [["--minutes", "long"], 'Expected --minutes to be a number up to 525600, got "long".'],
    [["--inputs", "1.5"], 'Expected --inputs to be a whole number, got "1.5".'],
    [["--seed", "4294967296"], "Expected --seed to be a number up to 4294967295,"],
    [["--input", "00"], "Expected one --target for --input or --at."],
    [["--target", "terms", "--input", "0g"], 'Expected bytes in hexadecimal, got "0g".'],
    [["--quick"], "Unknown option '--quick'"],
  ])("%j cannot be", (args, expected) => {
    expect(() => readOptions(args, targets, defaults)).toThrow(expected);
  });
});

describe("npm run fuzz", () => {
  const script = fileURLToPath(new URL("../scripts/fuzz.mjs", import.meta.url));
  /** It compiles first, and other tests may have the processors. */
  const limitMs = 180_000;
  let temp: string;

  beforeEach(() => {
    temp = mkdtempSync(join(tmpdir(), "reign-fuzz-test-"));
  });

  afterEach(() => {
    rmSync(temp, { recursive: true });
  });

  async function run(args: string[], onStart?: (child: ChildProcess) => void) {
    const child = spawn(process.execPath, [script, ...args], {
      env: { ...process.env, TMPDIR: temp },
      stdio: ["ignore", "pipe", "pipe"],
    });
    onStart?.(child);
    const closed = once(child, "close");
    const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
    await closed;
    return { code: child.exitCode, output, errors };
  }

  test(
    "that is interrupted shows and writes what was found so far, and leaves nothing behind",
    async () => {
      const out = join(temp, "out");
      const { code, output, errors } = await run(["--minutes", "60", "--out", out], (child) => {
        child.stderr?.on("data", (chunk: Buffer) => {
          if (String(chunk).includes(", seed ")) child.kill("SIGINT");
        });
      });

      expect(code, `${errors}${output}`).toBe(130);
      expect(output).toMatch(/^[\d,]+ inputs in \d+ s, seed \d+$/m);
      expect(readdirSync(temp)).toEqual(["out"]);
      const record = JSON.parse(readFileSync(join(out, "reliability.json"), "utf8"));
      const [entry] = (record as { readonly scenarios: readonly Entry[] }).scenarios;
      const names = entry?.figures.map(({ title }) => title.split(":")[0]);
      expect(names).toEqual([...Object.keys(inputs), "inputs in all"]);
      expect(readFileSync(join(out, "reliability.md"), "utf8")).toContain("## fuzz: ");
    },
    limitMs,
  );

  test(
    "runs one input that it is given, and says that nothing is wrong with it",
    async () => {
      const { code, output } = await run(["--target", "terms", "--input", "00d107"]);

      expect({ code, output }).toEqual({ code: 0, output: "Nothing is wrong with it.\n" });
    },
    limitMs,
  );
});
