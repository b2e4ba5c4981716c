/**
 * Known defects, to be built into a copy of the package on purpose: lives that do not find them
 * prove nothing. Each is one change of the compiled code, so that the package itself has no switch
 * for them; a change that no longer fits is an error.
 */

export interface Canary {
  readonly id: string;
  /** What is wrong with it, as one would tell a colleague. */
  readonly defect: string;
  /**
   * The promise that it is about, as docs/guarantees.md numbers it. What comes of that may break
   * another one first.
   */
  readonly breaks: string;
  /** A file of `dist`. */
  readonly file: string;
  /** Is there once, and is replaced. */
  readonly find: string;
  readonly replace: string;
}

export const canaries: readonly Canary[] = [
  {
    id: "double-link",
    defect: "a newcomer is let in beside the link that is up",
    breaks: "G15",
    file: "core/link-rules.js",
    find: "if (upEpoch !== undefined) {",
    replace: 'if (upEpoch === "never") {',
  },
  {
    id: "twin-wins",
    defect: "a link that answers is given up for a second process with the same identity",
    breaks: "G16",
    file: "runtime/peer.js",
    find: "if (alive) {",
    replace: 'if (alive && reason !== "duplicate_node") {',
  },
  {
    id: "stale-address",
    defect: "a message for an earlier incarnation goes to the present one",
    breaks: "G14",
    file: "runtime/remote-address.js",
    find: "if (channel !== undefined && channel.epoch === this.epoch) {",
    replace: "if (channel !== undefined) {",
  },
  {
    id: "lost-piece",
    defect: "a message in more than two pieces never comes together",
    breaks: "G3",
    file: "runtime/session.js",
    find: "this.#receive(mailbox, bytes, 0, end, size, attachments);",
    replace:
      "if (size > 120_000) this.#receipts.onMessage(); else this.#receive(mailbox, bytes, " +
      "0, end, size, attachments);",
  },
  {
    id: "twice",
    defect: "a message is delivered twice now and then",
    breaks: "G2",
    file: "runtime/session.js",
    find: "events.onMessage(this, mailbox, message, size);",
    replace:
      "events.onMessage(this, mailbox, message, size); if (size % 64 === 0) " +
      "events.onMessage(this, mailbox, message, size);",
  },
  {
    id: "out-of-order",
    defect: "a message behind a big one for the same mailbox passes it",
    breaks: "G1",
    file: "runtime/session.js",
    find: "events.onMessage(this, mailbox, message, size);",
    replace:
      "if (size > 60_000) this.#ports.clock.soon(() => events.onMessage(this, mailbox, " +
      "message, size)); else events.onMessage(this, mailbox, message, size);",
  },
  {
    id: "notices-lost",
    defect: "of the watches of a link that ends, every other one is forgotten",
    breaks: "G10",
    file: "runtime/monitors.js",
    find: "for (const [target, watchers] of questions?.watches.takeAll() ?? []) {",
    replace:
      "for (const [target, watchers] of questions?.watches.takeAll() ?? []) { if (target % " +
      "2 === 0) continue;",
  },
  {
    id: "notice-twice",
    defect: "a single watcher is told twice that a mailbox was closed",
    breaks: "G9",
    file: "runtime/monitors.js",
    find: "if (watchers.length === 1) {",
    replace:
      'if (watchers.length === 1) { if (reason === "closed") this.#notify(first, new ' +
      "MailboxClosed(id, reason));",
  },
  {
    id: "watch-not-taken-back",
    defect: "a watch that was taken back is told all the same",
    breaks: "G9",
    file: "runtime/monitors.js",
    find: 'const result = questions?.watches.remove(target, watcher) ?? "absent";',
    replace: 'const result = questions === undefined ? "absent" : "removed";',
  },
  {
    id: "notice-overtakes",
    defect: "a notice passes the big messages that were sent before it",
    breaks: "G11",
    file: "core/outbox.js",
    find: "if (this.#bigs.size === 0) {\n            this.#lineNoticeBytes += length;",
    replace: "if (length > 0) {\n            this.#lineNoticeBytes += length;",
  },
  {
    id: "status-first",
    defect: "callbacks hear of a lost link before its notices are out",
    breaks: "G10",
    file: "runtime/service.js",
    find: "this.#monitors.onLinkDown(channel);\n        this.#status.publish(channel.peer, false);",
    replace:
      "this.#status.publish(channel.peer, false);\n        this.#monitors.onLinkDown(channel);",
  },
  {
    id: "names-last",
    defect: "the notice of a closed mailbox comes before its names go",
    breaks: "G12",
    file: "runtime/service.js",
    find: "this.#names.onMailboxClosed(number);\n        this.#monitors.onMailboxClosed(number);",
    replace:
      "this.#monitors.onMailboxClosed(number);\n        this.#names.onMailboxClosed(number);",
  },
  {
    id: "names-kept",
    defect: "the names of a lost node stay",
    breaks: "G12",
    file: "runtime/names.js",
    find: "for (const name of this.#table.dropNode(channel.peer))",
    replace: "for (const name of [])",
  },
  {
    id: "names-not-told",
    defect: "a node that is met again is not told the names there were",
    breaks: "G20",
    file: "runtime/names.js",
    find: "return;\n        for (const [name, mailbox] of this.#table.ownClaims())",
    replace:
      "return;\n        for (const [name, mailbox] of [...this.#table.ownClaims()].slice(1))",
  },
  {
    id: "conflict-not-told",
    defect: "a claimant does not hear of another that comes later",
    breaks: "G22",
    file: "runtime/names.js",
    find: "this.#onClaimed(name);\n    }\n    onRelease(claimant, name) {",
    replace: "}\n    onRelease(claimant, name) {",
  },
  {
    id: "no-detection",
    defect: "a silent peer is never given up",
    breaks: "G17",
    file: "runtime/liveness.js",
    find: "const verdict = this.#detector.gone(this.#ports.clock.now());",
    replace: "const verdict = { delayMs: 1_000 };",
  },
  {
    id: "false-death",
    defect: "after a standstill a peer is given up before what it sent is read",
    breaks: "G26",
    file: "runtime/liveness.js",
    find: "this.#ports.clock.soon(() => this.#judge());",
    replace: "this.#ports.gone();",
  },
  {
    id: "gives-up",
    defect: "after three failures a node is dialled no more",
    breaks: "G18",
    file: "runtime/peer.js",
    find: "const { backoff, random, clock } = this.#ports;",
    replace: "if (this.#failures > 3) return; const { backoff, random, clock } = this.#ports;",
  },
  {
    id: "uncounted",
    defect: "what a full mailbox refuses is in no count",
    breaks: "G4",
    file: "runtime/ledger.js",
    find: "if (count <= 0)",
    replace: 'if (count <= 0 || cause === "mailbox_full")',
  },
  {
    id: "in-doubt-lost",
    defect: "what was in doubt with an incarnation that is gone counts as lost, delivered or not",
    breaks: "G4",
    file: "core/link-account.js",
    find: "const lost = fits ? this.#handed - there : 0;",
    replace: "const lost = fits ? this.#handed - there : inDoubt;",
  },
  {
    id: "twin-accounts",
    defect: "two processes with one identity that come in turns are taken for hostile",
    breaks: "G21",
    file: "core/link-account.js",
    find: "this.#handed = receivedThere ?? 0;",
    replace: "this.#handed = fits ? there : 0;",
  },
  {
    id: "timer-left",
    defect: "a link that has ended leaves a timer behind",
    breaks: "G32",
    file: "runtime/liveness.js",
    find: "this.#timer[Symbol.dispose]();\n        for (const answer",
    replace: "for (const answer",
  },
  {
    id: "two-objects",
    defect: "an address of another node is a new object each time",
    breaks: "G6",
    file: "runtime/address-book.js",
    find: "if (known !== undefined)\n            return known;",
    replace: "if (known === null)\n            return known;",
  },
  {
    id: "refused-and-sent",
    defect: "send is false now and then for a message that goes",
    breaks: "G7",
    file: "runtime/any-address.js",
    find: "return this.#send(message) === undefined;",
    replace: "return this.#send(message) === undefined && this.number % 5 !== 0;",
  },
  {
    id: "one-of-all",
    defect: "a send by name reaches one of the claimants",
    breaks: "G2",
    file: "runtime/names.js",
    find: "return [...others, ...own].filter((address) => address.send(message)).length;",
    replace:
      "return [...others, ...own].slice(0, 1).filter((address) => address.send(message)).length;",
  },
];
