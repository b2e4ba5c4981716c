/**
 * What the command line uses of the examples. They are compiled after `src` and against it, so the
 * compiler cannot look there yet; `test/cli/chat.test.ts` holds that this is what they have.
 */
declare module "#examples/chat" {
  export function main(id: string, clusterspec?: string): Promise<void>;
}
