/** The functions in which a profile of the processor's time spent most of it. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";

interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly url: string;
      readonly lineNumber: number;
    };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Lines with the share of the time in which the process was not idle, the largest first. */
export function hotPlaces(profileFile: string, most = 12): readonly string[] {
  const profile = JSON.parse(readFileSync(profileFile, "utf8")) as Profile;
  const places = new Map(
    profile.nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => {
      const name = functionName === "" ? "(anonymous)" : functionName;
      return [id, url === "" ? name : `${name}  ${basename(url)}:${lineNumber + 1}`];
    }),
  );
  const times = new Map<string, number>();
  profile.samples.forEach((id, i) => {
    const place = places.get(id) ?? "(unknown)";
    if (place === "(idle)") return;
    times.set(place, (times.get(place) ?? 0) + (profile.timeDeltas[i] ?? 0));
  });
  const total = [...times.values()].reduce((sum, time) => sum + time, 0);
  return [...times]
    .sort(([, a], [, b]) => b - a)
    .slice(0, most)
    .map(([place, time]) => `${((100 * time) / total).toFixed(1).padStart(5)} %  ${place}`);
}
