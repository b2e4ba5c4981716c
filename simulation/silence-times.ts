/**
 * How soon a silent path ends a link, and how soon there is one again when it is healed: G17 to
 * G19, in lives in which nothing else happens.
 */
import type { FaultStep, SimulatedCluster } from "reign/testing";
import type { LinkHistory } from "./link-history.ts";
import type { Violations } from "./violations.ts";

/** The defaults: `deadlineInterval` and a `pingInterval` (G17), and a second for the way. */
const downWithinMs = 26_000;
/** As many pings as `maxSequentialPingFailures`, and a second less for the way. */
const downAfterMs = 14_000;
/** A `pingInterval`, and a second for the way: so long it may take until something comes again. */
const quietMs = 6_000;
/**
 * `maxReconnectDelay` and `handshakeTimeout` (G18), after what may have to end first: a dial that
 * hung, and a link that one side still takes for whole.
 */
const upWithinMs = 15_000 + 5_000 + downWithinMs;

export class SilenceTimes {
  readonly #cluster: SimulatedCluster;
  readonly #links: LinkHistory;
  readonly #violations: Violations;
  /**
   * Each direction, with how many steps hold it shut, since when it is shut or open, and since when
   * nothing may have come on it.
   */
  readonly #shut = new Map<string, { count: number; since: number; quietSince: number }>();
  #ended = false;

  constructor(
    cluster: SimulatedCluster,
    { links, violations }: { readonly links: LinkHistory; readonly violations: Violations },
  ) {
    this.#cluster = cluster;
    this.#links = links;
    this.#violations = violations;
  }

  /** All faults end now, before their time. */
  end(): void {
    this.#ended = true;
  }

  /** The step begins now, and ends after its time. */
  follow(step: FaultStep): void {
    const paths = pathsOf(step);
    const { clock, now } = this.#cluster;
    for (const path of paths) {
      const shut = this.#shut.get(path) ?? { count: 0, since: now, quietSince: now };
      if (shut.count === 0) {
        if (now - shut.since >= quietMs) shut.quietSince = now;
        shut.since = now;
      }
      shut.count += 1;
      this.#shut.set(path, shut);
    }
    clock.after(downWithinMs, () => this.#checkDown(paths, downWithinMs, "receiver"));
    clock.after(2 * downWithinMs, () => this.#checkDown(paths, 2 * downWithinMs, "both"));
    clock.after(step.ms, () => this.#open(paths));
  }

  /** A link is given up for silence, and not before the path was silent for long enough. */
  checkGivenUp(node: string, peer: string): void {
    if (this.#ended || this.#silentFor(`${peer}>${node}`) || this.#silentFor(`${node}>${peer}`))
      return;
    this.#violations.broken(
      "G17",
      `${node} gives up ${peer}, which was not silent for long enough`,
    );
  }

  /** Also if it works again, for so short a time that nothing may have come on it. */
  #silentFor(path: string): boolean {
    const shut = this.#shut.get(path);
    if (shut === undefined) return false;
    const { now } = this.#cluster;
    const quiet = shut.count > 0 || now - shut.since < quietMs;
    return quiet && now - shut.quietSince >= downAfterMs;
  }

  #open(paths: readonly string[]): void {
    const { clock, now } = this.#cluster;
    for (const path of paths) {
      const shut = this.#shut.get(path);
      if (shut === undefined) continue;
      shut.count -= 1;
      if (shut.count === 0) shut.since = now;
    }
    clock.after(upWithinMs, () => this.#checkUp(paths, now));
  }

  /** Who hears nothing gives the link up; the other side hears of that, or nothing any more. */
  #checkDown(paths: readonly string[], within: number, ends: "receiver" | "both"): void {
    if (this.#ended) return;
    for (const path of paths) {
      const shut = this.#shut.get(path);
      if (shut === undefined || shut.count === 0) continue;
      if (this.#cluster.now - shut.since < within) continue;
      const [from = "", to = ""] = path.split(">");
      this.#checkEnd(to, from, within);
      if (ends === "both") this.#checkEnd(from, to, within);
    }
  }

  #checkEnd(one: string, other: string, within: number): void {
    if (!this.#links.isUp(this.#cluster.node(one), other)) return;
    const what = `a path is silent for ${within} ms, and ${one} has a link to ${other}`;
    this.#violations.broken(within === downWithinMs ? "G17" : "G19", what);
  }

  #checkUp(paths: readonly string[], since: number): void {
    if (this.#ended) return;
    for (const path of paths) {
      const [from = "", to = ""] = path.split(">");
      if (!this.#openSince(path, since) || !this.#openSince(`${to}>${from}`, since)) continue;
      if (this.#links.isUp(this.#cluster.node(from), to)) continue;
      this.#violations.broken("G18", `${path} works for ${upWithinMs} ms, and there is no link`);
    }
  }

  #openSince(path: string, moment: number): boolean {
    const shut = this.#shut.get(path);
    return shut === undefined || (shut.count === 0 && shut.since <= moment);
  }
}

function pathsOf(step: FaultStep): string[] {
  if (step.fault === "one_way") return step.from.flatMap((a) => step.to.map((b) => `${a}>${b}`));
  if (step.fault !== "partition") return [];
  return step.groups.flatMap((group) =>
    step.groups
      .filter((other) => other !== group)
      .flatMap((other) => group.flatMap((a) => other.map((b) => `${a}>${b}`))),
  );
}
