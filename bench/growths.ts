/** All growths, in the order in which they are measured and shown. */
import type { Growth } from "./growth.ts";
import { backlogGrowth } from "./growth-backlog.ts";
import { mailboxGrowth } from "./growth-mailboxes.ts";
import { peerGrowth } from "./growth-peers.ts";
import { sizeGrowth } from "./growth-size.ts";

export const growths: readonly Growth[] = [backlogGrowth, mailboxGrowth, sizeGrowth, peerGrowth];
