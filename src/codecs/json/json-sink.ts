/** What the writers of single kinds of value need from the encoder that calls them. */
import type { InstanceForms } from "../../core/instance-form.ts";
import type { JsonText } from "./json-text.ts";

export interface JsonSink {
  readonly text: JsonText;
  readonly types: InstanceForms;
  /** Whether it has been written in this message, and would be a reference. */
  isWritten(object: object): boolean;
  /** Writes a value. It has been counted as one, as part of what it is in. */
  value(value: unknown): void;
  elements(array: readonly unknown[], length: number): void;
  properties(object: object, keys: readonly string[]): void;
  /** Counts more values than the one that each value is. */
  charge(values: number): void;
  enter(): void;
  leave(): void;
}
