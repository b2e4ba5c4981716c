/**
 * The program of each of the five processes: sends to all others, takes what comes, opens, watches
 * and closes mailboxes, claims and gives up names, and looks whether what it sees can be.
 *
 * What cannot be is a line on standard error at once, so that it is known of even if the process is
 * killed the moment after.
 */
import type { ConnectionService, ServiceStats } from "reign";
import { createSeededRandom } from "reign/testing";
import {
  countDescriptors,
  type Footprint,
  footprint,
  type Patience,
} from "../reliability/footprint.ts";
import { LinkChanges } from "../reliability/link-changes.ts";
import { type NodeSetting, startNode } from "../reliability/node.ts";
import type { Books } from "./accounts.ts";
import { Claims } from "./claims.ts";
import { Inboxes, type Invitation, inboxName } from "./inboxes.ts";
import { meetAll } from "./meet.ts";
import type { Claimants, NamesView } from "./name-views.ts";
import { Lies, type Plant } from "./plant.ts";
import { Rooms } from "./rooms.ts";
import { Senders } from "./senders.ts";
import { tellOf } from "./violation.ts";
import { Watches } from "./watches.ts";

export interface TalkerSetting {
  readonly node: NodeSetting;
  /** The ids of all others. */
  readonly others: readonly number[];
  /** Which process this is of all that are started in the run. */
  readonly process: number;
  readonly seed: number;
  readonly plants: readonly Plant[];
}

/** What somebody who looks on wants to know. */
export interface Glance {
  readonly sent: number;
  readonly delivered: number;
  readonly lost: ServiceStats["lost"];
  readonly rssMiB: number;
  readonly heapMiB: number;
  readonly descriptors: number;
}

const mebibyte = 2 ** 20;

export async function startTalker(setting: TalkerSetting) {
  const logger = {
    error: (fields: object, message: string) => {
      tellOf("process", `logged ${message} ${JSON.stringify(fields)}`);
    },
    warn: () => undefined,
    info: () => undefined,
    debug: () => undefined,
    trace: () => undefined,
  };
  const service = await startNode(setting.node, { logger });
  return answersOf(new Talker(service, setting), setting.others);
}

/** What it does, each with a file of its own. */
class Talker {
  readonly service: ConnectionService;
  readonly senders: Senders;
  readonly watches: Watches;
  readonly inboxes: Inboxes;
  readonly rooms: Rooms;
  readonly claims: Claims;
  readonly #process: number;
  readonly #node: number;
  readonly #lies: Lies;
  #timers: readonly ReturnType<typeof setInterval>[] = [];

  constructor(service: ConnectionService, { node, others, process, seed, plants }: TalkerSetting) {
    const self = { from: node.id, process };
    const random = createSeededRandom(seed);
    const lies = new Lies(plants);
    this.service = service;
    this.#node = node.id;
    this.#process = process;
    this.#lies = lies;
    this.senders = new Senders(service, { self, others, random });
    this.watches = new Watches(service, { others, random, lies });
    this.inboxes = new Inboxes(service, {
      self,
      lies,
      invited: (invitation) => this.#welcome(invitation),
    });
    this.rooms = new Rooms(service, {
      self,
      random,
      invite: (room, name) => {
        for (const other of others) this.senders.sendTo(other, { kind: "invitation", room, name });
      },
      took: (...taken) => this.inboxes.check(...taken),
    });
    this.claims = new Claims(service, random);
  }

  talk(): void {
    this.#timers = [
      setInterval(() => this.senders.tick(), 20),
      setInterval(() => this.rooms.open(), 400),
      setInterval(() => this.claims.change(), 50),
      setInterval(() => this.watches.tick(), 500),
    ];
  }

  hush(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
    this.rooms.closeAll();
  }

  books(): Books {
    return {
      node: this.#node,
      process: this.#process,
      account: this.#lies.account(this.service.stats()),
      sentTo: this.senders.sentTo,
      gotFrom: this.inboxes.gotFrom,
    };
  }

  allClaims(): Claimants {
    return this.#lies.claims({ ...this.inboxes.claims(), ...this.claims.own() });
  }

  look(patience: Patience): Promise<Footprint> {
    this.#lies.look();
    return footprint(patience);
  }

  #welcome({ room, name }: Invitation): void {
    this.watches.watch(room, name);
    this.senders.greet(room);
  }
}

function answersOf(talker: Talker, others: readonly number[]) {
  const { service, senders, watches, rooms, claims } = talker;
  const changes = new LinkChanges(service);
  return {
    /** Begins to do all that it does, or goes on with it. */
    talk: () => talker.talk(),
    /** Says nothing new, and closes what it has opened. */
    hush: () => talker.hush(),
    /** Whether there is a link to each of the others within the time, over which it answers. */
    meet: (limitMs: number) => meetAll(service, changes, others, limitMs),
    /** Settles when the link to the node is down, with how many messages are in doubt then. */
    async parted(node: number): Promise<number> {
      await changes.down(String(node));
      return service.stats().lost.in_doubt;
    },
    glance(): Glance {
      const { sent, delivered, lost } = service.stats();
      const { rss, heapUsed } = process.memoryUsage();
      const rssMiB = rss / mebibyte;
      const heapMiB = heapUsed / mebibyte;
      return { sent, delivered, lost, rssMiB, heapMiB, descriptors: countDescriptors() };
    },
    books: () => talker.books(),
    /** Links that were closed since a peer broke the protocol. */
    violations: () => service.stats().violations,
    /** What is watched, but for the mailboxes in which everybody is reached. */
    pending: () => watches.pending(others.map((id) => service.names.lookup(inboxName(id, 0))?.id)),
    /** Old addresses that seem to live. */
    ghosts: () => senders.ghosts(),
    claims: () => ({ claims: talker.allClaims(), rooms: rooms.names }),
    names(names: readonly string[]): Omit<NamesView, "claims" | "node"> {
      const idsOf = (name: string): string[] => service.names.lookupAll(name).map(({ id }) => id);
      return {
        seen: Object.fromEntries(names.map((name) => [name, idsOf(name)])),
        contested: service.names.multipleClaimCount,
        told: claims.told,
      };
    },
    look: (patience: Patience) => talker.look(patience),
    /** Ends in peace, and gives the last figures. */
    async end(): Promise<Books> {
      talker.hush();
      await service.terminate();
      return talker.books();
    },
  };
}
