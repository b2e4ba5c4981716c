/** What contestants stand on: a folder, and in remote cases certificates in it, and free ports. */
import { initCluster } from "reign/tls";
import { freePorts } from "../measure/free-ports.ts";
import type { Case, Setting } from "./case.ts";

/** Makes settings for contestants. The certificates are made once, when the first needs them. */
export function settingsIn(folder: string): (chosen: Case) => Promise<Setting> {
  let certificates: Promise<unknown> | undefined;
  return async ({ remote }) => {
    if (!remote) return { folder, ports: [0, 0] };
    certificates ??= initCluster({ nodes: 2, dir: folder, cluster: "bench" });
    await certificates;
    const [one = 0, two = 0] = await freePorts(2);
    return { folder, ports: [one, two] };
  };
}
