/** What the command and the processes of its parts say to each other. */

export type ToPart =
  | {
      readonly type: "start";
      readonly scenario: string;
      readonly part: string;
      readonly setting: unknown;
    }
  | {
      readonly type: "ask";
      readonly id: number;
      readonly name: string;
      readonly given: readonly unknown[];
    }
  /** Let go of the command, and end by yourself when nothing holds you. */
  | { readonly type: "leave" };

export type FromPart =
  | { readonly type: "ready" }
  | { readonly type: "answer"; readonly id: number; readonly value: unknown }
  | { readonly type: "failed"; readonly id: number; readonly reason: string };
