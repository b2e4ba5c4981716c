/**
 * Figures of the Go library that reign follows, also where that one is ahead.
 *
 * They are quoted: medians of three runs or more on another machine with two processors in another
 * hour, with Go 1.19. Nothing here was measured in the run that a page is about.
 */
export const quotedFrom = "Go reign 0.9.1";

export interface Quoted {
  readonly case: string;
  readonly figure: string;
}

export const quoted: readonly Quoted[] = [
  { case: "L1", figure: "14,200,000 messages/s, on two processors" },
  { case: "L2", figure: "3,500,000 round trips/s" },
  { case: "L3-1k", figure: "498,000 messages/s" },
  { case: "L3-10k", figure: "52,000 messages/s" },
  { case: "L3-100k", figure: "5,000 messages/s" },
  { case: "L4", figure: "3,200,000 mailboxes/s" },
  { case: "L4-idle", figure: "200 B each" },
  { case: "L4-waiting", figure: "at least 2,048 B each, with a goroutine that waits" },
  { case: "L5", figure: "4,700,000 hops/s" },
  { case: "R1", figure: "240,000 messages/s, 7.5 CPU s/million" },
  { case: "R2", figure: "46 µs p50, 115 µs p99" },
  { case: "R3", figure: "513 MB/s for 10 KB, 840 MB/s for 1 MB" },
  { case: "R4", figure: "all closed: 44 ms; after kill -9: the notices never came" },
  { case: "R5", figure: "230,000 messages/s" },
  { case: "R6", figure: "80 ms" },
];
