/**
 * Addresses as bytes, and which bytes were met before.
 *
 * The address to answer to is in most messages, and the same one for a long time. Neither way keeps
 * an address object, so that none outlives its use here: the encoder remembers bytes by id, and the
 * decoder what the bytes say.
 */
import type { Address } from "../../core/address.ts";
import type { ByteWriter } from "../../core/byte-writer.ts";
import { DecodeError } from "../../core/errors.ts";
import { type MailboxRef, mailboxRefFromBytes } from "../../core/mailbox-id.ts";
import { type ByteReader, copyOf } from "./byte-reader.ts";

const mostRemembered = 128;

export class AddressBytes {
  readonly #byId = new Map<string, Uint8Array>();

  write(out: ByteWriter, address: Address): void {
    const { id } = address;
    let bytes = this.#byId.get(id);
    if (bytes === undefined) {
      bytes = address.toBytes();
      // Anybody can make an object that looks like an address; a peer must be able to read it.
      mailboxRefFromBytes(bytes);
      if (this.#byId.size >= mostRemembered) this.#byId.clear();
      this.#byId.set(id, bytes);
    }
    out.raw(bytes);
  }
}

export class AddressRefs {
  readonly #table: ({ readonly bytes: Uint8Array; readonly ref: MailboxRef } | undefined)[] = [];

  read(input: ByteReader): MailboxRef {
    const { bytes, position: start } = input;
    const length = skipAddress(input);
    const place = (Math.imul(bytes[start + length - 1] as number, 31) + length) % mostRemembered;
    const known = this.#table[place];
    if (known !== undefined && isAt(known.bytes, bytes, start, length)) return known.ref;
    const own = copyOf(bytes, start, length);
    const ref = mailboxRefFromBytes(own);
    if (this.#table.length === 0) this.#table.length = mostRemembered;
    this.#table[place] = { bytes: own, ref };
    return ref;
  }
}

/** Steps over the bytes of an address, which say themselves where they end. */
function skipAddress(input: ByteReader): number {
  const start = input.position;
  input.skip(1);
  input.skip(input.byte());
  input.skip(8);
  while (input.byte() > 127) {
    if (input.position - start > 100) throw new DecodeError("An address does not end.");
  }
  return input.position - start;
}

function isAt(wanted: Uint8Array, bytes: Uint8Array, start: number, length: number): boolean {
  if (wanted.length !== length) return false;
  for (let i = 0; i < length; i++) {
    if (wanted[i] !== bytes[start + i]) return false;
  }
  return true;
}
