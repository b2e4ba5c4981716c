/** What every codec does with the instances of registered classes, as cases of the contract. */
import { UnknownTypeError } from "../core/instance-form.ts";
import type { Codec } from "../ports/codec.ts";
import { type CodecBench, createCodecBench } from "./codec-bench.ts";
import { expect, expectEqual, fail } from "./contract-checks.ts";

class Point {
  x: number;
  y: number;

  constructor(x: number, y: number) {
    this.x = x;
    this.y = y;
  }

  get length(): number {
    return Math.hypot(this.x, this.y);
  }
}

class Point3 extends Point {
  readonly z: number = 3;
}

/** Holds what travels out of the reach of codecs. */
class Money {
  readonly #cents: bigint;

  constructor(cents: bigint) {
    this.#cents = cents;
  }

  get cents(): bigint {
    return this.#cents;
  }
}

class Member {
  name: string;
  readonly friends: unknown[] = [];
  by: Map<unknown, unknown> = new Map();

  constructor(name: string) {
    this.name = name;
  }
}

class Box {
  amount: unknown = 1;
}

class PaymentFailed extends RangeError {
  override readonly name = "PaymentFailed";
  readonly attempts: unknown[];

  constructor(message: string, attempts: unknown[], options?: ErrorOptions) {
    super(message, options);
    this.attempts = attempts;
  }
}

class Inventory extends Map<string, number> {}

/** Registers the class as a program would who has nothing to say of it. */
function withPoint(bench: CodecBench): CodecBench {
  bench.types.register(Point, { name: "Point" });
  return bench;
}

function withMember(bench: CodecBench): CodecBench {
  bench.types.register(Member, { name: "Member" });
  return bench;
}

/** Whose `decode` makes an object of its own, which has seen a constructor. */
function withRemade(bench: CodecBench): CodecBench {
  bench.types.register(Member, {
    name: "Member",
    encode: ({ name, friends, by }) => [name, friends, by],
    decode: ([name, friends, by]: [string, unknown[], Map<unknown, unknown>]) =>
      Object.assign(new Member(name), { friends, by }),
  });
  return bench;
}

function circle(): Member {
  const [ann, bob] = [new Member("Ann"), new Member("Bob")];
  ann.friends.push(ann, bob, { of: bob });
  bob.friends.push(ann, bob);
  ann.by.set(bob, ann);
  bob.by.set("self", bob).set(ann, [ann]);
  return ann;
}

function expectUnknown(bench: CodecBench, bytes: Uint8Array, typeName: string): UnknownTypeError {
  try {
    bench.decode(bytes);
  } catch (thrown) {
    if (!(thrown instanceof UnknownTypeError)) {
      return fail(`an UnknownTypeError, got ${String(thrown)}`);
    }
    expectEqual(thrown.typeName, typeName, "the name of the class");
    bench.expectArrival([1, { a: 1 }], [1, { a: 1 }]);
    return thrown;
  }
  return fail(`no instance of ${typeName}`);
}

export type ClassCase = (bench: CodecBench, createCodec: () => Codec) => void;

export const classCases: Readonly<Record<string, ClassCase>> = {
  "an instance of a registered class arrives as one, wherever it is": (bench) => {
    const make = () => ({
      point: new Point(1, -0),
      list: [new Point(2, 3), [new Point(4, 5)]],
      map: new Map<unknown, unknown>([[new Point(6, 7), new Point(8, 9)]]),
      set: new Set([new Point(0, 1)]),
      error: new Error("e", { cause: new Point(1, 1) }),
    });
    withPoint(bench).expectArrival(make(), make());
    const point = bench.decode(bench.encode(new Point(3, 4)));
    expect(point instanceof Point && point.length === 5, "the methods of the class");
  },

  "an instance that is shared stays shared, with what is inside it": (bench) => {
    const make = () => {
      const [point, list] = [new Point(1, 2), [new Point(3, 4)]];
      const member = Object.assign(new Member("x"), { by: new Map([[point, list]]) });
      return { a: point, b: [point, list[0]], list, member, again: member };
    };
    withMember(withPoint(bench)).expectArrival(make(), make());
  },

  "instances in a circle arrive in that circle": (bench) => {
    withMember(bench).expectArrival(circle(), circle());
    bench.expectArrival({ ann: circle() }, { ann: circle() });
  },

  "so they do where decode makes objects of its own": (bench) => {
    withRemade(bench).expectArrival(circle(), circle());
    bench.expectArrival([new Member("a"), circle()], [new Member("a"), circle()]);
  },

  "encode and decode of the class say what travels and what becomes of it": (bench) => {
    bench.types.register(Money, {
      name: "Money",
      encode: ({ cents }) => cents,
      decode: (cents: bigint) => new Money(cents),
    });
    const money = new Money(10n ** 30n);
    const arrived = bench.decode(bench.encode({ money, same: money })) as Record<string, Money>;

    expect(arrived["money"] instanceof Money, "an instance");
    expectEqual(arrived["money"]?.cents, 10n ** 30n, "what the instance holds");
    expect(arrived["money"] === arrived["same"], "one instance");
  },

  "a class that extends Map travels with encode and decode": (bench) => {
    bench.types.register(Inventory, {
      name: "Inventory",
      encode: (inventory) => [...inventory],
      decode: (entries: [string, number][]) => new Inventory(entries),
    });
    const make = () => [new Inventory([["a", 1]]), new Inventory()];
    bench.expectArrival(make(), make());
  },

  "fields that are not named travel to nobody and are taken from nobody": (bench, createCodec) => {
    class Old {
      x: unknown = 1;
      y: unknown = 2;
    }
    class New {
      x: unknown;
      added: unknown;
    }
    const other = createCodecBench(createCodec());
    bench.types.register(Old, { name: "V" });
    other.types.register(New, { name: "V", fields: ["x", "added"] });
    const older = Object.assign(Object.create(New.prototype), { x: 1 });
    bench.expectSame(other.decode(bench.encode(new Old())), older);
    const newer = Object.assign(new New(), { x: 5, added: 6, secret: 7 });
    const taken = Object.assign(Object.create(Old.prototype), { x: 5, added: 6 });
    bench.expectSame(bench.decode(other.encode(newer)), taken);
  },

  "a field is an own property whatever it is called": (bench) => {
    const make = () => {
      const point = new Point(1, 2);
      for (const key of ["__proto__", "length", "constructor", "then"]) {
        Object.defineProperty(point, key, {
          value: key,
          enumerable: true,
          writable: true,
          configurable: true,
        });
      }
      return point;
    };
    withPoint(bench).expectArrival(make(), make());
  },

  "an error of a registered class arrives as that, with what it hides": (bench) => {
    bench.types.register(PaymentFailed, { name: "PaymentFailed" });
    const make = () => {
      const error = new PaymentFailed("no", [1], { cause: new Point3(1, 2).z });
      error.attempts.push(error);
      return { error, plain: new RangeError("r") };
    };
    bench.expectArrival(make(), make());
    const arrived = bench.decode(bench.encode(make().error));
    expect(arrived instanceof PaymentFailed, "an instance");
    expectEqual((arrived as Error).stack, "PaymentFailed: no", "the stack");
  },

  "an error of a registered class has no stack but the line of its name and message": (bench) => {
    bench.types.register(PaymentFailed, {
      name: "PaymentFailed",
      encode: () => ({ name: "N", message: "m", stack: "not here" }),
    });
    const made = bench.decode(bench.encode(new PaymentFailed("no", [])));
    expectEqual((made as Error).stack, "N: m", "the stack");
  },

  "what a getter of the class throws is no fault of the bytes": (bench) => {
    class Guarded extends Error {
      readonly #name = "Guarded";

      override get name(): string {
        return this.#name;
      }
    }
    bench.types.register(Guarded, { name: "Guarded" });
    const unknown = expectUnknown(bench, bench.encode([new Guarded("x")]), "Guarded");
    expect(unknown.cause instanceof TypeError, "a TypeError as the cause");
  },

  "an instance of a subclass is no instance of the class": (bench) => {
    withPoint(bench).expectRefusal({ p: new Point3(1, 2) }, "message.p", "class Point3");
    bench.types.register(Point3, { name: "Point3" });
    bench.expectArrival([new Point3(1, 2), new Point(1, 2)], [new Point3(1, 2), new Point(1, 2)]);
  },

  "a class that is registered later travels from then on": (bench) => {
    bench.expectRefusal([new Point(1, 2)], "message[0]", "class Point");
    withPoint(bench).expectArrival([new Point(1, 2)], [new Point(1, 2)]);
  },

  "what cannot travel inside an instance is refused with its place": (bench) => {
    withMember(bench);
    const member = new Member("x");
    member.friends.push(1, () => 1);
    bench.expectRefusal({ member }, "message.member.friends[1]", "a function");
    bench.expectArrival({ member: new Member("y") }, { member: new Member("y") });
  },

  "an encode that throws is a refusal with its place and its cause": (bench) => {
    const cause = new Error("not today");
    bench.types.register(Box, {
      name: "Box",
      encode: () => {
        throw cause;
      },
    });
    bench.expectRefusal({ list: [new Box()] }, "message.list[0]", "threw");
    try {
      bench.encode(new Box());
    } catch (thrown) {
      expectEqual((thrown as Error).cause, cause, "the cause");
    }
  },

  "an encode that gives another instance without end is refused": (bench) => {
    bench.types.register(Box, { name: "Box", encode: () => new Box() });
    bench.expectTooMuch(new Box(), "deeper");
  },

  "a name that is not registered is told, and nothing else is lost by it": (bench, createCodec) => {
    const other = createCodecBench(createCodec());
    const bytes = withMember(withPoint(bench)).encode([{ a: new Point(1, 2) }, circle()]);
    expectUnknown(other, bytes, "Point");
    expectUnknown(withPoint(other), bytes, "Member");
    for (const name of ["__proto__", "constructor", "toString", "é\u{1f600}", "x".repeat(255)]) {
      const sender = createCodecBench(createCodec());
      sender.types.register(Point, { name });
      expectUnknown(other, sender.encode(new Point(1, 2)), name);
    }
  },

  "a decode that throws is told with its cause": (bench) => {
    const cause = new Error("not that");
    bench.types.register(Box, {
      name: "Box",
      decode: () => {
        throw cause;
      },
    });
    const unknown = expectUnknown(bench, bench.encode([new Box()]), "Box");
    expectEqual(unknown.cause, cause, "the cause");
  },

  "so is one that makes no instance of the class": (bench) => {
    const made: unknown[] = [1, null, {}, new Point3(1, 2), () => 1, Promise.resolve(1)];
    for (const each of made) {
      bench.types.register(Box, { name: "Box", decode: () => each as Box });
      const unknown = expectUnknown(bench, bench.encode([new Box()]), "Box");
      expect(unknown.cause instanceof TypeError, "a TypeError as the cause");
    }
  },

  "a value that is no object of fields is no instance for a class without decode": (bench) => {
    for (const value of [1, "text", null, undefined, [1], new Map(), new Date(0)]) {
      bench.types.register(Box, { name: "Box", encode: () => value });
      const unknown = expectUnknown(bench, bench.encode([new Box()]), "Box");
      expectEqual(unknown.cause, undefined, "the cause");
    }
  },

  "what extends a builtin cannot be inside itself": (bench) => {
    const decode = ([table]: unknown[]) => Object.assign(new Inventory(), { again: table });
    bench.types.register(Inventory, { name: "Inventory", encode: (own) => [own], decode });
    expectUnknown(bench, bench.encode(new Inventory()), "Inventory");
  },

  "nesting of instances to the limit travels, and beyond is refused": (bench, createCodec) => {
    bench.types.register(Box, { name: "Box" });
    const nested = (depth: number) => {
      let value: unknown = 1;
      for (let i = 0; i < depth; i++) value = Object.assign(new Box(), { amount: value });
      return value;
    };
    bench.expectArrival(nested(400), nested(400));
    bench.expectTooMuch(nested(2_000), "deeper");
    const strict = createCodecBench(createCodec(), { maxDepth: 10, maxValues: 1_000 });
    strict.types.register(Box, { name: "Box" });
    strict.expectDecodeError(bench.encode(nested(50)));
  },
};
