/** What contestants stand on: a folder, and in remote cases certificates in it, and free ports. */
import { initCluster } from "reign/tls";
import { freePorts } from "../measure/free-ports.ts";
import type { Case, Setting } from "./case.ts";

/** Makes settings for contestants. The certificates are made once, when the first needs them. */
export function settingsIn(folder: string): (chosen: Case) => Promise<Setting> {
  let certificates: Promise<unknown> | undefined;
  // Those of one case are taken before any of its contestants listens.
  const given = new Set<number>();
  const freePort = async (): Promise<number> => {
    const [port = 0] = await freePorts(1);
    if (given.has(port)) return freePort();
    given.add(port);
    return port;
  };
  return async ({ remote }) => {
    if (!remote) return { folder, ports: [0, 0] };
    certificates ??= initCluster({ nodes: 2, dir: folder, cluster: "bench" });
    await certificates;
    return { folder, ports: [await freePort(), await freePort()] };
  };
}
