/** All cases, in the order in which they are run and shown. */
import type { Case } from "./case.ts";
import { localLifetime } from "./local-lifetime.ts";
import { localOneWay } from "./local-one-way.ts";
import { localPingPong } from "./local-ping-pong.ts";
import { localRing } from "./local-ring.ts";
import { localSelective } from "./local-selective.ts";
import { remoteOneWay } from "./remote-one-way.ts";
import { remotePingPong } from "./remote-ping-pong.ts";

export const cases: readonly Case[] = [
  localOneWay,
  localPingPong,
  ...localSelective,
  ...localLifetime,
  localRing,
  remoteOneWay,
  remotePingPong,
];
