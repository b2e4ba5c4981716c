/** One thing that the package must do under every Node.js. It throws if it does not. */
export interface Check {
  readonly name: string;
  run(): Promise<void> | void;
}

/** How a check went: a line of JSON on standard output for each, in order. */
export interface CheckResult {
  readonly name: string;
  readonly ms: number;
  /** What was wrong. */
  readonly problem?: string;
}
