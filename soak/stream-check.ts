/**
 * Whether the messages that come into one mailbox are those that it should get: in order, each at
 * most once, whole, and meant for it. Pure.
 */

/** A message that is numbered by its sender, for each mailbox apart. */
export interface Numbered {
  readonly kind: "numbered";
  /** The mailbox that it was sent to. */
  readonly to: string;
  readonly from: number;
  /** Which process of the node `from` sent it: later ones have higher numbers. */
  readonly process: number;
  readonly number: number;
  readonly size: number;
  readonly bytes: Uint8Array;
}

export interface Wrong {
  readonly kind: "order" | "stranger";
  readonly text: string;
}

export function numbered(
  sender: { readonly from: number; readonly process: number },
  { to, number, size }: { readonly to: string; readonly number: number; readonly size: number },
): Numbered {
  const bytes = new Uint8Array(size);
  if (size > 0) bytes[0] = bytes[size - 1] = number & 0xff;
  return { kind: "numbered", to, ...sender, number, size, bytes };
}

export class StreamCheck {
  /** Of each node the process that was heard last: one before it is not heard again. */
  readonly #heard = new Map<number, { readonly process: number; readonly number: number }>();

  /** What is wrong with a message that came into the mailbox `id`, if anything is. */
  take(message: Numbered, id: string): Wrong | undefined {
    const { to, from, process, number } = message;
    const name = `message ${number} of process ${process} of node ${from}`;
    if (to !== id) return { kind: "stranger", text: `${name}, sent to ${to}, came to ${id}` };
    const last = this.#heard.get(from);
    this.#heard.set(from, { process, number });
    if (last !== undefined && process < last.process) {
      return { kind: "order", text: `${name} came to ${id} after one of process ${last.process}` };
    }
    if (process === last?.process && number <= last.number) {
      return { kind: "order", text: `${name} came to ${id} after message ${last.number}` };
    }
    return isWhole(message) ? undefined : { kind: "order", text: `${name} came to ${id} changed` };
  }
}

function isWhole({ bytes, size, number }: Numbered): boolean {
  if (bytes.length !== size) return false;
  return size === 0 || (bytes[0] === (number & 0xff) && bytes[size - 1] === (number & 0xff));
}
