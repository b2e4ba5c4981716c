/**
 * What this version says on the wire is what its files have, and it still understands the files of
 * those before it. `npm run golden` writes the files of this version (CONTRIBUTING.md).
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { frameType } from "../src/core/frame.ts";
import { allCodecs } from "./golden/golden-node.ts";
import {
  folder,
  readRecordings,
  recordedVersions,
  recordingText,
  type Step,
} from "./golden/recording.ts";
import { allScenes } from "./golden/scenes.ts";
import { play, record } from "./golden/stage.ts";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const current = String(version).split(".").slice(0, 2).join(".");

if (process.env["REIGN_GOLDEN"] === "write") {
  rmSync(`${folder}${current}`, { recursive: true, force: true });
  mkdirSync(`${folder}${current}`);
  for (const [name, scene] of allScenes()) {
    writeFileSync(`${folder}${current}/${name}`, recordingText(await record(scene)));
  }
}

const recordings = recordedVersions().flatMap((of) =>
  [...readRecordings(of)].map(([name, recording]) => ({ of, name, recording })),
);

const changed =
  "What is said on the wire has changed. If that is not meant, mend it. If it is, nodes of the " +
  "version before must be able to tell: a new format takes a new codec name, a new frame or " +
  "field one that others pass over, anything else another version of the protocol. Then run " +
  "`npm run golden`, and look at what changed in test/golden.";

const dropped =
  "No codec of this version has that name. Keep reading it, or take the file away and say in " +
  "CHANGELOG.md who no longer understands whom.";

describe(`the recordings of version ${current}`, () => {
  test.each([...allScenes()])(
    "have in %s what this version says, byte for byte",
    async (name, scene) => {
      const text = recordingText(await record(scene));
      const path = `${folder}${current}/${name}`;
      const kept = existsSync(path) ? readFileSync(path, "utf8") : "";

      expect(kept === text, changed).toBe(true);
    },
  );

  test("are of all scenes, and no others", () => {
    expect(readdirSync(`${folder}${current}`).sort(), changed).toEqual(
      [...allScenes().keys()].sort(),
    );
  });

  test("have every type of frame but the one that no node of this version says", () => {
    const said = recordings
      .filter(({ of }) => of === current)
      .flatMap(({ recording }) => recording.steps)
      .flatMap(({ says }) => [...says["1"], ...says["2"]].map(([type]) => type));

    expect([...new Set(said), "routed"].sort()).toEqual(Object.keys(frameType).sort());
  });
});

describe("a node of this version", () => {
  const parts = recordings.flatMap((each) =>
    each.recording.playable.map((part) => ({ ...each, part })),
  );

  test.each(parts)(
    "hears in $of/$name as node $part what was heard then",
    async ({ of, recording, part }) => {
      expect(
        allCodecs().map(({ name }) => name),
        dropped,
      ).toContain(recording.codec);
      const played = await play(recording, part);
      const heard = played.map(({ does, hears }) => ({ does, hears: hears[part] }));

      expect(heard).toEqual(
        recording.steps.map(({ does, hears }) => ({ does, hears: hears[part] })),
      );
      // A later version may say more; and whether a ping is due is a matter of time.
      if (of !== current) return;
      const saidIn = (steps: readonly Step[]) =>
        steps.map(({ says }) => says[part].map(([type]) => type).filter((type) => type !== "ping"));
      expect(saidIn(played)).toEqual(saidIn(recording.steps));
    },
  );
});
