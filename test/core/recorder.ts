/** A receiver for the tests of the queue, and ways to use it. */
import type { CompiledMatcher } from "../../src/core/matcher.ts";
import { type MessageQueue, Receiver } from "../../src/core/message-queue.ts";

/** A receiver that writes down what becomes of it. */
export class Recorder extends Receiver<number> {
  readonly got: (number | string)[] = [];
  readonly onAccept: (message: number) => void;

  constructor(
    matches?: (message: number) => boolean,
    onAccept: (message: number) => void = () => {},
  ) {
    super(matches === undefined ? undefined : { matches });
    this.onAccept = onAccept;
  }

  override accept(message: number): void {
    this.got.push(message);
    this.onAccept(message);
  }

  override fail(error: unknown): void {
    this.got.push(`failed: ${String(error)}`);
  }

  override closed(): void {
    this.got.push("closed");
  }
}

export function waiting(
  queue: MessageQueue<number>,
  matches?: (message: number) => boolean,
  onAccept?: (message: number) => void,
): Recorder {
  const receiver = new Recorder(matches, onAccept);
  queue.wait(receiver);
  return receiver;
}

export function drain(queue: MessageQueue<number>): number[] {
  const messages: number[] = [];
  for (let message = queue.take(); message !== undefined; message = queue.take()) {
    messages.push(message);
  }
  return messages;
}

export const even: CompiledMatcher<number> = { matches: (message) => message % 2 === 0 };
