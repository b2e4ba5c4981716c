/**
 * Makes a failing list smaller: leaves out what is not needed for the failure.
 *
 * Delta debugging: everything is left out first, since most failures need nothing of it, then
 * halves, then ever smaller parts, and in the end each element by itself. The result is a list from
 * which no single element can be left out, unless the runs are used up before.
 */

export interface Shrunk<T> {
  readonly smallest: readonly T[];
  /** How often `fails` was asked. */
  readonly runs: number;
}

export async function shrinkList<T>(
  list: readonly T[],
  fails: (candidate: readonly T[]) => Promise<boolean>,
  maxRuns: number,
): Promise<Shrunk<T>> {
  if (list.length === 0 || maxRuns <= 0) return { smallest: list, runs: 0 };
  if (await fails([])) return { smallest: [], runs: 1 };
  let smallest = list;
  let runs = 1;
  let size = Math.ceil(smallest.length / 2);
  while (size >= 1 && smallest.length > 0) {
    let leftOut = false;
    for (let from = 0; from < smallest.length && runs < maxRuns; ) {
      const candidate = [...smallest.slice(0, from), ...smallest.slice(from + size)];
      runs += 1;
      if (await fails(candidate)) {
        smallest = candidate;
        leftOut = true;
      } else {
        from += size;
      }
    }
    if (runs >= maxRuns) break;
    if (size > 1) size = Math.ceil(size / 2);
    else if (!leftOut) break;
  }
  return { smallest, runs };
}
