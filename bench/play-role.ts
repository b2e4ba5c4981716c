/** The process of one role: waits to be told which, and then round by round. */
import type { Case, Role, RoleDefinition, Usage } from "./case.ts";
import { ProfileRecorder } from "./profile-recorder.ts";
import type { FromRole, RoleName, ToRole } from "./role-messages.ts";

/** A case, or a growth: what has contestants. */
type Played = Pick<Case, "id" | "contestants">;

/** Plays a role of `cases` until the bench says that it is over, or is gone itself. */
export function playRole(cases: readonly Played[]): void {
  let role: Role | undefined;
  let recorder: ProfileRecorder | undefined;
  process.on("disconnect", () => process.exit(1));
  process.on("message", (message: ToRole) => {
    void obey(message).catch((error: unknown) => {
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      tell({ type: "failed", reason });
    });
  });

  async function obey(message: ToRole): Promise<void> {
    switch (message.type) {
      case "start":
        if (message.profile !== undefined) recorder = new ProfileRecorder(message.profile);
        role = await findRole(cases, message.name).start(message.name.setting);
        tell({ type: "ready" });
        break;
      case "usage":
        tell({ type: "usage", usage: await usage(role) });
        break;
      case "round": {
        await recorder?.begin();
        const round = role?.round(message.count);
        tell({ type: "begun" });
        tell({ type: "finished", timing: await round });
        break;
      }
      case "end":
        await recorder?.end();
        await role?.end?.();
        process.exit(0);
    }
  }
}

function findRole(
  cases: readonly Played[],
  { caseId, contestant, role }: RoleName,
): RoleDefinition {
  const found = cases
    .find(({ id }) => id === caseId)
    ?.contestants.find(({ name }) => name === contestant)
    ?.roles.find(({ name }) => name === role);
  if (found === undefined) throw new Error(`There is no ${role} of ${contestant} in ${caseId}.`);
  return found;
}

async function usage(role: Role | undefined): Promise<Usage> {
  const { user, system } = process.cpuUsage();
  const own = { cpuSeconds: (user + system) / 1_000_000, memory: peakMemory() };
  return {
    cpuSeconds: own.cpuSeconds + ((await role?.cpuSeconds?.()) ?? 0),
    memory: own.memory + ((await role?.memory?.()) ?? 0),
  };
}

function peakMemory(): number {
  return process.resourceUsage().maxRSS * 1024;
}

function tell(message: FromRole): void {
  process.send?.(message);
}
