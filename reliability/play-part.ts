/** The process of one part: waits to be told which, and then answers what it is asked. */
import type { FromPart, ToPart } from "./part-messages.ts";
import type { Scenario } from "./scenario.ts";

/** Plays a part of `scenarios` until the command has done with it, or is gone itself. */
export function playPart(scenarios: readonly Scenario[]): void {
  let part: object | undefined;
  const end = (): never => process.exit(1);
  // Ctrl-C reaches every process of the terminal. The command decides when its parts end.
  process.on("SIGINT", () => undefined);
  process.on("disconnect", end);
  process.on("message", (message: ToPart) => {
    void obey(message).catch((error: unknown) => {
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      tell({ type: "failed", reason, id: message.type === "ask" ? message.id : 0 });
    });
  });

  async function obey(message: ToPart): Promise<void> {
    switch (message.type) {
      case "start":
        part = await startPart(scenarios, message);
        tell({ type: "ready" });
        break;
      case "ask": {
        const asked: unknown = Reflect.get(part ?? {}, message.name);
        if (typeof asked !== "function") throw new Error(`There is no ${message.name} to ask.`);
        const value: unknown = await asked(...message.given);
        tell({ type: "answer", id: message.id, value });
        break;
      }
      case "leave":
        process.off("disconnect", end);
        process.removeAllListeners("SIGINT");
        process.disconnect();
    }
  }
}

async function startPart(
  scenarios: readonly Scenario[],
  { scenario, part, setting }: Extract<ToPart, { type: "start" }>,
): Promise<object> {
  const program = scenarios
    .find(({ id }) => id === scenario)
    ?.parts.find(({ name }) => name === part);
  if (program === undefined) throw new Error(`There is no ${part} in ${scenario}.`);
  return program(setting as never);
}

function tell(message: FromPart): void {
  process.send?.(message);
}
