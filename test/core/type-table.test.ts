import { describe, expect, test } from "vitest";
import { MailboxClosed } from "../../src/core/close-notice.ts";
import { DecodeError, ReignError } from "../../src/core/errors.ts";
import { UnknownTypeError } from "../../src/core/instance-form.ts";
import { MultipleClaim } from "../../src/core/multiple-claim.ts";
import { TypeTable } from "../../src/core/type-table.ts";

class Order {
  id = 1;
}

class BigOrder extends Order {}

class Table extends Map<string, number> {}

class Failure extends Error {}

class RangeFailure extends RangeError {}

function register(type: unknown, options: unknown, table = new TypeTable()): TypeTable {
  table.register(type as never, options as never);
  return table;
}

describe("a class is registered", () => {
  test("under a name, by which and by whose prototype it is found, and nothing else is", () => {
    const table = register(Order, { name: "Order" });

    expect(table.of(Order.prototype)?.name).toBe("Order");
    expect(table.of(BigOrder.prototype)).toBeUndefined();
    expect(table.of(Object.prototype)).toBeUndefined();
    expect(table.named("Order")).toBe(table.of(Order.prototype));
    for (const name of ["order", "", "__proto__", "constructor", "toString"]) {
      expect(() => table.named(name)).toThrow(UnknownTypeError);
      expect(() => table.named(name)).toThrow(DecodeError);
    }
  });

  test("again under its name, with other options, which then hold", () => {
    const table = register(Order, { name: "Order" });
    register(Order, { name: "Order", fields: [] }, table);

    expect(table.of(Order.prototype)?.encode(new Order())).toEqual({});
    expect(table.named("Order")).toBe(table.of(Order.prototype));
  });

  test("with a name as long as 255 characters, of any well-formed text", () => {
    for (const name of ["x".repeat(255), "é", "\u{1f600}", " ", "__proto__"]) {
      expect(register(Order, { name }).named(name).name).toBe(name);
    }
  });

  test("with an encode that may not give the instance itself, which nobody could read", () => {
    const table = new TypeTable();
    table.register(Order, { name: "Order", encode: (order) => order });

    expect(() => table.of(Order.prototype)?.encode(new Order())).toThrow(
      'Expected encode of "Order" to give what travels, got the instance itself.',
    );
  });

  test("with encode and decode that may use `this`", () => {
    const table = register(Order, {
      name: "Order",
      encode(this: { readonly name: string }) {
        return this.name;
      },
    });

    expect(table.of(Order.prototype)?.encode(new Order())).toBe("Order");
  });
});

describe("what cannot be registered is refused in words that say why", () => {
  const name = "Order";
  const noop = () => undefined;
  test.each<readonly [what: string, type: unknown, options: unknown, says: string]>([
    ["no class", undefined, { name }, "Expected a class to register, got undefined."],
    ["an instance", new Order(), { name }, "Expected a class to register, got object."],
    ["a text", "Order", { name }, 'Expected a class to register, got "Order".'],
    ["an arrow function", noop, { name }, 'Expected a class to register, got the function "noop".'],
    ["Object", Object, { name }, "Expected a class of your own, got Object."],
    ["Map", Map, { name }, "Expected a class of your own, got Map."],
    ["Error", Error, { name }, "Expected a class of your own, got Error."],
    ["a close notice", MailboxClosed, { name }, "Expected a class of your own, got MailboxClosed."],
    ["a conflict", MultipleClaim, { name }, "Expected a class of your own, got MultipleClaim."],
    ["an error of ours", ReignError, { name }, "Expected a class of your own, got ReignError."],
    ["no options", Order, undefined, "Expected options such as { name }, got undefined."],
    ["a name alone", Order, "Order", 'Expected options such as { name }, got "Order".'],
    ["no name", Order, {}, "Expected name to be a string, got undefined."],
    ["an empty name", Order, { name: "" }, 'of well-formed text, got "".'],
    ["half a character", Order, { name: "\ud800" }, "of well-formed text, got "],
    ["a long name", Order, { name: "x".repeat(256) }, "Expected a name of 1 to 255 characters"],
    ["a misspelt option", Order, { name, encoder: noop }, "encoder"],
    ["an encode that is none", Order, { name, encode: 1 }, "Expected encode of "],
    ["fields that are none", Order, { name, fields: "id" }, "Expected fields to be an array"],
    ["a field that is none", Order, { name, fields: [1] }, "Expected fields to be an array"],
    ["two ways", Order, { name, fields: [], decode: noop }, "to have fields, or encode and decode"],
    ["a map with no way", Table, { name }, 'Expected encode and decode for "Order"'],
    [
      "a map with half a way",
      Table,
      { name, encode: noop },
      'Expected encode and decode for "Order"',
    ],
  ])("%s", (_, type, options, says) => {
    expect(() => register(type, options)).toThrow(says);
  });

  test("a name that another class has, and a second name for a class", () => {
    const table = register(Order, { name });

    expect(() => register(BigOrder, { name }, table)).toThrow(
      'Expected a name that no other class has, got "Order".',
    );
    expect(() => register(Order, { name: "Other" }, table)).toThrow(
      'Expected the name that the class has here, "Order", got "Other".',
    );
    expect(table.of(BigOrder.prototype)).toBeUndefined();
    expect(() => table.named("Other")).toThrow(UnknownTypeError);
  });
});

describe("an error of a registered class", () => {
  test.each([Failure, RangeFailure])("is an error from the beginning: %o", (type) => {
    const table = register(type, { name: "Failure" });
    const begun = table.named("Failure").begin();

    expect(begun).toBeInstanceOf(type);
    expect(Object.prototype.toString.call(begun)).toBe("[object Error]");
  });

  test("takes no stack from anybody, also where it is among the fields", () => {
    const table = register(Failure, { name: "Failure", fields: ["message", "stack"] });
    const form = table.named("Failure");
    const made = form.decode({ message: "m", stack: "forged\n at home" }, form.begin(), false);

    expect((made as Error).stack).toBe("Error: m");
    expect(form.encode(new Failure("m"))).toEqual({ message: "m" });
  });
});
