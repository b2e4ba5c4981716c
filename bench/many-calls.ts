/** Calls one after the other until a number is reached or a time is over, whichever is first. */
import type { Timing } from "./case.ts";
import { secondsSince } from "./elapsed.ts";

/** The clock is looked at once in so many. */
const betweenLooks = 16;

export interface CallLimits {
  readonly most: number;
  readonly limitMs: number;
}

export async function manyCalls(
  { most, limitMs }: CallLimits,
  call: (id: number) => Promise<{ readonly id: number }>,
): Promise<Timing & { readonly count: number }> {
  const started = performance.now();
  let count = 0;
  do {
    const { id } = await call(count);
    if (id !== count) throw new Error(`Expected the answer ${count}, got ${id}.`);
    count += 1;
  } while (count < most && (count % betweenLooks !== 0 || performance.now() < started + limitMs));
  return { seconds: secondsSince(started), count };
}
