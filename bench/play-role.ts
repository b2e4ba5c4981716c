/** The process of one role: waits to be told which, and then round by round. */
import type { Case, Role, RoleDefinition, Usage } from "./case.ts";
import type { FromRole, RoleName, ToRole } from "./role-messages.ts";

/** Plays a role of `cases` until the bench says that it is over, or is gone itself. */
export function playRole(cases: readonly Case[]): void {
  let role: Role | undefined;
  // Not `process.disconnect`: leaving by `exit` is what has Node write a profile.
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
        role = await findRole(cases, message.name).start(message.name.setting);
        tell({ type: "ready" });
        break;
      case "usage":
        tell({ type: "usage", usage: await usage(role) });
        break;
      case "round": {
        const round = role?.round(message.count);
        tell({ type: "begun" });
        tell({ type: "finished", timing: await round });
        break;
      }
      case "end":
        await role?.end?.();
        process.exit(0);
    }
  }
}

function findRole(cases: readonly Case[], { caseId, contestant, role }: RoleName): RoleDefinition {
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
