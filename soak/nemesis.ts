/** Does what the plan says, and undoes it. */
import { setTimeout as wait } from "node:timers/promises";
import type { Crew } from "./crew.ts";
import type { Mesh } from "./mesh.ts";
import type { Trouble } from "./plan.ts";

interface Scene {
  readonly crew: Crew;
  readonly mesh: Mesh;
  readonly signal: AbortSignal;
}

/** Settles when the trouble is over; what it has done to links may take longer to mend. */
export async function make(trouble: Trouble, { crew, mesh, signal }: Scene): Promise<void> {
  const pass = () => wait(trouble.forMs, undefined, { signal });
  switch (trouble.kind) {
    case "links":
      for (const { pair, fault } of trouble.links) mesh.hurt(pair, fault);
      await pass();
      for (const { pair } of trouble.links) mesh.heal(pair);
      break;
    case "isolate":
      mesh.isolate(trouble.node);
      await pass();
      mesh.healAll();
      break;
    case "freeze":
      for (const node of trouble.nodes) crew.freeze(node);
      await pass();
      for (const node of trouble.nodes) crew.thaw(node);
      break;
    case "kill":
      await crew.kill(trouble.node);
      await pass();
      await crew.start(trouble.node);
      break;
    case "leave":
      await crew.leave(trouble.node);
      await pass();
      await crew.start(trouble.node);
  }
}
