import * as fc from "fast-check";
import { test } from "vitest";
import { holds, patienceMs } from "./effort.ts";
import { burst, RaceWorld } from "./race-world.ts";

test(
  "each receive settles once, with what it asked for, and each message is had once or counted, however they race",
  async () => {
    const rare = [
      "a message for receive",
      "a message for next",
      "a message for consume",
      "a message for tryReceive",
      "timeout",
      "aborted",
      "closed",
      "the handler threw",
      "closed by the handler",
    ];
    const actors = fc.array(fc.array(burst, { minLength: 1, maxLength: 6 }), {
      minLength: 1,
      maxLength: 4,
    });
    await holds("mailbox, races", { runs: 700, full: 150_000, rare }, (tally) =>
      fc.asyncProperty(actors, fc.scheduler(), async (list, scheduler) => {
        const world = new RaceWorld(tally);
        for (const [i, bursts] of list.entries()) {
          scheduler.scheduleSequence(
            bursts.map((ops) => ({
              label: `${i}: ${JSON.stringify(ops)}`,
              builder: async () => {
                for (const op of ops) world.play(op);
                await world.check();
              },
            })),
          );
        }
        await scheduler.waitIdle();
        await world.end();
      }),
    );
  },
  patienceMs,
);
