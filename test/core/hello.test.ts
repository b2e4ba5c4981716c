import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DecodeError } from "../../src/core/errors.ts";
import {
  decodeConfirm,
  decodeHello,
  decodeRefuse,
  decodeWelcome,
  encodeHandshake,
  type Hello,
  maxHelloBytes,
  type Welcome,
} from "../../src/core/hello.ts";
import { readJsonBodies, readTable } from "./protocol-document.ts";

const bodies = readJsonBodies();
const encoder = new TextEncoder();

function json(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value));
}

const hello: Hello = {
  versions: [1, 3],
  cluster: "reign",
  from: "web-1",
  epoch: "0123456789abcdef",
  to: "web-2",
  codecs: ["term-3"],
  capabilities: ["fragments"],
  maxMessageBytes: 1_000,
  received: { epoch: "fedcba9876543210", messages: 7 },
};
const welcome: Welcome = { ...hello, version: 2, codec: "term-3", answers: "fedcba9876543210" };

/** A body with one field changed, or without it. */
function withField(body: object, key: string, value: unknown): Uint8Array {
  return json({ ...body, [key]: value });
}

describe("docs/protocol.md", () => {
  test("shows a hello and a welcome as they are written and read", () => {
    const texts = { hello: bodies.get("hello") ?? "", welcome: bodies.get("welcome") ?? "" };

    const read = {
      hello: decodeHello(encoder.encode(texts.hello)),
      welcome: decodeWelcome(encoder.encode(texts.welcome)),
    };

    expect(Buffer.from(encodeHandshake(read.hello)).toString()).toBe(texts.hello);
    expect(Buffer.from(encodeHandshake(read.welcome)).toString()).toBe(texts.welcome);
  });

  test("explains every field of a hello", () => {
    const explained = readTable("field").flatMap(([cell]) => cell?.split(", "));

    expect(explained.toSorted()).toEqual(Object.keys(hello).toSorted());
  });

  test("says how long a frame of the handshake may be", () => {
    const [row] = readTable("what").filter(([what]) =>
      what?.startsWith("a frame of the handshake"),
    );

    expect(row?.[1]).toBe(`${maxHelloBytes.toLocaleString("en")} bytes`);
  });
});

describe("round trips", () => {
  const names = fc.array(fc.stringMatching(/^[a-z0-9-]{1,32}$/), { maxLength: 64 });
  const nodeIds = fc.stringMatching(/^[A-Za-z0-9._-]{1,63}$/);
  const epochs = fc.stringMatching(/^[0-9a-f]{16}$/);
  const helloFields = {
    versions: fc
      .tuple(fc.integer({ min: 1, max: 65_535 }), fc.integer({ min: 1, max: 65_535 }))
      .map(([a, b]): [number, number] => [Math.min(a, b), Math.max(a, b)]),
    cluster: fc.stringMatching(/^[a-z0-9-]{1,63}$/),
    from: nodeIds,
    epoch: epochs,
    to: nodeIds,
    codecs: names,
    capabilities: names,
    maxMessageBytes: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    received: fc.record({ epoch: epochs, messages: fc.maxSafeNat() }, { noNullPrototype: true }),
  };

  test("a hello and a welcome come back as they were written", () => {
    const welcomes = fc.record(
      {
        ...helloFields,
        version: fc.integer({ min: 1, max: 65_535 }),
        codec: fc.stringMatching(/^[a-z0-9-]{1,32}$/),
        answers: epochs,
      },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(welcomes, (body) => {
        const { version: _version, codec: _codec, answers: _answers, ...plain } = body;

        expect(decodeWelcome(encodeHandshake(body))).toEqual(body);
        expect(decodeHello(encodeHandshake(body))).toEqual(plain);
      }),
    );
  });

  test("confirm and refuse come back as they were written", () => {
    expect(decodeConfirm(encodeHandshake({ answers: "0123456789abcdef" }))).toEqual({
      answers: "0123456789abcdef",
    });
    expect(decodeRefuse(encodeHandshake({ reason: "wrong_node" }))).toEqual({
      reason: "wrong_node",
    });
  });

  test("a welcome with every field at its limit fits into the longest frame", () => {
    const long = (length: number) => "z".repeat(length);
    const largest: Welcome = {
      versions: [65_534, 65_535],
      cluster: long(63),
      from: long(63),
      epoch: "0123456789abcdef",
      to: long(63),
      codecs: Array(64).fill(long(32)),
      capabilities: Array(64).fill(long(32)),
      maxMessageBytes: 2 ** 31,
      received: { epoch: "0123456789abcdef", messages: Number.MAX_SAFE_INTEGER },
      version: 65_535,
      codec: long(32),
      answers: "0123456789abcdef",
    };

    const bytes = encodeHandshake(largest);

    expect(decodeWelcome(bytes)).toEqual(largest);
    // Room is left for fields of later versions.
    expect(bytes.length + 1).toBeLessThan(maxHelloBytes - 2_048);
  });
});

describe("fields", () => {
  const odd = [
    undefined,
    null,
    true,
    0,
    -1,
    1.5,
    1e300,
    "",
    "\n",
    [],
    [[]],
    {},
    ["x", 1],
    "__proto__",
  ];
  const wrong: Record<string, readonly unknown[]> = {
    versions: [
      ...odd,
      [1],
      [1, 2, 3],
      [2, 1],
      [0, 1],
      [1, 65_536],
      [1.5, 2],
      ["1", "2"],
      [1, null],
    ],
    cluster: [...odd, "Reign", "a b", "x".repeat(64), "reign\n", ["reign"]],
    from: [...odd.filter((value) => value !== "__proto__"), "a:b", "x".repeat(64), "a\n", 1],
    to: [...odd.filter((value) => value !== "__proto__"), "a:b", "x".repeat(64), "a\n", 1],
    epoch: [...odd, "0123456789ABCDEF", "0123456789abcde", "0123456789abcdef0", 123],
    codecs: [
      ...odd.filter((value) => !Array.isArray(value) || value.length > 0),
      Array(65).fill("a"),
      ["A"],
      ["a".repeat(33)],
      [""],
      [null],
      { length: 1, 0: "a" },
    ],
    capabilities: [Array(65).fill("a"), ["a b"], "fragments", null, undefined],
    maxMessageBytes: [...odd, "5", 2 ** 31 + 1, 1e21],
  };
  const wrongInWelcome: Record<string, readonly unknown[]> = {
    version: [...odd, "1", 65_536],
    codec: [...odd, "Term", "x".repeat(33)],
    answers: [...odd, "0123456789ABCDEF", "0123456789abcde"],
  };

  test.each(Object.entries(wrong))(
    "a hello whose %s is missing or odd is refused",
    (key, values) => {
      for (const value of values) {
        expect(() => decodeHello(withField(hello, key, value))).toThrow(
          new DecodeError(`the field ${key} of a handshake is missing or not what it may be`),
        );
        expect(() => decodeWelcome(withField(welcome, key, value))).toThrow(DecodeError);
      }
    },
  );

  test.each(Object.entries(wrongInWelcome))(
    "a welcome whose %s is missing or odd is refused",
    (key, values) => {
      for (const value of values) {
        expect(() => decodeWelcome(withField(welcome, key, value))).toThrow(
          new DecodeError(`the field ${key} of a handshake is missing or not what it may be`),
        );
      }
    },
  );

  test("a confirm and a refuse with a missing or odd field are refused", () => {
    for (const value of odd) {
      expect(() => decodeConfirm(json({ answers: value }))).toThrow(DecodeError);
    }
    for (const value of [...odd, "Bad", "x".repeat(41), "a b", "a\u001b[31m"]) {
      if (value === "__proto__") continue;
      expect(() => decodeRefuse(json({ reason: value }))).toThrow(DecodeError);
    }
  });

  test("fields that are not known are ignored", () => {
    expect(decodeHello(withField(hello, "colour", { deep: ["blue"] }))).toEqual(hello);
    expect(decodeWelcome(withField(welcome, "constructor", null))).toEqual(welcome);
  });

  test("of two fields with one name the last counts", () => {
    const text = JSON.stringify(hello).replace('"from":"web-1"', '"from":"evil","from":"web-1"');

    expect(decodeHello(encoder.encode(text))).toEqual(hello);
  });

  test.each(["__proto__", "constructor", "prototype", "toString", "toJSON", "then"])(
    "a field called %s changes no prototype and stands for nothing else",
    (key) => {
      const text = JSON.stringify(hello);
      const payload = JSON.stringify(hello);
      const bytes = encoder.encode(`{"${key}":${payload},${text.slice(1)}`);
      const inPlaceOfAll = encoder.encode(`{"${key}":${payload}}`);

      const read = decodeHello(bytes);

      expect(read).toEqual(hello);
      expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
      expect(Object.hasOwn(read, key)).toBe(false);
      expect(() => decodeHello(inPlaceOfAll)).toThrow(DecodeError);
      expect(Reflect.get({}, "cluster")).toBeUndefined();
    },
  );
});

describe("any bytes", () => {
  const decoders = { decodeHello, decodeWelcome, decodeConfirm, decodeRefuse };
  const valid = [
    encodeHandshake(hello),
    encodeHandshake(welcome),
    encodeHandshake({ answers: "0123456789abcdef" }),
    encodeHandshake({ reason: "stopping" }),
  ];

  function readOrRefuse(bytes: Uint8Array): void {
    for (const decode of Object.values(decoders)) {
      try {
        decode(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
      }
    }
  }

  test("are read or refused with a DecodeError", () => {
    const changed = fc
      .tuple(fc.constantFrom(...valid), fc.nat(), fc.nat(255))
      .map(([bytes, at, value]) => bytes.with(at % bytes.length, value));
    const values = fc.jsonValue().map(json);
    const odd = fc
      .tuple(fc.constantFrom(...Object.keys(welcome)), fc.jsonValue())
      .map(([key, value]) => withField(welcome, key, value));

    fc.assert(
      fc.property(fc.oneof(changed, values, odd, fc.uint8Array({ maxLength: 100 })), readOrRefuse),
      { numRuns: 1_000 },
    );
  });

  test("cut short anywhere are refused", () => {
    for (const bytes of valid) {
      for (let end = 0; end < bytes.length; end++) {
        for (const decode of Object.values(decoders)) {
          expect(() => decode(bytes.subarray(0, end))).toThrow(DecodeError);
        }
      }
    }
  });

  test.each([
    ["nothing", ""],
    ["no JSON", "hello"],
    ["two values", "{}{}"],
    ["a text", '"hello"'],
    ["null", "null"],
    ["a list", "[]"],
    ["nesting to the last byte", "[".repeat(maxHelloBytes - 1)],
    ["nested lists to the last byte", "[".repeat(4_000) + "]".repeat(4_000)],
    ["a byte order mark", `\ufeff${JSON.stringify(hello)}`],
  ])("%s is no hello", (_what, text) => {
    for (const decode of Object.values(decoders)) {
      expect(() => decode(encoder.encode(text))).toThrow(DecodeError);
    }
  });

  test("what is no JSON, and JSON that is no object, is said to be so", () => {
    expect(() => decodeHello(encoder.encode("{"))).toThrow(
      new DecodeError("a handshake is not JSON"),
    );
    expect(() => decodeHello(encoder.encode("null"))).toThrow(
      new DecodeError("a handshake is no object"),
    );
  });

  test("JSON in another encoding is no hello", () => {
    const utf16 = Buffer.from(JSON.stringify(hello), "utf16le");
    const latin1 = Buffer.from(JSON.stringify({ ...hello, extra: "é" }), "latin1");

    expect(() => decodeHello(utf16)).toThrow(DecodeError);
    expect(() => decodeHello(latin1)).toThrow(DecodeError);
  });
});
