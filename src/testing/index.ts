/**
 * `reign/testing`: time, chance and a network that a test decides on, and what carriers must
 * pass.
 *
 * @module reign/testing
 */

export {
  createMemoryNetwork,
  type MemoryCarrierSettings,
  type MemoryNetwork,
  type MemoryNetworkOptions,
  type OneWay,
} from "../carriers/memory/memory-network.ts";
export type { CarrierPair } from "./carrier-bench.ts";
export { type CarrierCase, carrierContract } from "./carrier-contract.ts";
export { type CodecCase, codecContract } from "./codec-contract.ts";
export {
  createRecordingTelemetry,
  type RecordingTelemetry,
  type TelemetryEventOf,
} from "./recording-telemetry.ts";
export { createSeededRandom } from "./seeded-random.ts";
export { Chance } from "./simulation/chance.ts";
export type { SimulatedCluster } from "./simulation/cluster.ts";
export {
  type FaultKind,
  type FaultPlan,
  type FaultStep,
  faultKinds,
} from "./simulation/fault-plan.ts";
export type { Death } from "./simulation/process.ts";
export { type Simulation, type SimulationBody, simulate } from "./simulation/simulate.ts";
export {
  type SimulatedSeeds,
  type SimulateSeedsOptions,
  simulateSeeds,
} from "./simulation/simulate-seeds.ts";
export type { SimulatedNode } from "./simulation/simulated-node.ts";
export { type FailedRun, SimulationFailed } from "./simulation/simulation-failed.ts";
export type { DrawnFaults, SimulateOptions } from "./simulation/simulation-options.ts";
export { formatTimeline, type TimelineEntry } from "./simulation/trace.ts";
export { createVirtualClock, type VirtualClock } from "./virtual-clock.ts";
