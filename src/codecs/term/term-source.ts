/** What the readers of single kinds of value need from the decoder that calls them. */
import type { Address } from "../../core/address.ts";
import type { InstanceForms } from "../../core/instance-form.ts";
import type { OpenInstance } from "../../core/open-instance.ts";
import type { ByteReader } from "./byte-reader.ts";
import type { DoubleBytes } from "./numbers.ts";

export interface TermSource {
  readonly input: ByteReader;
  readonly double: DoubleBytes;
  readonly types: InstanceForms;
  /** Reads a value of any kind. */
  value(): unknown;
  /** Reads the bytes of an address. */
  address(): Address;
  /** The next of the attachments. */
  attachment(): ArrayBuffer;
  /** Counts `values` more against the limit, and refuses the message past it. */
  charge(values: number): void;
  /** Begins and ends what is one level deeper. */
  enter(): void;
  leave(): void;
  /** Numbers an object as its encoder did, so that references find it. */
  remember<T extends object>(object: T): T;
  /** Numbers an instance whose value comes next, reads that, and gives the instance. */
  instance(open: OpenInstance): object;
}
