/** What the readers of single kinds of value need from the decoder that calls them. */
import type { Address } from "../../core/address.ts";
import type { InstanceForms } from "../../core/instance-form.ts";
import type { MailboxRef } from "../../core/mailbox-id.ts";
import type { Definitions } from "./definitions.ts";
import type { JsonInput } from "./json-input.ts";

export interface JsonSource {
  readonly input: JsonInput;
  readonly definitions: Definitions;
  readonly types: InstanceForms;
  readonly addressOf: (ref: MailboxRef) => Address;
  value(): unknown;
  /** A value whose properties go into an instance. */
  copied(): unknown;
  /** Puts what stands between brackets behind what is in `array`. */
  elements<T extends unknown[]>(array: T): T;
  /** What stands between brackets. */
  list(): unknown[];
  /** Of `[[key, value], …]` each key and each value in turn. */
  pairs(): unknown[];
  /** Puts what stands between braces into `object`. */
  properties<T extends object>(object: T): T;
  /** Counts more values than the one that each value is. */
  charge(values: number): void;
  enter(): void;
  leave(): void;
}
