/**
 * What a message to a mailbox of this node goes through on its way, so that sender and receiver
 * share no more than the service was told: nothing under `copy`, nothing that can be changed under
 * `freeze`. Under `share` there is none of it, and a message goes straight into the mailbox.
 *
 * A copy is made by the codec that peers are spoken to with, and not by some other rule: what is
 * refused, what is dropped and what arrives as something else is then the same here as elsewhere.
 */
import { ByteWriter, TooManyBytes } from "../core/byte-writer.ts";
import { deepFreeze } from "../core/deep-freeze.ts";
import { DecodeError } from "../core/errors.ts";
import type { InstanceForms } from "../core/instance-form.ts";
import type { LossCause } from "../core/loss.ts";
import type { MailboxRef } from "../core/mailbox-id.ts";
import type { Codec, Decoder, DecoderPorts, Encoder } from "../ports/codec.ts";
import { takeDefinition } from "./body-values.ts";
import type { Ledger } from "./ledger.ts";
import type { ServiceSettings } from "./settings.ts";

export interface Isolation {
  /** The largest message that passes. */
  readonly maxMessageBytes: number;
  /**
   * Hands what the receiver is to get to `deliver`, or says why the message is lost. Throws what
   * an encoder throws.
   */
  pass(message: unknown, to: MailboxRef, deliver: Deliver): LossCause | undefined;
}

type Deliver = (message: unknown) => LossCause | undefined;

export interface IsolationPorts {
  readonly settings: ServiceSettings;
  readonly codec: Codec;
  readonly coding: DecoderPorts;
  readonly ledger: Ledger;
}

/** Nothing for messages that are passed as they are. */
export function createIsolation(ports: IsolationPorts): Isolation | undefined {
  switch (ports.settings.isolation) {
    case "share":
      return undefined;
    case "copy":
      return new CopyIsolation(ports);
    case "freeze":
      return new FreezeIsolation(ports.coding.types);
  }
}

class FreezeIsolation implements Isolation {
  readonly maxMessageBytes = Number.POSITIVE_INFINITY;
  readonly #types: InstanceForms;

  constructor(types: InstanceForms) {
    this.#types = types;
  }

  pass(message: unknown, _to: MailboxRef, deliver: Deliver): LossCause | undefined {
    deepFreeze(message, this.#types);
    return deliver(message);
  }
}

const firstBytes = 1_024;

class CopyIsolation implements Isolation {
  readonly #ports: IsolationPorts;
  /** More than one where encoding or decoding a message sends another. */
  readonly #idle: Copier[] = [];

  constructor(ports: IsolationPorts) {
    this.#ports = ports;
  }

  get maxMessageBytes(): number {
    return this.#ports.settings.maxMessageBytes;
  }

  pass(message: unknown, to: MailboxRef, deliver: Deliver): LossCause | undefined {
    const { ledger } = this.#ports;
    const copier = this.#idle.pop() ?? new Copier(this.#ports);
    let copy: unknown;
    try {
      if (!copier.encode(message)) return "too_large";
      copy = copier.decode();
    } catch (error) {
      if (!copier.hasEncoded) throw error;
      // As if it had come from elsewhere: it was sent, and is lost where it arrives.
      ledger.undecoded(error, { from: ledger.self.nodeId, to, size: copier.size });
      return undefined;
    } finally {
      copier.clear();
      this.#idle.push(copier);
    }
    return deliver(copy);
  }
}

/** Both ends of a link from this node to itself. */
class Copier {
  readonly #encoder: Encoder;
  readonly #decoder: Decoder;
  readonly #maxBytes: number;
  readonly #out = new ByteWriter(firstBytes);
  hasEncoded = false;

  constructor({ codec, coding, settings }: IsolationPorts) {
    const decoder = codec.createDecoder(coding);
    const define = (bytes: Uint8Array) => takeDefinition(decoder, bytes, 0, bytes.length);
    this.#encoder = codec.createEncoder({ ...coding, define });
    this.#decoder = decoder;
    this.#maxBytes = settings.maxMessageBytes;
  }

  get size(): number {
    return this.#out.length;
  }

  /** False for what is too large. */
  encode(message: unknown): boolean {
    this.#out.ceiling = this.#maxBytes;
    try {
      this.#encoder.encode(message, this.#out);
    } catch (error) {
      if (error instanceof TooManyBytes) return false;
      throw error;
    }
    this.hasEncoded = this.size <= this.#maxBytes;
    return this.hasEncoded;
  }

  decode(): unknown {
    const { bytes, position } = this.#out;
    const copy = this.#decoder.decode(bytes, position - this.size, position);
    if (copy === undefined) throw new DecodeError("undefined is no message");
    return copy;
  }

  clear(): void {
    this.#out.rollback(0);
    this.hasEncoded = false;
  }
}
