/**
 * How big the package may be, and why. In bytes; `today` is what it was when the line was last
 * changed, so that growth is seen in review. A budget that is in the way is raised here, with a
 * reason that its reader would accept, and not in silence.
 */

export interface SizeBudget {
  readonly budget: number;
  readonly today: number;
  readonly because: string;
}

export const packageBudgets: Readonly<Record<"tarball" | "unpacked", SizeBudget>> = {
  tarball: {
    budget: 1_200_000,
    today: 959_509,
    because:
      "what npm fetches: two seconds on a slow line. Half are sources and maps, 130 kB the guides",
  },
  unpacked: {
    budget: 5_000_000,
    today: 3_983_694,
    because: "what an image for deployment grows by; sources and maps stay for stack traces",
  },
};

/** The JavaScript of ours that Node.js reads when an entry is imported. */
export const entryBudgets: Readonly<Record<string, SizeBudget>> = {
  ".": {
    budget: 850_000,
    today: 653_037,
    because: "comments included: a node, three codecs, the TLS carrier, and nothing for tests",
  },
  "./tls": {
    budget: 65_000,
    today: 47_329,
    because: "the making of certificates alone; the library for it comes when one is made",
  },
  "./testing": {
    budget: 680_000,
    today: 515_164,
    because: "a node and the simulation, without the TLS carrier; only tests load it",
  },
  "./testing/proxy": {
    budget: 35_000,
    today: 24_504,
    because: "a proxy that knows nothing of reign",
  },
};

/** What `import "reign"` reads in all: ours, and what it takes from other packages. */
export const startBudget: SizeBudget = {
  budget: 1_750_000,
  today: 1_498_505,
  because: "zod, which reads the spec, is 854 kB of it, pino and its kin 140 kB",
};
