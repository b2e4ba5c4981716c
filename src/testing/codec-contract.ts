/**
 * What a service relies on in any codec, as cases that need no test runner.
 *
 * Each case makes a fresh encoder and decoder and checks one promise of `ports/codec.ts`. A failure
 * is a plain `Error` that says what was expected.
 *
 *     for (const { name, run } of codecContract(createMyCodec)) test(name, run);
 */
import { ByteWriter } from "../core/byte-writer.ts";
import { NotSerializableError } from "../core/errors.ts";
import { MultipleClaim } from "../core/multiple-claim.ts";
import type { Codec } from "../ports/codec.ts";
import { type CodecBench, contractLimits, createCodecBench } from "./codec-bench.ts";
import { classCases } from "./codec-classes.ts";
import { refusedValues } from "./codec-refusals.ts";
import { codecValues } from "./codec-values.ts";
import { expect, expectBytes } from "./contract-checks.ts";

/** One promise of a codec. `run` throws, and says what was expected, where it is broken. */
export interface CodecCase {
  readonly name: string;
  /** Checks it on a fresh encoder and decoder. */
  run(): void;
}

/**
 * What a service relies on in any codec, as cases for any test runner: values that arrive equal,
 * values that are refused, limits, bytes that chance has made.
 */
export function codecContract(createCodec: () => Codec): readonly CodecCase[] {
  return [
    ...codecValues().map(({ name, value, arrives = value }) => ({
      name: `arrives: ${name}`,
      run: () => createCodecBench(createCodec()).expectArrival(value(), arrives()),
    })),
    ...refusedValues().map(({ name, value, path, says }) => ({
      name: `is refused with its path: ${name}`,
      run: () => createCodecBench(createCodec()).expectRefusal(value(), path, says),
    })),
    ...Object.entries({ ...cases, ...classCases }).map(([name, check]) => ({
      name,
      run: () => check(createCodecBench(createCodec()), createCodec),
    })),
  ];
}

const cases: Readonly<Record<string, (bench: CodecBench, createCodec: () => Codec) => void>> = {
  "the name can stand in a handshake": ({ codec }) => {
    expect(/^[a-z0-9-]{1,32}$/.test(codec.name), `a name of [a-z0-9-]{1,32}, got ${codec.name}`);
  },

  "messages are appended, one behind the other, and read out of the middle": (bench) => {
    const messages = codecValues().map(({ value, arrives = value }) => ({ value, arrives }));
    const out = new ByteWriter(64);
    out.raw(Uint8Array.of(1, 2, 3));
    const ends = messages.map(({ value }) => {
      bench.encoder.encode(value(), out);
      return out.length;
    });

    const bytes = out.take();

    expectBytes(bytes.subarray(0, 3), Uint8Array.of(1, 2, 3));
    messages.forEach(({ arrives }, i) => {
      const start = i === 0 ? 3 : (ends[i - 1] ?? 0);
      bench.expectSame(bench.decoder.decode(bytes, start, ends[i] ?? 0), arrives());
    });
  },

  "a message that comes again and again arrives each time": (bench) => {
    for (const { value, arrives = value } of codecValues()) {
      for (let i = 0; i < 100; i++) {
        const message = { number: i, value: value() };
        bench.expectArrival(message, { number: i, value: arrives() });
        if (bench.encode(message).length > 2_000) break;
      }
    }
  },

  "an encoder goes on after a refusal as if nothing had been": (bench) => {
    for (const { value, path, says } of refusedValues()) {
      bench.expectRefusal(
        { before: [{}, {}], value: value() },
        path.replace("message", "message.value"),
        says,
      );
      const shared = { s: 1 };
      bench.expectArrival([shared, shared], [shared, shared]);
    }
  },

  "what is sent is the value at that time": (bench) => {
    const message = { list: [1, 2], bytes: Uint8Array.of(1, 2) };
    const bytes = bench.encode(message);

    message.list.push(3);
    message.bytes.fill(9);

    bench.expectSame(bench.decode(bytes), { list: [1, 2], bytes: Uint8Array.of(1, 2) });
  },

  "what arrives shares no memory with the bytes": (bench) => {
    const address = bench.addressOf({ nodeId: "1", epoch: "0123456789abcdef", number: 5 });
    const make = () => ({
      text: "text that is long enough",
      bytes: [Buffer.alloc(3000, 1), Uint8Array.of(1).buffer, new DataView(new ArrayBuffer(2))],
      address,
    });

    // Chunks of a socket are Buffers; carriers of memory give plain views.
    for (const kind of [Buffer, Uint8Array]) {
      for (let round = 0; round < 3; round++) {
        const bytes: Uint8Array = kind.from(bench.encode(make()));
        const message = bench.decode(bytes);
        bytes.fill(0xff);
        bench.expectSame(message, make());
      }
    }
  },

  "a view brings no more of its buffer than it shows": (bench) => {
    const secret = Buffer.alloc(1000, "secret");
    const bytes = bench.encode({ part: secret.subarray(0, 4) });

    expect(Buffer.from(bytes).indexOf("secretsecret") < 0, "the rest of the buffer to stay");
    expect(bytes.length < 200, "few bytes");
  },

  "addresses are live, as deep as they may be and wherever they are": (bench) => {
    const address = bench.addressOf({ nodeId: "web-3", epoch: "0123456789abcdef", number: 77 });
    const other = bench.addressOf({ nodeId: "1", epoch: "fedcba9876543210", number: 2 ** 53 - 1 });
    const make = () => ({
      replyTo: address,
      map: new Map<unknown, unknown>([[address, [other]]]),
      set: new Set([other]),
      error: Object.assign(new Error("e", { cause: address }), { other }),
      claim: new MultipleClaim("name", [address, other]),
      again: [address, { address }],
    });

    const message = bench.decode(bench.encode(make())) as ReturnType<typeof make>;

    bench.expectSame(message, make());
    expect(message.replyTo === address, "the object that addressOf gives");
    expect(message.map.has(address) && message.set.has(other), "the same object as a key");
  },

  "an address is the same from message to message": (bench) => {
    for (let number = 1; number <= 600; number++) {
      const ref = { nodeId: `n${number % 7}`, epoch: "00000000000000ff", number };
      const address = bench.addressOf(ref);
      expect(bench.decode(bench.encode(address)) === address, `the address ${address.id}`);
      expect(bench.decode(bench.encode(address)) === address, `the address ${address.id} again`);
    }
  },

  "nesting to the limit travels, and one level more is refused": (bench) => {
    const { maxDepth } = contractLimits;

    for (const nest of nestings) {
      bench.expectArrival(nested(nest, maxDepth), nested(nest, maxDepth));
      bench.expectTooMuch(nested(nest, maxDepth + 1), "deeper");
      bench.expectTooMuch(nested(nest, 100 * maxDepth), "deeper");
    }
  },

  "more values than the limit are refused, without looking at them": (bench) => {
    bench.expectTooMuch(new Array(contractLimits.maxValues + 1).fill(1), "values");
    bench.expectTooMuch(new Array(1e8), "values");
    bench.expectTooMuch(
      Array.from({ length: 1001 }, () => new Array(1000).fill(0)),
      "values",
    );
  },

  "a decoder takes no more than its own limits allow": (bench, createCodec) => {
    const strict = createCodecBench(createCodec(), { maxDepth: 3, maxValues: 50 });
    const fits = [[[1, 2, 3]]];

    bench.expectSame(strict.decode(bench.encode(fits)), fits);
    strict.expectDecodeError(bench.encode([[[[1]]]]));
    strict.expectDecodeError(bench.encode(new Array(60).fill(1)));
  },

  "bytes that are missing or too many end in a DecodeError": (bench) => {
    for (const { value } of codecValues()) {
      const bytes = bench.encode(value());
      if (bytes.length > 2000) continue;
      for (let end = 0; end < bytes.length; end++) bench.expectDecodeError(bytes.subarray(0, end));
      bench.expectDecodeError(Uint8Array.of(...bytes, 0));
    }
  },

  "a message that changes while it is read is refused or arrives whole": (bench) => {
    const map = new Map<unknown, unknown>([["a", 1]]);
    map.set("b", {
      get grow() {
        map.set({}, 1);
        return 1;
      },
    });
    const shrinking = {
      get a() {
        Reflect.deleteProperty(shrinking, "b");
        return 1;
      },
      b: 2,
    };

    for (const message of [map, [shrinking]]) {
      try {
        bench.decode(bench.encode(message));
      } catch (thrown) {
        expect(thrown instanceof NotSerializableError, "a NotSerializableError");
      }
    }
    bench.expectArrival([1], [1]);
  },
};

const nestings: readonly ((inner: unknown) => unknown)[] = [
  (inner) => [inner],
  (inner) => ({ inner }),
  (inner) => new Map([["inner", inner]]),
  (inner) => new Map([[inner, 1]]),
  (inner) => new Set([inner]),
];

function nested(nest: (inner: unknown) => unknown, depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = nest(value);
  return value;
}
