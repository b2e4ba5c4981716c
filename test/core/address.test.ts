import { expect, test } from "vitest";
import { addressBrand, isAddress, mailboxBrand } from "../../src/core/address.ts";

class OfAnotherCopy {}
Object.defineProperty(OfAnotherCopy.prototype, Symbol.for("reign.address"), { value: true });

test("an object with the brand is an address, whichever copy of the package made it", () => {
  expect(isAddress({ [addressBrand]: true })).toBe(true);
  expect(isAddress(new OfAnotherCopy())).toBe(true);
});

test.each([
  ["nothing", undefined],
  ["null", null],
  ["the text of one", "<1:0123456789abcdef:7>"],
  ["a plain object that looks like one", { id: "1:0123456789abcdef:7", nodeId: "1" }],
  ["an object with the brand's name for a key", { "reign.address": true }],
  ["an object with another value for the brand", { [addressBrand]: 1 }],
  ["a mailbox", { [mailboxBrand]: true }],
  ["a function", () => true],
  ["the brand itself", addressBrand],
])("%s is no address", (_what, value) => {
  expect(isAddress(value)).toBe(false);
});
