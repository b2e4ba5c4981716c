/**
 * Sends the notices that mailboxes are gone: exactly one for each pair that asked, whatever
 * happens.
 *
 * There is one table for the mailboxes of this node, and for each link that is up one for those of
 * the peer. However many here watch one mailbox there, the peer is asked once, under a number
 * (`ref`) that the answer carries. The peer's own questions stand in a third table. All that
 * belongs to a link ends with it, and the end of a link is itself the answer to every question that
 * was open on it: `noconnection`. Nothing is asked again when the next link is up; whoever still
 * cares asks anew.
 */
import { type CloseReason, MailboxClosed } from "../core/close-notice.ts";
import { DecodeError } from "../core/errors.ts";
import { formatMailboxId, type Incarnation, type MailboxId } from "../core/mailbox-id.ts";
import { Watches } from "../core/watches.ts";
import type { PeerChannel } from "./peer-channel.ts";

/** What is asked of a peer on one link. */
interface Questions {
  readonly watches: Watches;
  readonly refOf: Map<number, number>;
  readonly targetOf: Map<number, number>;
  lastRef: number;
}

/** So many monitors may one peer hold on this node. Beyond it the link is closed. */
const maxMonitorsOfPeer = 1_000_000;

export class Monitors {
  readonly #self: Incarnation;
  /** Puts a notice into a mailbox of this node, if that is still open. */
  readonly #notify: (watcher: number, notice: MailboxClosed) => void;
  readonly #own = new Watches();
  readonly #asked = new Map<PeerChannel, Questions>();
  /** What peers ask of this node: by link, the mailboxes and the `ref`s that watch them. */
  readonly #askers = new Map<PeerChannel, Watches>();
  /** Who is still to be told of what, while notices are being handed out. */
  readonly #due = new Map<MailboxId, Set<number>>();

  constructor(self: Incarnation, notify: (watcher: number, notice: MailboxClosed) => void) {
    this.#self = self;
    this.#notify = notify;
  }

  /** Whether a notice about a mailbox is about to be handed to the watcher. */
  isDue(target: MailboxId, watcher: number): boolean {
    return this.#due.get(target)?.has(watcher) ?? false;
  }

  /** Takes such a notice back. `false`: there was none. */
  takeDue(target: MailboxId, watcher: number): boolean {
    return this.#due.get(target)?.delete(watcher) ?? false;
  }

  /** A mailbox of this node watches another, which is open. */
  watchOwn(target: number, watcher: number): void {
    this.#own.add(target, watcher);
  }

  unwatchOwn(target: number, watcher: number): boolean {
    return this.#own.remove(target, watcher) !== "absent";
  }

  /** A mailbox of this node watches one of the peer's. */
  watch(channel: PeerChannel, target: number, watcher: number): void {
    const questions = this.#questions(channel);
    if (!questions.watches.add(target, watcher)) return;
    const ref = ++questions.lastRef;
    questions.refOf.set(target, ref);
    questions.targetOf.set(ref, target);
    channel.sendMonitor(ref, target);
  }

  unwatch(channel: PeerChannel, target: number, watcher: number): boolean {
    const questions = this.#asked.get(channel);
    const result = questions?.watches.remove(target, watcher) ?? "absent";
    if (questions !== undefined && result === "last") withdraw(channel, questions, target);
    return result !== "absent";
  }

  /** A mailbox of this node is closed: tells its watchers, and forgets what it watched itself. */
  onMailboxClosed(mailbox: number): void {
    this.#own.takeWatcher(mailbox);
    for (const [channel, questions] of this.#asked) {
      for (const target of questions.watches.takeWatcher(mailbox)) {
        withdraw(channel, questions, target);
      }
    }
    this.#tell(this.#own.takeTarget(mailbox), this.#self, mailbox, "closed");
    for (const [channel, askers] of this.#askers) {
      for (const ref of askers.takeTarget(mailbox)) channel.sendDown(ref, "closed");
    }
  }

  /** A peer asks for a notice. `open` says whether that mailbox is there to be closed. */
  onMonitor(channel: PeerChannel, ref: number, mailbox: number, open: boolean): void {
    const askers = this.#askers.get(channel) ?? new Watches();
    this.#askers.set(channel, askers);
    if (askers.hasWatcher(ref)) throw new DecodeError("a monitor's number is in use");
    if (askers.watcherCount >= maxMonitorsOfPeer) throw new DecodeError("too many monitors");
    if (open) askers.add(mailbox, ref);
    else channel.sendDown(ref, "noproc");
  }

  onDemonitor(channel: PeerChannel, ref: number): void {
    // The notice may have been on its way when the peer changed its mind.
    this.#askers.get(channel)?.takeWatcher(ref);
  }

  /** A peer answers. */
  onNotice(channel: PeerChannel, ref: number, reason: CloseReason): void {
    const questions = this.#asked.get(channel);
    if (questions === undefined || ref === 0 || ref > questions.lastRef) {
      throw new DecodeError("a notice that nobody asked for");
    }
    const target = questions.targetOf.get(ref);
    // Withdrawn while the notice was on its way.
    if (target === undefined) return;
    questions.targetOf.delete(ref);
    questions.refOf.delete(target);
    const { peer: nodeId, epoch } = channel;
    this.#tell(questions.watches.takeTarget(target), { nodeId, epoch }, target, reason);
  }

  /** The link is down: whoever watched through it is told, and what the peer asked is void. */
  onLinkDown(channel: PeerChannel): void {
    const questions = this.#asked.get(channel);
    this.#asked.delete(channel);
    const { peer: nodeId, epoch } = channel;
    for (const [target, watchers] of questions?.watches.takeAll() ?? []) {
      this.#tell(watchers, { nodeId, epoch }, target, "noconnection");
    }
    this.#askers.delete(channel);
  }

  #questions(channel: PeerChannel): Questions {
    const known = this.#asked.get(channel);
    if (known !== undefined) return known;
    const questions: Questions = {
      watches: new Watches(),
      refOf: new Map(),
      targetOf: new Map(),
      lastRef: 0,
    };
    this.#asked.set(channel, questions);
    return questions;
  }

  /** A notice may run a matcher, which may take back or ask again for one that is still to come. */
  #tell(
    watchers: readonly number[],
    { nodeId, epoch }: Incarnation,
    number: number,
    reason: CloseReason,
  ): void {
    const [first] = watchers;
    if (first === undefined) return;
    const id = formatMailboxId({ nodeId, epoch, number });
    if (watchers.length === 1) {
      this.#notify(first, new MailboxClosed(id, reason));
      return;
    }
    const due = new Set(watchers);
    this.#due.set(id, due);
    for (const watcher of due) {
      due.delete(watcher);
      this.#notify(watcher, new MailboxClosed(id, reason));
    }
    this.#due.delete(id);
  }
}

function withdraw(channel: PeerChannel, questions: Questions, target: number): void {
  const ref = questions.refOf.get(target);
  if (ref === undefined) return;
  questions.refOf.delete(target);
  questions.targetOf.delete(ref);
  channel.sendDemonitor(ref);
}
