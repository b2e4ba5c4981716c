/** What the writers of single kinds of value need from the encoder that calls them. */
import type { ByteWriter } from "../../core/byte-writer.ts";
import type { InstanceForms } from "../../core/instance-form.ts";
import type { AddressBytes } from "./address-bytes.ts";
import type { DoubleBytes } from "./numbers.ts";

export interface TermSink {
  readonly out: ByteWriter;
  readonly double: DoubleBytes;
  readonly addresses: AddressBytes;
  readonly types: InstanceForms;
  /** Appends a value of any kind. */
  value(value: unknown): void;
  array(array: readonly unknown[]): void;
  /** The elements of an array alone, which the caller has counted. */
  elements(array: readonly unknown[], length: number): void;
  /** Counts `values` more against the limit, and refuses the message past it. */
  charge(values: number): void;
  /** Begins and ends what is one level deeper. */
  enter(): void;
  leave(): void;
  /** Numbers an object, so that it can be referred to from now on. */
  remember(object: object): void;
  isRemembered(object: object): boolean;
  /** Whether these bytes go behind the message; if not, they are to be written in it. */
  attach(bytes: Uint8Array): boolean;
}
