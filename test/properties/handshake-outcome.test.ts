import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Introduction, RefusalReason } from "../../src/core/handshake.ts";
import { converse } from "../core/handshake-ends.ts";
import { holds, patienceMs } from "./effort.ts";

const nodeIds = fc.constantFrom("a", "a", "a", "b", "b", "c");
const epochs = fc.constantFrom("aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb", "cccccccccccccccc");

const introduction: fc.Arbitrary<Introduction> = fc.record(
  {
    versions: fc
      .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }))
      .map(([x, y]): [number, number] => [Math.min(x, y), Math.max(x, y)]),
    cluster: fc.constantFrom("reign", "reign", "reign", "reign", "other"),
    from: nodeIds,
    epoch: epochs,
    codecs: fc.shuffledSubarray(["term-3", "v8-1", "own-3"]),
    capabilities: fc.shuffledSubarray(["x", "y", "z"]),
    maxMessageBytes: fc.integer({ min: 1, max: 2 ** 31 }),
    received: fc.option(fc.record({ epoch: epochs, messages: fc.nat() }), { nil: undefined }),
  },
  { noNullPrototype: true },
);

interface Meeting {
  readonly dialler: Introduction;
  readonly acceptor: Introduction;
  /** Whom the dialler wants, and who the carrier says that the dialler is. */
  readonly dials: string;
  readonly proven: string;
  readonly answer: "accept" | RefusalReason;
}

/** What is wrong with a meeting, in the order in which it is looked for. */
function faultOf({ dialler, acceptor, dials, proven, answer }: Meeting): string | undefined {
  const [oldest, newest] = [0, 1].map((i) =>
    [dialler, acceptor].map(({ versions }) => versions[i]),
  );
  if (proven !== dialler.from) return "identity_mismatch";
  if (dials !== acceptor.from) return "wrong_node";
  if (dialler.cluster !== acceptor.cluster) return "wrong_cluster";
  if (Math.max(...numbers(oldest)) > Math.min(...numbers(newest))) return "incompatible_version";
  if (!dialler.codecs.some((name) => acceptor.codecs.includes(name))) return "no_common_codec";
  return answer === "accept" ? undefined : answer;
}

function numbers(list: readonly (number | undefined)[] | undefined): number[] {
  return (list ?? []).filter((each) => each !== undefined);
}

/** What one side is to know of the other. */
function agreementOf({ dialler, acceptor }: Meeting, us: Introduction, peer: Introduction) {
  return {
    peer: peer.from,
    epoch: peer.epoch,
    version: Math.min(dialler.versions[1], acceptor.versions[1]),
    // The one that the acceptor likes best.
    codec: acceptor.codecs.find((name) => dialler.codecs.includes(name)),
    capabilities: peer.capabilities.filter((name) => us.capabilities.includes(name)),
    maxMessageBytes: Math.min(dialler.maxMessageBytes, acceptor.maxMessageBytes),
    receivedThere: peer.received?.epoch === us.epoch ? peer.received.messages : undefined,
  };
}

test(
  "a handshake ends for both as the table of what fits says, with the same agreement or for the same reason",
  async () => {
    const rare = [
      "identity_mismatch",
      "wrong_node",
      "wrong_cluster",
      "incompatible_version",
      "no_common_codec",
      "duplicate_node",
      "agreed",
    ];
    const meetings: fc.Arbitrary<Meeting> = fc
      .record({ dialler: introduction, acceptor: introduction, other: nodeIds, odd: fc.nat(9) })
      .chain(({ dialler, acceptor, other, odd }) =>
        fc
          .constantFrom<Meeting["answer"]>("accept", "accept", "accept", "duplicate_node")
          .map((answer) => ({
            dialler,
            acceptor,
            dials: odd === 0 ? other : acceptor.from,
            proven: odd === 1 ? other : dialler.from,
            answer,
          })),
      );
    await holds("handshake, its outcome", { runs: 2_000, full: 1_000_000, rare }, (tally) =>
      fc.property(meetings, (meeting) => {
        const { dials, proven: provenDialler, answer } = meeting;
        const ends = converse(meeting.dialler, meeting.acceptor, { dials, provenDialler, answer });
        const fault = faultOf(meeting);
        tally.meet(fault ?? "agreed");
        if (fault === undefined) {
          const { dialler, acceptor } = meeting;
          expect(ends.dialler.agreement).toEqual(agreementOf(meeting, dialler, acceptor));
          expect(ends.acceptor.agreement).toEqual(agreementOf(meeting, acceptor, dialler));
          expect(ends.dialler.failure ?? ends.acceptor.failure).toBeUndefined();
          return;
        }
        expect(ends.dialler.agreement ?? ends.acceptor.agreement).toBeUndefined();
        expect(ends.acceptor.failure).toMatchObject({ reason: fault, byPeer: false });
        expect(ends.dialler.failure).toMatchObject({ reason: fault, byPeer: true });
      }),
    );
  },
  patienceMs,
);
