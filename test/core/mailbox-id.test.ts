import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ReignError } from "../../src/core/errors.ts";
import {
  epochFromBytes,
  epochToBytes,
  formatMailboxId,
  isNodeId,
  type MailboxRef,
  mailboxRefFromBytes,
  mailboxRefToBytes,
  nodeIdOf,
  parseMailboxId,
  toNodeId,
} from "../../src/core/mailbox-id.ts";

const nodeIds = fc.stringMatching(/^[A-Za-z0-9._-]{1,63}$/);
const epochs = fc.stringMatching(/^[0-9a-f]{16}$/);
const numbers = fc.oneof(
  fc.integer({ min: 1, max: 300 }),
  fc.maxSafeInteger().map((n) => Math.max(1, Math.abs(n))),
);
const refs: fc.Arbitrary<MailboxRef> = fc.record(
  { nodeId: nodeIds, epoch: epochs, number: numbers },
  { noNullPrototype: true },
);

const epoch = "0123456789abcdef";

function refusal(act: () => unknown): ReignError<"REIGN_ILLEGAL_ADDRESS_FORMAT"> {
  try {
    act();
  } catch (error) {
    if (ReignError.is(error, "REIGN_ILLEGAL_ADDRESS_FORMAT")) return error;
    throw error;
  }
  throw new Error("Expected a refusal, got none.");
}

/** The bytes of an address of node 1 whose number is written as `number`. */
function bytesWith(number: readonly number[]): Uint8Array {
  return Uint8Array.from([0x3c, 1, 0x31, ...epochToBytes(epoch), ...number]);
}

describe("text", () => {
  test("an id comes back from its text, with the brackets of an address and without", () => {
    fc.assert(
      fc.property(refs, (ref) => {
        const id = formatMailboxId(ref);

        expect(parseMailboxId(id)).toEqual(ref);
        expect(parseMailboxId(`<${id}>`)).toEqual(ref);
        expect(nodeIdOf(id)).toBe(ref.nodeId);
      }),
    );
  });

  test("an id has one text only", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc
            .tuple(fc.string(), fc.string(), fc.string())
            .map(([node, run, number]) => `${node}:${run}:${number}`),
          fc
            .tuple(nodeIds, epochs, fc.stringMatching(/^[0-9]{1,17}$/))
            .map(([node, run, number]) => `${node}:${run}:${number}`),
        ),
        (text) => {
          let ref: MailboxRef;
          try {
            ref = parseMailboxId(text);
          } catch (error) {
            expect(ReignError.is(error, "REIGN_ILLEGAL_ADDRESS_FORMAT")).toBe(true);
            return;
          }
          expect([formatMailboxId(ref), `<${formatMailboxId(ref)}>`]).toContain(text);
        },
      ),
    );
  });

  test.each([
    ["empty text", ""],
    ["brackets with nothing in them", "<>"],
    ["the seed's form without an incarnation", "<1:7>"],
    ["no closing bracket", `<1:${epoch}:7`],
    ["no opening bracket", `1:${epoch}:7>`],
    ["brackets twice", `<<1:${epoch}:7>>`],
    ["no node", `:${epoch}:7`],
    ["a node id of 64 characters", `${"n".repeat(64)}:${epoch}:7`],
    ["a node id with a space", `a b:${epoch}:7`],
    ["a node id with a letter of another script", `ä:${epoch}:7`],
    ["an epoch of 15 digits", `1:${epoch.slice(1)}:7`],
    ["an epoch of 17 digits", `1:${epoch}0:7`],
    ["an epoch in upper case", `1:${epoch.toUpperCase()}:7`],
    ["no number", `1:${epoch}:`],
    ["the number 0", `1:${epoch}:0`],
    ["a number with a leading zero", `1:${epoch}:07`],
    ["a negative number", `1:${epoch}:-7`],
    ["a fraction", `1:${epoch}:7.5`],
    ["an exponent", `1:${epoch}:7e1`],
    ["letters for a number", `1:${epoch}:seven`],
    ["a number beyond 2^53 - 1", `1:${epoch}:9007199254740992`],
    ["a number of 17 digits", `1:${epoch}:10000000000000000`],
    ["one part too many", `1:${epoch}:7:7`],
    ["white space in front", ` 1:${epoch}:7`],
    ["a line break behind", `1:${epoch}:7\n`],
    ["a line break behind the bracket", `<1:${epoch}:7>\n`],
  ])("%s is no address", (_what, text) => {
    expect(refusal(() => parseMailboxId(text)).message).toContain("Expected an address like <1:");
  });

  test("the longest node id and the largest number are an address", () => {
    const nodeId = "n".repeat(63);

    expect(parseMailboxId(`<${nodeId}:${epoch}:9007199254740991>`)).toEqual({
      nodeId,
      epoch,
      number: Number.MAX_SAFE_INTEGER,
    });
  });

  test("a refusal quotes no more than the beginning of a long text", () => {
    const { message, details } = refusal(() => parseMailboxId("\u001b[31m\n".repeat(1_000)));

    expect(details.input.length).toBeLessThan(600);
    expect(message).not.toMatch(/\p{Cc}/u);
  });

  test("what is no text is the caller's mistake", () => {
    expect(() => Reflect.apply(nodeIdOf, undefined, [7])).toThrow(
      new TypeError("Expected an address, got number."),
    );
  });
});

describe("bytes", () => {
  test("an id comes back from its bytes", () => {
    fc.assert(
      fc.property(refs, (ref) => {
        expect(mailboxRefFromBytes(mailboxRefToBytes(ref))).toEqual(ref);
      }),
    );
  });

  test("any bytes are an address with this one form, or are refused", () => {
    const nearMisses = refs.chain((ref) => {
      const bytes = mailboxRefToBytes(ref);
      const changed = fc
        .tuple(fc.nat(bytes.length - 1), fc.nat(255))
        .map(([at, value]) => bytes.with(at, value));
      return fc.oneof(
        changed,
        fc.nat(bytes.length).map((end) => bytes.subarray(0, end)),
      );
    });

    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 80 }), nearMisses), (bytes) => {
        let ref: MailboxRef;
        try {
          ref = mailboxRefFromBytes(bytes);
        } catch (error) {
          expect(ReignError.is(error, "REIGN_ILLEGAL_ADDRESS_FORMAT")).toBe(true);
          return;
        }
        expect([...mailboxRefToBytes(ref)]).toEqual([...bytes]);
      }),
      { numRuns: 1_000 },
    );
  });

  test("bytes cut short anywhere, or with one more behind, are no address", () => {
    const bytes = mailboxRefToBytes({ nodeId: "web-3", epoch, number: 300 });

    for (let end = 0; end < bytes.length; end++) {
      refusal(() => mailboxRefFromBytes(bytes.subarray(0, end)));
    }
    for (const more of [0, 1, 0x80, 0xff]) {
      refusal(() => mailboxRefFromBytes(Uint8Array.from([...bytes, more])));
    }
  });

  test.each([
    ["another first byte", [0x3e, 1, 0x31, ...epochToBytes(epoch), 7]],
    ["a node id without characters", [0x3c, 0, ...epochToBytes(epoch), 7]],
    ["a node id of 64 characters", [0x3c, 64, ...Array(64).fill(0x6e), ...epochToBytes(epoch), 7]],
    ["a node id that is said to be longer than all bytes", [0x3c, 255, 0x31, 7]],
    ["a node id with a colon", [0x3c, 3, 0x31, 0x3a, 0x31, ...epochToBytes(epoch), 7]],
    ["the number 0", [...bytesWith([0])]],
    ["a padded number", [...bytesWith([0x87, 0])]],
    ["a padded zero", [...bytesWith([0x80, 0])]],
    ["a number that does not end", [...bytesWith([0x87])]],
    ["2^53", [...bytesWith([0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10])]],
    ["a number of a thousand bytes", [...bytesWith([...Array(999).fill(0x80), 1])]],
    ["a number of a thousand empty bytes", [...bytesWith(Array(1_000).fill(0x80))]],
  ])("%s is no address", (_what, bytes) => {
    expect(refusal(() => mailboxRefFromBytes(Uint8Array.from(bytes))).details.input).toMatch(
      /^\d+ bytes [0-9a-f ]{2,}$/,
    );
  });

  test("an epoch comes back from its bytes, wherever they lie", () => {
    fc.assert(
      fc.property(epochs, fc.nat(5), (text, before) => {
        const bytes = Uint8Array.from([...Array(before).fill(0xee), ...epochToBytes(text), 0xee]);

        expect(epochFromBytes(bytes, before)).toBe(text);
      }),
    );
  });
});

describe("node ids", () => {
  test.each([
    [0, "0"],
    [255, "255"],
    [1_000, "1000"],
    ["7", "7"],
    ["web-3.example_2", "web-3.example_2"],
  ])("%j is the node %s", (input, text) => {
    expect(toNodeId(input)).toBe(text);
  });

  test.each([
    -1,
    1.5,
    2 ** 53,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    "",
    "a b",
    "a:b",
    "1\n",
    "n".repeat(64),
    "ä",
    null,
    undefined,
    7n,
    {},
    Symbol("1"),
  ])("%s is no node id, which the caller is told with a TypeError", (input) => {
    expect(() => Reflect.apply(toNodeId, undefined, [input])).toThrow(
      /^Expected a node id like "1" or "web-3", got /,
    );
    expect(() => Reflect.apply(toNodeId, undefined, [input])).toThrow(TypeError);
  });

  test("a node id has 1 to 63 characters out of those that need no quoting anywhere", () => {
    for (let code = 0; code < 256; code++) {
      const char = String.fromCharCode(code);
      expect([char, isNodeId(`a${char}`)]).toEqual([char, /[A-Za-z0-9._-]/.test(char)]);
    }
    expect([0, 1, 63, 64].map((length) => isNodeId("x".repeat(length)))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });
});
