/** How many mailboxes there are: what a message to any of them costs, and what each one takes. */
import { noClustering, nullLogger } from "reign";
import { createSeededRandom } from "reign/testing";
import type { Role } from "./case.ts";
import { costOf, type Growth } from "./growth.ts";
import { bytesInUse } from "./kept.ts";
import { alone } from "./local-role.ts";
import { manyCalls } from "./many-calls.ts";
import { asBytes, asCount, asTime } from "./quantities.ts";
import { PromiseRing } from "./raw-ring.ts";

interface Numbered {
  readonly id: number;
}

const limits = { most: 50_000, limitMs: 200 } as const;
/** Of fewer, the memory would be lost in the engine's own. */
const leastCounted = 1_000;

export const mailboxGrowth: Growth = {
  id: "mailboxes",
  x: { label: "mailboxes of the node", format: asCount },
  sizes: { full: [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000], quick: [1, 1_000] },
  contestants: [
    alone("reign", () => {
      const service = noClustering({ logger: nullLogger });
      return boxesRole(
        () => service.newMailbox<Numbered>().mailbox,
        (mailbox, message) => {
          mailbox.address.send(message);
          return mailbox.receive();
        },
        (mailbox) => mailbox.close(),
      );
    }),
    alone("raw ring, promise", () =>
      boxesRole(
        () => new PromiseRing<Numbered>(),
        (ring, message) => {
          ring.send(message);
          return ring.receive();
        },
        () => {},
      ),
    ),
  ],
  charts: [
    {
      id: "mailboxes-cost",
      title: "One message, to any of many mailboxes",
      y: { label: "time to send one to a random mailbox and receive it", format: asTime },
      value: costOf,
    },
    {
      id: "mailboxes-memory",
      title: "Memory of a mailbox",
      y: { label: "bytes for each, idle, with its address", format: asBytes },
      value: ({ bytes }) => bytes,
    },
  ],
};

function boxesRole<T>(
  make: () => T,
  call: (box: T, message: Numbered) => Promise<Numbered>,
  close: (box: T) => void,
): Role {
  return {
    async round(size) {
      const boxes = new Array<T>(size);
      const before = await bytesInUse();
      for (let i = 0; i < size; i++) boxes[i] = make();
      const bytes = ((await bytesInUse()) - before) / size;
      const order = orderOf(size);
      const timing = await manyCalls(limits, (id) =>
        call(boxes[order[id & (order.length - 1)] as number] as T, { id }),
      );
      for (const box of boxes) close(box);
      return size < leastCounted ? timing : { ...timing, bytes };
    },
  };
}

/** The same in every run, and made before the clock runs. */
function orderOf(size: number): Uint32Array {
  const random = createSeededRandom(1);
  return Uint32Array.from({ length: 65_536 }, () => Math.floor(random.fraction() * size));
}
