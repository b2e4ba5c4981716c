/** Finds what somebody probably meant by a key that does not exist. */

const greatestDistance = 2;

/** The known key that looks most like `key`, if one looks like it at all. */
export function nearKey(key: string, known: readonly string[]): string | undefined {
  const [nearest] = known
    .map((name) => ({ name, distance: editDistance(plain(key), plain(name)) }))
    .filter(({ name, distance }) => distance <= Math.min(greatestDistance, name.length / 2))
    .sort((a, b) => a.distance - b.distance);
  return nearest?.name;
}

/**
 * `listenAddress`, `listen-address` and `Listen_Address` are spellings, not mistakes in letters.
 */
function plain(key: string): string {
  return key.replaceAll(/[_-]/g, "").toLowerCase().slice(0, 64);
}

/** How many letters have to be added, dropped or changed (Levenshtein), row by row. */
function editDistance(from: string, to: string): number {
  let above = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const changed = from[row - 1] === to[column - 1] ? 0 : 1;
      current.push(
        Math.min(
          (above[column] ?? 0) + 1,
          (current[column - 1] ?? 0) + 1,
          (above[column - 1] ?? 0) + changed,
        ),
      );
    }
    above = current;
  }
  return above[to.length] ?? 0;
}
