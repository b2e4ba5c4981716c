/**
 * What addresses of this node and of others have in common: their forms, and the errors they throw.
 */
import { type Address, addressBrand } from "../core/address.ts";
import type { MailboxClosed } from "../core/close-notice.ts";
import { ReignError } from "../core/errors.ts";
import type { LossCause } from "../core/loss.ts";
import {
  type Epoch,
  formatMailboxId,
  type MailboxId,
  type MailboxRef,
  mailboxRefToBytes,
  type NodeId,
} from "../core/mailbox-id.ts";
import type { AddressHost } from "./address-host.ts";
import type { WaitOptions } from "./waiting.ts";

export abstract class AnyAddress<in M> implements Address<M>, MailboxRef {
  readonly host: AddressHost;
  readonly number: number;

  constructor(host: AddressHost, number: number) {
    this.host = host;
    this.number = number;
  }

  abstract get nodeId(): NodeId;
  abstract get epoch(): Epoch;

  /** Something is told of it from which it can be asked for again: a text, bytes, its number. */
  show(): void {}

  /** Puts the message on its way, or says why it is lost. Does not count. */
  abstract transmit(message: M): LossCause | undefined;

  /** Whether there is a mailbox or a link that may take a message. */
  abstract get reachable(): boolean;

  /** The largest message that can be sent to it. */
  abstract get maxMessageBytes(): number;

  /** How many messages may wait in it, as far as this node is the one to say. */
  abstract get maxMessages(): number;

  /** How long the message refused last was, encoded, if it was at all. */
  get refusedBytes(): number | undefined {
    return undefined;
  }

  abstract ready(options?: WaitOptions): Promise<void>;

  get id(): MailboxId {
    return formatMailboxId(this);
  }

  send(message: M): boolean {
    return this.#send(message) === undefined;
  }

  sendOrThrow(message: M): void {
    const cause = this.#send(message);
    if (cause !== undefined) throw this.#errorOf(cause);
  }

  onCloseNotify(watcher: Address<MailboxClosed>): void {
    this.host.watching.watch(this, watcher);
  }

  removeNotify(watcher: Address<MailboxClosed>): boolean {
    return this.host.watching.unwatch(this, watcher);
  }

  toString(): string {
    return `<${this.id}>`;
  }

  toJSON(): string {
    return `<${this.id}>`;
  }

  toBytes(): Uint8Array<ArrayBuffer> {
    return mailboxRefToBytes(this);
  }

  /** Counts the message, and its loss. Returns why it is lost, if it is. */
  #send(message: M): LossCause | undefined {
    if (message === undefined) throw undefinedMessage();
    const { ledger, tracing } = this.host;
    const watched = tracing.on || tracing.sees(message);
    const cause = watched ? tracing.transmit(this, message) : this.transmit(message);
    ledger.sent += 1;
    if (cause !== undefined) {
      this.show();
      ledger.lost(cause, { from: ledger.self.nodeId, to: this, size: this.refusedBytes });
    }
    return cause;
  }

  #errorOf(cause: LossCause): ReignError {
    const { id, nodeId } = this;
    switch (cause) {
      case "mailbox_full": {
        const limitMessages = this.maxMessages;
        const text = `The ${limitMessages} messages that may wait in the mailbox ${this} do.`;
        return new ReignError("REIGN_MAILBOX_FULL", text, { id, limitMessages });
      }
      case "stale":
        return new ReignError(
          "REIGN_STALE_ADDRESS",
          `${this} is of an earlier run of node ${nodeId}, which is gone.`,
          { id },
        );
      case "no_connection":
        return new ReignError("REIGN_NO_CONNECTION", `No link to node ${nodeId} is up.`, {
          id,
          nodeId,
        });
      case "too_large": {
        const limitBytes = this.maxMessageBytes;
        const text = `The message for ${this} is larger than ${limitBytes} bytes, which both take.`;
        return new ReignError("REIGN_TOO_LARGE", text, { id, limitBytes });
      }
      case "queue_full": {
        const limitBytes = this.host.maxPendingBytes;
        const text = `All ${limitBytes} bytes that may wait for node ${nodeId} do. Await ready().`;
        return new ReignError("REIGN_QUEUE_FULL", text, { id, limitBytes });
      }
      default:
        return new ReignError("REIGN_MAILBOX_CLOSED", `The mailbox ${this} is closed.`, { id });
    }
  }
}

// Computed member names cannot be declared in a class under isolated declarations.
Object.defineProperty(AnyAddress.prototype, addressBrand, { value: true });
Object.defineProperty(AnyAddress.prototype, Symbol.toStringTag, { value: "Address" });
Object.defineProperty(AnyAddress.prototype, Symbol.for("nodejs.util.inspect.custom"), {
  value(this: AnyAddress<never>): string {
    return `Address${this}`;
  },
});

function undefinedMessage(): TypeError {
  return new TypeError("Expected a message, got undefined: it could not be told from no message.");
}
