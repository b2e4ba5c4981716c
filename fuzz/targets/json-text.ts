/** Messages in the JSON format, made of its kinds: in order as far as one can be in one pass. */
import type { Draw } from "../draw.ts";
import { classNames } from "./classes.ts";

const leaves: readonly string[] = [
  ...["null", "true", "false", "0", "-7", "1.5", "1e300", "123456789012345678", '""', '"a"'],
  ...['"é"', '"\\ud800"', '"\\n"', '"__proto__"', '{"$undefined":true}', '{"$number":"-0"}'],
  ...['{"$number":"NaN"}', '{"$bigint":"-12"}', '{"$bigint":"0xffffffffffffffffffffff"}'],
  ...['{"$date":0}', '{"$date":null}', '{"$regexp":["a+","gi"]}', '{"$regexp":["\\\\p{L}","u"]}'],
  ...['{"$bytes":["Uint8Array","AQID"]}', '{"$bytes":["Float64Array",""]}', '{"$buffer":"AA=="}'],
  ...['{"$bytes":["Buffer","aGk="]}', '{"$address":"<1:0123456789abcdef:7>"}', '{"$ref":0}'],
  ...[
    '{"$ref":1}',
    '{"$closed":["1:0123456789abcdef:7","noproc"]}',
    '{"$error":["Error",null,""]}',
  ],
  ...['{"$claim":["n",[{"$address":"<2:0123456789abcdef:1>"}]]}', '{"$bare":{}}', "[]", "{}"],
];

export const jsonTokens: readonly string[] = [
  ...leaves,
  ...["[", "]", "{", "}", ",", ":", '"$', '"$$', '{"$def":[0,', '{"$def":[1,', '{"$map":[[', "]]}"],
  ...['{"$set":[', '{"$array":[[', '{"$instance":["kept",', '"cause"', '"stack"', '"length"', "\\"],
];

const keys = ["a", "b", "$$a", "__proto__", "constructor", "0", "17", "then", "é", "toJSON"];
const deepest = 5;

type Maker = (draw: Draw, part: () => string) => string;

const nodes: readonly Maker[] = [
  (draw, part) => `[${several(draw, part)}]`,
  (draw, part) => object(draw, part),
  (draw, part) => object(draw, part),
  (draw, part) => `{"$map":[${several(draw, () => `[${part()},${part()}]`)}]}`,
  (draw, part) => `{"$set":[${several(draw, part)}]}`,
  (draw, part) => `{"$bare":${object(draw, part)}}`,
  (draw, part) => `{"$array":[[${several(draw, part)}],{"index":${part()}}]}`,
  (draw, part) => `{"$error":["TypeError",null,"m",{"cause":${part()}},${object(draw, part)}]}`,
  (draw, part) => `{"$instance":["${draw.of(classNames)}",${object(draw, part)}]}`,
  (_, part) => `{"$error":["DOMException","AbortError","m",{},{"a":${part()}}]}`,
];

/** One value. */
export function jsonText(draw: Draw): string {
  let defined = 0;
  const value = (depth: number): string => {
    // Now and then something is not as it should be.
    if (draw.oneIn(60)) return draw.of(jsonTokens);
    const part = (): string => value(depth + 1);
    if (depth >= deepest || draw.below(10) < 2 + 2 * depth) return draw.of(leaves);
    if (!draw.oneIn(4)) return draw.of(nodes)(draw, part);
    const number = defined++;
    return `{"$def":[${number},${draw.of(nodes)(draw, part)}]}`;
  };
  return value(0);
}

function several(draw: Draw, part: () => string): string {
  return Array.from({ length: draw.size(5) }, part).join(",");
}

function object(draw: Draw, part: () => string): string {
  const first = draw.below(keys.length);
  const count = draw.size(4);
  const some = Array.from({ length: count }, (_, i) => keys[(first + i) % keys.length]);
  return `{${some.map((key) => `"${key}":${part()}`).join(",")}}`;
}
