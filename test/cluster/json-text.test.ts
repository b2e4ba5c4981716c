import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseJson } from "../../src/cluster/json-text.ts";

describe("JSON written by hand", () => {
  test.each([
    ["", 1, 1, "Expected a value, got the end of the text."],
    ["{", 1, 2, "Expected a key in double quotes, got the end of the text."],
    ['{\n  "a": 1,\n}', 3, 1, 'Expected a key in double quotes, got "}".'],
    ['{\n  "a": 1\n  "b": 2\n}', 3, 3, 'Expected a comma or }, got "\\"".'],
    ["[1, 2,\n ]", 2, 2, 'Expected a value, got "]".'],
    ['{"a" 1}', 1, 6, 'Expected a colon, got "1".'],
    ["{a: 1}", 1, 2, 'Expected a key in double quotes, got "a".'],
    ['{"a": 01}', 1, 8, 'Expected a comma or }, got "1".'],
    ['{"a": tru}', 1, 7, 'Expected a value, got "t".'],
    ['{"a": "x\ny"}', 1, 7, "A text that does not end on its line, or has a wrong escape in it."],
    ["{} // end", 1, 4, 'Expected the end of the text, got "/".'],
    ['{"n": {},\n "n": {}}', 2, 2, 'The key "n" is there twice.'],
    ["[".repeat(100_000), 1, 66, "Nested more than 64 deep."],
  ])("%#: the place of a mistake is told", (text, line, column, message) => {
    expect(parseJson(text)).toEqual({ mistake: { line, column, message } });
  });

  test("a byte order mark and blanks around the value are no mistakes", () => {
    expect(parseJson('\ufeff \r\n\t{"a": [1, -2.5e3, "x\\u0041", null]} \n')).toEqual({
      value: { a: [1, -2500, "xA", null] },
    });
  });

  test("a text inside may be as long as a spec with certificates in it, and longer", () => {
    const long = "-----\n".repeat(1_000_000);

    expect(parseJson(JSON.stringify([long]))).toEqual({ value: [long] });
    expect(parseJson(`["${"x".repeat(5_000_000)}`)).toHaveProperty("mistake.column", 2);
  });

  test("every JSON text means what JSON.parse makes of it", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), fc.nat(3), (text, indent) => {
        const spaced = JSON.stringify(JSON.parse(text), undefined, indent);

        expect(parseJson(spaced)).toEqual({ value: JSON.parse(spaced) });
      }),
    );
  });

  test("what JSON.parse refuses is refused, and nothing else but a key that is there twice", () => {
    const damaged = fc
      .tuple(
        fc.json({ maxDepth: 3 }),
        fc.nat(),
        fc.constantFrom("", ",", "}", "]", '"', "0", "\\", "\n"),
      )
      .map(
        ([text, at, put]) =>
          text.slice(0, at % (text.length + 1)) + put + text.slice((at % (text.length + 1)) + 1),
      );
    fc.assert(
      fc.property(damaged, (text) => {
        const parsed = parseJson(text);
        if ("mistake" in parsed && parsed.mistake.message.includes("twice")) return;

        expect("value" in parsed).toBe(isJson(text));
      }),
      { numRuns: 1000 },
    );
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
