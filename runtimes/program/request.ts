/** What the two processes of a cluster say to each other. */
import type { Address } from "reign";

/** Asks the other process for something. */
export type Request =
  | { readonly type: "echo"; readonly value: unknown; readonly from: Address<Answer> }
  | { readonly type: "claim"; readonly name: string; readonly from: Address<Answer> }
  | { readonly type: "close"; readonly name: string; readonly from: Address<Answer> }
  | { readonly type: "end" };

export interface Answer {
  readonly type: "answer";
  readonly value: unknown;
  /** The mailbox that the request was about: the one that was claimed for, or the echo itself. */
  readonly about: Address<never>;
}
