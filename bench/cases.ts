/** All cases, in the order in which they are run and shown. */
import type { Case } from "./case.ts";
import { localIsolation } from "./local-isolation.ts";
import { localLifetime } from "./local-lifetime.ts";
import { localOneWay } from "./local-one-way.ts";
import { localPingPong } from "./local-ping-pong.ts";
import { localRing } from "./local-ring.ts";
import { localSelective } from "./local-selective.ts";
import { remoteBinaries1m, remoteBinaries10k } from "./remote-binaries.ts";
import { remoteMany } from "./remote-many.ts";
import { remoteNames } from "./remote-names.ts";
import { remoteNoticesClosed, remoteNoticesKilled } from "./remote-notices.ts";
import { remoteOneWay } from "./remote-one-way.ts";
import { remotePingPong } from "./remote-ping-pong.ts";

export const cases: readonly Case[] = [
  localOneWay,
  localPingPong,
  ...localSelective,
  ...localLifetime,
  localRing,
  ...localIsolation,
  remoteOneWay,
  remotePingPong,
  remoteBinaries10k,
  remoteBinaries1m,
  remoteNoticesKilled,
  remoteNoticesClosed,
  remoteMany,
  remoteNames,
];
