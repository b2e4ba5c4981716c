import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createTermCodec } from "../../src/codecs/term/term-codec.ts";
import { ByteWriter } from "../../src/core/byte-writer.ts";
import { DecodeError, NotSerializableError } from "../../src/core/errors.ts";
import { contractLimits, createCodecBench } from "../../src/testing/codec-bench.ts";
import { refusedValues } from "../../src/testing/codec-refusals.ts";
import { codecValues } from "../../src/testing/codec-values.ts";
import { whereDifferent } from "../../src/testing/same-value.ts";
import { holds, patienceMs } from "./effort.ts";
import { Cook, recipes, registerClasses } from "./term-recipes.ts";

function ref(number: number) {
  return { nodeId: "1", epoch: "0123456789abcdef", number };
}

const limits = { maxDepth: 40, maxValues: 1_000_000 };

/** As deep as a message may be. */
const deepest: unknown = Array.from({ length: limits.maxDepth - 1 }).reduce((inner) => [inner], []);

/** Paths beyond so many characters lose their middle. */
const longestPath = 240;

test(
  "whatever is made of the table of values arrives as the table says, and what is refused spoils nothing",
  async () => {
    const rare = [
      "again",
      "begun",
      "remade",
      ...[...codecValues(), ...refusedValues()].map(({ name }) => name),
    ];
    const messages = fc.array(recipes(true), { minLength: 1, maxLength: 6 });
    await holds("terms", { runs: 400, full: 100_000, rare }, (tally) =>
      fc.property(messages, (list) => {
        const bench = createCodecBench(createTermCodec(), limits);
        registerClasses(bench.types);
        const addressOf = (number: number) => bench.addressOf(ref(number));
        for (const recipe of list) {
          tally.commands += 1;
          const [sent, arrives] = [new Cook("sent", addressOf), new Cook("arrives", addressOf)];
          const message = sent.make(recipe);
          const wanted = arrives.make(recipe);
          for (const name of sent.used) tally.meet(name);
          if (sent.refusal === undefined) {
            expect(whereDifferent(bench.decode(bench.encode(message)), wanted)).toBeUndefined();
            continue;
          }
          const { path, says } = sent.refusal;
          const thrown = thrownBy(() => bench.encode(message));
          expect(thrown).toBeInstanceOf(NotSerializableError);
          if (!(thrown instanceof NotSerializableError)) return;
          if (path.length <= longestPath) expect(thrown.path).toBe(path);
          expect(thrown.message).toContain(says);
          // What was begun is forgotten: how deep it was, and what was in it.
          expect(whereDifferent(bench.decode(bench.encode(deepest)), deepest)).toBeUndefined();
        }
      }),
    );
  },
  patienceMs,
);

test(
  "what one side may not send by its limits the other does not take, and what it may arrives",
  async () => {
    const rare = ["refused", "taken"];
    const few = fc.record({
      maxDepth: fc.integer({ min: 1, max: 8 }),
      maxValues: fc.integer({ min: 1, max: 120 }),
    });
    await holds("terms, their limits", { runs: 400, full: 100_000, rare }, (tally) =>
      fc.property(recipes(false), few, (recipe, small) => {
        tally.commands += 1;
        const wide = createCodecBench(createTermCodec());
        const { codec, types, addressOf } = wide;
        registerClasses(types);
        const message = new Cook("sent", (number) => addressOf(ref(number))).make(recipe);
        const out = new ByteWriter(256);
        codec.createEncoder({ limits: contractLimits, types }).encode(message, out);
        const bytes = out.take();
        const encoder = codec.createEncoder({ limits: small, types });
        const refusal = thrownBy(() => encoder.encode(message, new ByteWriter(256)));
        const decoder = codec.createDecoder({ limits: small, types, addressOf });
        const failure = thrownBy(() => decoder.decode(bytes, 0, bytes.length));
        if (refusal !== undefined) expect(refusal).toBeInstanceOf(NotSerializableError);
        if (failure !== undefined) expect(failure).toBeInstanceOf(DecodeError);
        expect(failure === undefined).toBe(refusal === undefined);
        tally.meet(refusal === undefined ? "taken" : "refused");
      }),
    );
  },
  patienceMs,
);

function thrownBy(act: () => void): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}
