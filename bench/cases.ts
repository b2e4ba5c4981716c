/** All cases, in the order in which they are run and shown. */
import type { Case } from "./case.ts";
import { localOneWay } from "./local-one-way.ts";
import { localPingPong } from "./local-ping-pong.ts";
import { remoteOneWay } from "./remote-one-way.ts";
import { remotePingPong } from "./remote-ping-pong.ts";

export const cases: readonly Case[] = [localOneWay, localPingPong, remoteOneWay, remotePingPong];
