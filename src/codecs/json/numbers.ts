/** Numbers that JSON has no form for, and bigints. */
import { DecodeError } from "../../core/errors.ts";

export function numberText(value: number): string {
  if (Number.isFinite(value) && !Object.is(value, -0)) return String(value);
  return `{"$number":"${Object.is(value, -0) ? "-0" : value}"}`;
}

export function numberNamed(name: string): number {
  switch (name) {
    case "-0":
      return -0;
    case "NaN":
      return Number.NaN;
    case "Infinity":
      return Number.POSITIVE_INFINITY;
    case "-Infinity":
      return Number.NEGATIVE_INFINITY;
    default:
      throw new DecodeError("Expected the name of a number that JSON cannot write, got another.");
  }
}

/** Decimal digits are for people; to read a great many of them takes time that is not linear. */
const mostDigits = 100;
const decimal = /^-?(?:0|[1-9][0-9]*)$/;
const hexadecimal = /^-?0x[1-9a-f][0-9a-f]*$/;
/** So many hexadecimal digits have at most `mostDigits` decimal ones. */
const mostHex = 83;

export function bigintText(value: bigint): string {
  const negative = value < 0n;
  const hex = (negative ? -value : value).toString(16);
  const digits = hex.length <= mostHex ? String(value) : `${negative ? "-" : ""}0x${hex}`;
  return `{"$bigint":"${digits}"}`;
}

export function bigintOf(digits: string): bigint {
  if (hexadecimal.test(digits)) {
    return digits.startsWith("-") ? -BigInt(digits.slice(1)) : BigInt(digits);
  }
  const length = digits.startsWith("-") ? digits.length - 1 : digits.length;
  if (length > mostDigits || !decimal.test(digits) || digits === "-0") {
    throw new DecodeError("Expected the digits of a bigint, got another text.");
  }
  return BigInt(digits);
}
