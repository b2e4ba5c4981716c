/** A queue whose receivers do, each time they are asked, what a script says. */
import { expect } from "vitest";
import { MessageQueue } from "../../src/core/message-queue.ts";
import type { Overflow } from "../../src/core/overflow.ts";
import { drain, even, Recorder } from "./recorder.ts";

function isNotice(message: number): boolean {
  return message % 4 === 0;
}

class ScriptedReceiver extends Recorder {
  wantsEven = false;
}

/** Runs scripts inside matchers, and keeps the books. Every fourth message is a notice. */
export class World {
  readonly queue: MessageQueue<number>;
  readonly maxMessages: number;
  readonly scripts: readonly (readonly string[])[];
  readonly received: number[] = [];
  readonly receivers: ScriptedReceiver[] = [];
  sent = 0;
  takenBack = 0;
  /** Refused, dropped, or in the mailbox when it was closed; without the notices then in it. */
  lost = 0;
  #script = 0;

  constructor(
    scripts: readonly (readonly string[])[],
    limit: { readonly maxMessages: number; readonly overflow: Overflow } | undefined,
  ) {
    this.scripts = scripts;
    this.maxMessages = limit?.maxMessages ?? Number.POSITIVE_INFINITY;
    const bound = limit && {
      ...limit,
      dropped: () => {
        this.lost += 1;
      },
      close: () => {
        this.lost += this.queue.close();
      },
    };
    this.queue = new MessageQueue<number>(bound);
  }

  step(step: string): void {
    if (step === "send") this.#send();
    else if (step === "take") this.#keep(this.queue.take());
    else if (step === "look") this.#guarded(() => this.queue.take({ matches: () => this.#play() }));
    else this.#wait(true);
  }

  check(): void {
    const inLine = this.receivers.filter(({ stage }) => stage !== "out");
    expect(new Set(inLine.map(({ stage }) => stage))).toEqual(
      new Set(inLine.length ? ["waiting"] : []),
    );
    const { closed } = this.queue;
    const left = drain(this.queue);
    expect(left.filter((message) => !isNotice(message)).length).toBeLessThanOrEqual(
      this.maxMessages,
    );
    // Nobody stands in front of a message that he wants.
    if (inLine.some(({ matcher }) => matcher === undefined)) expect(left).toEqual([]);
    if (inLine.some(({ wantsEven }) => wantsEven)) expect(left.filter(even.matches)).toEqual([]);
    expect(left).toEqual([...left].sort((a, b) => a - b));
    const all = [...this.received, ...left];
    expect(new Set(all).size).toBe(all.length);
    const messages = all.filter((message) => !isNotice(message)).length;
    const notices = all.length - messages + this.takenBack;
    const noticesSent = Math.floor(this.sent / 4);
    expect(messages + this.lost).toBe(this.sent - noticesSent);
    if (closed) expect(notices).toBeLessThanOrEqual(noticesSent);
    else expect(notices).toBe(noticesSent);
    for (const { got } of this.receivers) expect(got.length).toBeLessThanOrEqual(1);
  }

  /** What a matcher does: one script, each script once, so that it comes to an end. */
  #play(own?: Recorder): boolean {
    const script = this.scripts[this.#script++] ?? [];
    let wanted = false;
    for (const action of script) {
      if (action === "send") this.#send();
      else if (action === "take") this.#keep(this.queue.take());
      else if (action === "takeEven") this.#keep(this.queue.take(even));
      else if (action === "wait") this.#wait(true);
      else if (action === "waitEven") this.#wait(false);
      else if (action === "cancelOwn" && own !== undefined) this.queue.cancel(own);
      else if (action === "cancelOther") this.#cancelFirst();
      else if (action === "takeBack") this.takenBack += this.queue.takeBack(even) ? 1 : 0;
      else if (action === "throw") throw new Error("broken");
      else wanted = action === "want";
    }
    return wanted;
  }

  #send(): void {
    this.sent += 1;
    if (isNotice(this.sent)) this.queue.notify(this.sent);
    else if (this.queue.deliver(this.sent) !== undefined) this.lost += 1;
  }

  #keep(message: number | undefined): void {
    if (message !== undefined) this.received.push(message);
  }

  #guarded(look: () => number | undefined): void {
    try {
      this.#keep(look());
    } catch {
      // The script says so.
    }
  }

  /** As a receive does it: look first, then join the line. */
  #wait(scripted: boolean): void {
    if (this.queue.closed) return;
    const plain = this.sent % 3 === 0;
    const matches = scripted ? () => this.#play(receiver) : even.matches;
    const receiver: ScriptedReceiver = new ScriptedReceiver(
      plain ? undefined : matches,
      (message) => {
        this.received.push(message);
      },
    );
    receiver.wantsEven = !(plain || scripted);
    this.receivers.push(receiver);
    if (!plain && scripted) {
      this.queue.wait(receiver);
      return;
    }
    const message = this.queue.take(receiver.matcher);
    if (message === undefined && this.queue.closed) return;
    if (message === undefined) this.queue.wait(receiver);
    else this.received.push(message);
  }

  #cancelFirst(): void {
    const receiver = this.receivers.find(({ stage }) => stage === "waiting" || stage === "asked");
    if (receiver !== undefined) this.queue.cancel(receiver);
  }
}
