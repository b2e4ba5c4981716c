/** What the bench and the processes of its contestants say to each other. */
import type { Setting, Timing, Usage } from "./case.ts";

/** Which role a process is started for. */
export interface RoleName {
  readonly caseId: string;
  readonly contestant: string;
  readonly role: string;
  readonly setting: Setting;
}

export type ToRole =
  /** `profile` is where to put a profile of the rounds, if there is to be one. */
  | { readonly type: "start"; readonly name: RoleName; readonly profile?: string }
  /** What have you, and the programs you have started, used so far? */
  | { readonly type: "usage" }
  | { readonly type: "round"; readonly count: number }
  | { readonly type: "end" };

export type FromRole =
  | { readonly type: "ready" }
  | { readonly type: "usage"; readonly usage: Usage }
  /** The round has begun: it is listening for the others. */
  | { readonly type: "begun" }
  | { readonly type: "finished"; readonly timing: Timing | undefined }
  | { readonly type: "failed"; readonly reason: string };
