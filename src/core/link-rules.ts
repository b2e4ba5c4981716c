/**
 * Which of two links between the same two nodes lives.
 *
 * Both nodes dial. When their dials cross, the one of the smaller id lives; both ends see the same
 * two facts and come to the same end without a word between them:
 *
 * - the smaller node refuses the other's dial from the moment on at which it has said hello itself;
 *   a dial of its own that has not come so far it gives up, and takes the other's;
 * - the larger node takes the smaller one's dial in any case, and drops its own when that is up.
 *
 * When a link is up already and a newcomer proves to be the same node, one of the two is out of
 * date, and only the link itself can say which. It is asked (`probe`): if it answers, the newcomer
 * is refused, else it is closed first, so that everybody learns of the loss, and the newcomer is
 * taken. So two processes with one identity never throw each other out in turn. Taking the newest
 * at once, as the Go library did, would let them.
 */
import type { RefusalReason } from "./handshake.ts";
import type { Epoch, NodeId } from "./mailbox-id.ts";

export interface LinkSituation {
  readonly self: NodeId;
  readonly peer: NodeId;
  /** The incarnation at the other end of the link that is up. */
  readonly upEpoch: Epoch | undefined;
  /** Whether a dial of our own has come so far that our hello is on its way. */
  readonly saidHello: boolean;
}

const decimal = /^(?:0|[1-9][0-9]*)$/;

export type Judgement =
  | { readonly type: "accept" }
  | { readonly type: "refuse"; readonly reason: RefusalReason }
  /** Ask the link that is up; refuse with `reason` if it answers. */
  | { readonly type: "probe"; readonly reason: RefusalReason };

export function judgeNewcomer(newcomerEpoch: Epoch, situation: LinkSituation): Judgement {
  const { self, peer, upEpoch, saidHello } = situation;
  if (upEpoch !== undefined) {
    const same = upEpoch === newcomerEpoch;
    return { type: "probe", reason: same ? "already_connected" : "duplicate_node" };
  }
  if (saidHello && compareNodeIds(self, peer) < 0)
    return { type: "refuse", reason: "simultaneous" };
  return { type: "accept" };
}

/**
 * The order of node ids: numbers before other texts, numbers by value, other texts by character.
 */
export function compareNodeIds(a: NodeId, b: NodeId): number {
  const isNumber = decimal.test(a);
  if (isNumber !== decimal.test(b)) return isNumber ? -1 : 1;
  // Without leading zeros the longer number is the larger one, however many digits there are.
  if (isNumber && a.length !== b.length) return a.length - b.length;
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Whether a refusal rights itself, so that nobody needs to be told of it. */
export function isPassing(reason: string): boolean {
  return reason === "simultaneous" || reason === "already_connected" || reason === "stopping";
}
