/**
 * `reign/testing/proxy`: a TCP proxy for tests, which stalls, loses, slows and cuts.
 *
 * @module reign/testing/proxy
 */

export type { ProxyConnection } from "./connection.ts";
export type {
  CutFault,
  DelayFault,
  LimitFault,
  ProxyDirection,
  ProxyFaults,
  TrickleFault,
} from "./faults.ts";
export type { ProxyTraffic } from "./lane.ts";
export { createProxy, type FaultProxy, type ProxyOptions, type ProxyTarget } from "./proxy.ts";
