/**
 * One life of a cluster, which its seed decides: minutes of virtual time at work under faults, then
 * quiet, in which everything has to come right again. Rejects when a promise is broken.
 */
import type { NodeId, TelemetryEvent } from "reign";
import {
  Chance,
  createSeededRandom,
  type FaultPlan,
  type SimulatedCluster,
  type SimulatedNode,
  type Simulation,
  simulate,
} from "reign/testing";
import { checkAccount } from "./account.ts";
import { Histories } from "./histories.ts";
import { Participant } from "./participant.ts";
import { drawProfile, type Profile } from "./profile.ts";
import { rareStateOf } from "./rare-states.ts";
import { SilenceTimes } from "./silence-times.ts";
import { Violations } from "./violations.ts";

export interface LifeOptions {
  readonly seed: number;
  readonly nodes: number;
  readonly virtualMinutes: number;
  readonly shrinkRuns: number;
  /** These faults, and not those that the seed would draw. */
  readonly plan?: FaultPlan;
}

/** A life is over so long after its faults, or waits for what never comes. */
const afterwardsMs = 3_600_000;
/** After so long all links are there. */
const formingMs = 5_000;
/** How long the rest of what was sent has to arrive, when everything has settled. */
const restMs = 10_000;
/** Peers give up who stands still for longer than the default `deadlineInterval`, less a ping. */
const patienceMs = 14_000;

export async function live(options: LifeOptions): Promise<Simulation> {
  const { seed, nodes, virtualMinutes, shrinkRuns, plan } = options;
  const profile = drawProfile(new Chance(createSeededRandom(seed)), nodes);
  const { kinds, meanGap, longest, settings } = profile;
  const duration = virtualMinutes * 60_000;
  let life: Life | undefined;
  const simulation = await simulate(
    {
      nodes,
      seed,
      shrinkRuns,
      limit: duration + afterwardsMs,
      settings,
      faults: plan ??
        profile.plan ?? { kinds, meanGap, duration, ...(longest === undefined ? {} : { longest }) },
      onEvent: (node, event) => life?.event(node, event),
    },
    (cluster) => {
      // Again for each run that makes the plan of a failure smaller.
      life = new Life(cluster, profile, duration);
      return life.live();
    },
  );
  checkNothingLeft(simulation);
  return simulation;
}

class Life {
  readonly #cluster: SimulatedCluster;
  readonly #profile: Profile;
  readonly #durationMs: number;
  readonly #histories: Histories;
  /** Of all runs, in the order in which they began. */
  readonly #participants: Participant[] = [];
  /** Runs that were stopped, and did not crash. */
  readonly #stopped = new Set<SimulatedNode>();
  /** The last incarnation of a peer that each run has had a link to. */
  readonly #metEpochs = new Map<string, string>();
  #silence: SilenceTimes | undefined;
  /** Nobody acts any more. */
  #quiet = false;

  constructor(cluster: SimulatedCluster, profile: Profile, durationMs: number) {
    this.#cluster = cluster;
    this.#profile = profile;
    this.#durationMs = durationMs;
    const violations = new Violations((rule, check) => cluster.invariant(rule, check));
    const sometimes = (label: string) => cluster.sometimes(label);
    this.#histories = new Histories({ sometimes, violations, colleagues: this.#participants });
  }

  #program(node: SimulatedNode): Promise<void> {
    const participant = new Participant(node, this.#histories, this.#profile.pace);
    this.#participants.push(participant);
    if (this.#quiet) participant.stopActing();
    return participant.act();
  }

  event(node: SimulatedNode, event: TelemetryEvent): void {
    const { links, violations } = this.#histories;
    const rare = rareStateOf(event);
    if (rare !== undefined) this.#cluster.sometimes(rare);
    const { name } = node;
    if (event.type === "link_up") {
      this.#countLink(node, event.peer, event.epoch);
      links.wentUp(node, event.peer, event.epoch);
    }
    if (event.type === "link_down") {
      if (event.reason.startsWith("no sign of life")) this.#checkGivenUp(node, event.peer);
      links.wentDown(node, event.peer);
    }
    if (event.type === "stopped") this.#stopped.add(node);
    if (event.type === "protocol_violation") {
      violations.broken("G21", `${name} takes ${event.peer} for hostile: ${event.rule}`);
    }
    if (event.type === "callback_failed") {
      violations.broken("G32", `${event.callback} of ${name} threw: ${String(event.error)}`);
    }
  }

  #countLink(node: SimulatedNode, peer: NodeId, epoch: string): void {
    const key = `${node.name}>${peer}`;
    const before = this.#metEpochs.get(key);
    this.#metEpochs.set(key, epoch);
    if (before === undefined) return;
    const same = before === epoch;
    this.#cluster.sometimes(same ? "two runs meet again" : "a node is met in another incarnation");
  }

  async live(): Promise<void> {
    this.#cluster.run((node) => this.#program(node));
    if (this.#profile.name === "silence") this.#silence = this.#watchSilence();
    await this.#cluster.advance(this.#durationMs);
    for (const { fault } of this.#cluster.plan) this.#cluster.sometimes(`a fault: ${fault}`);
    this.#checkUndisturbed();
    this.#quiet = true;
    this.#silence?.end();
    for (const participant of this.#participants) participant.stopActing();
    await this.#settle();
    await this.#cluster.advance(restMs);
    await this.#probe();
    this.#checkSettled();
  }

  /** G26: who stood still does not give up a peer that did not, and that holds on to the link. */
  #checkGivenUp(node: SimulatedNode, peer: NodeId): void {
    this.#silence?.checkGivenUp(node.id, peer);
    if (this.#profile.name !== "standstill") return;
    const { links, violations } = this.#histories;
    if (this.#stoodStill(peer) || !links.isUp(this.#cluster.node(peer), node.id)) return;
    violations.broken("G26", `${node.name} gives up ${peer}, which never stood still`);
  }

  /** Whether the node stood still within the last minute. */
  #stoodStill(id: NodeId): boolean {
    const { now, plan } = this.#cluster;
    return plan.some((step) => {
      const pause = step.fault === "pause" && step.node === id;
      return pause && step.at <= now && step.at + step.ms >= now - 60_000;
    });
  }

  /** G18: all who run have a link to each other, not long after the last fault. */
  async #settle(): Promise<void> {
    try {
      await this.#cluster.settle();
    } catch (error) {
      throw new Error(`G18: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #watchSilence(): SilenceTimes {
    const { links, violations } = this.#histories;
    const silence = new SilenceTimes(this.#cluster, { links, violations });
    for (const step of this.#cluster.plan) {
      this.#cluster.clock.after(step.at, () => silence.follow(step));
    }
    return silence;
  }

  /** G16, G26: what must cost no link has cost none. */
  #checkUndisturbed(): void {
    const { links, violations } = this.#histories;
    const { name } = this.#profile;
    if (links.downs === 0) return;
    // A twin that is there before the first links are may well get one.
    if (name === "twin" && this.#cluster.plan.every(({ at }) => at >= formingMs)) {
      violations.broken("G16", `a twin costs ${links.downs} links`);
    }
    if (name === "standstill" && longestStandstill(this.#cluster.plan) <= patienceMs) {
      violations.broken("G26", `a standstill costs ${links.downs} links`);
    }
  }

  /** Everybody reaches everybody. */
  async #probe(): Promise<void> {
    const running = this.#running;
    for (const one of running) {
      for (const other of running) one.send(one.node.service.address(other.inbox.id));
    }
    await this.#cluster.advance(restMs);
    const { messages, violations } = this.#histories;
    for (const one of running) {
      for (const { inbox, node } of running) {
        const last = messages.nextNumber(one.node.name, inbox.id) - 1;
        if (messages.lastReceived(one.node.name, inbox.id) === last) continue;
        violations.broken("G18", `${one.node.name} does not reach ${node.name} after all is well`);
      }
    }
  }

  #checkSettled(): void {
    const { links, messages, names, violations } = this.#histories;
    const running = this.#running;
    names.checkConverged(running.map(({ node }) => node));
    for (const { node, watcher } of running) {
      const linkTo = (peer: NodeId) => links.number(node, peer);
      messages.checkNothingMissing(node.name, linkTo);
      watcher.checkAllNoticed(linkTo);
    }
    const crashed = this.#participants.filter(
      ({ node }) => !node.running && !this.#stopped.has(node),
    );
    checkAccount(this.#participants, crashed, violations);
  }

  get #running(): Participant[] {
    return this.#participants.filter(({ node }) => node.running);
  }
}

/** How long a node stands still at most, when some standstills begin during others. */
function longestStandstill(plan: FaultPlan): number {
  const stands = new Map<string, { since: number; until: number }>();
  let longest = 0;
  for (const step of plan) {
    if (step.fault !== "pause") continue;
    const last = stands.get(step.node) ?? { since: 0, until: -1 };
    const since = last.until >= step.at ? last.since : step.at;
    const until = Math.max(last.until, step.at + step.ms);
    stands.set(step.node, { since, until });
    longest = Math.max(longest, until - since);
  }
  return longest;
}

/** G32: when all are stopped, nothing of them is left. */
function checkNothingLeft({ seed, openLinks, pendingTimers }: Simulation): void {
  if (openLinks === 0 && pendingTimers === 0) return;
  throw new Error(`Seed ${seed}: G32: ${openLinks} links and ${pendingTimers} timers are left`);
}
