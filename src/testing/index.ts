/**
 * `reign/testing`: time, chance and a network that a test decides on, and what carriers must pass.
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
export { createVirtualClock, type VirtualClock } from "./virtual-clock.ts";
