/** An encoder and a decoder of one link, and the checks that cases of the codec contract make. */
import { type Address, addressBrand } from "../core/address.ts";
import { ByteWriter } from "../core/byte-writer.ts";
import { DecodeError, NotSerializableError } from "../core/errors.ts";
import { formatMailboxId, type MailboxRef, mailboxRefToBytes } from "../core/mailbox-id.ts";
import { TypeTable } from "../core/type-table.ts";
import type { Codec, CodecLimits, Decoder, Encoder } from "../ports/codec.ts";
import { expect, expectEqual, fail } from "./contract-checks.ts";
import { whereDifferent } from "./same-value.ts";

export interface CodecBench {
  readonly codec: Codec;
  /** The classes of both ends. */
  readonly types: TypeTable;
  readonly encoder: Encoder;
  readonly decoder: Decoder;
  /** One object for each mailbox, as a service has them. */
  addressOf(ref: MailboxRef): Address;
  encode(message: unknown): Uint8Array<ArrayBuffer>;
  decode(bytes: Uint8Array): unknown;
  expectSame(actual: unknown, wanted: unknown): void;
  expectArrival(message: unknown, wanted: unknown): void;
  expectRefusal(message: unknown, path: string, says: string): void;
  /** A refusal that may be found at any place of the message. */
  expectTooMuch(message: unknown, says: string): void;
  expectDecodeError(bytes: Uint8Array): void;
}

export const contractLimits: CodecLimits = { maxDepth: 1_000, maxValues: 1_000_000 };

export function createCodecBench(codec: Codec, limits: CodecLimits = contractLimits): CodecBench {
  const types = new TypeTable();
  const addresses = new Map<string, Address>();
  const addressOf = (ref: MailboxRef): Address => {
    const id = formatMailboxId(ref);
    const address = addresses.get(id) ?? createAddress(ref);
    addresses.set(id, address);
    return address;
  };
  const decoder = codec.createDecoder({ limits, types, addressOf });
  const define = (definition: Uint8Array): void => {
    // In the midst of other bytes, as on a link.
    const bytes = Uint8Array.of(0xff, ...definition, 0xff);
    decoder.define?.(bytes, 1, bytes.length - 1);
  };
  const encoder = codec.createEncoder({ limits, types, define });

  const encode = (message: unknown): Uint8Array<ArrayBuffer> => {
    const out = new ByteWriter(256);
    encoder.encode(message, out);
    return out.take();
  };
  /** What the message ends in comes in buffers of its own if the codec would have it so. */
  const decode = (bytes: Uint8Array): unknown => {
    const { length } = bytes;
    const lengths = decoder.attachments?.(bytes, 0, length, length) ?? [];
    if (lengths.length === 0) return decoder.decode(bytes, 0, length);
    const own = length - lengths.reduce((sum, each) => sum + each, 0);
    expect(own > 0 && lengths.every((each) => each >= 1), "attachments within their message");
    let end = own;
    const attachments = lengths.map((each) => {
      end += each;
      return new Uint8Array(bytes.subarray(end - each, end)).buffer;
    });
    return decoder.decode(bytes, 0, own, attachments);
  };
  const expectSame = (actual: unknown, wanted: unknown): void => {
    const where = whereDifferent(actual, wanted);
    if (where !== undefined) fail(`what was sent, got a difference at ${where}`);
  };
  const refusalOf = (message: unknown): NotSerializableError => {
    try {
      encode(message);
    } catch (thrown) {
      if (thrown instanceof NotSerializableError) return thrown;
      return fail(`a NotSerializableError, got ${String(thrown)}`);
    }
    return fail("a refusal");
  };
  const expectSays = ({ message }: Error, says: string): void =>
    expect(message.includes(says), `"${says}" in "${message.slice(0, 400)}"`);

  return {
    codec,
    types,
    encoder,
    decoder,
    addressOf,
    encode,
    decode,
    expectSame,
    expectArrival: (message, wanted) => expectSame(decode(encode(message)), wanted),
    expectRefusal(message, path, says) {
      const refusal = refusalOf(message);
      expectEqual(refusal.path, path, "the path");
      expectSays(refusal, path);
      expectSays(refusal, says);
    },
    expectTooMuch: (message, says) => expectSays(refusalOf(message), says),
    expectDecodeError: (bytes) => expectDecodeError(() => decode(bytes)),
  };
}

function expectDecodeError(decode: () => unknown): void {
  try {
    decode();
  } catch (thrown) {
    expect(thrown instanceof DecodeError, `a DecodeError, got ${String(thrown)}`);
    return;
  }
  fail("a DecodeError");
}

/** What a codec sees of an address, and nothing that sends. */
function createAddress(ref: MailboxRef): Address {
  const text = `<${formatMailboxId(ref)}>`;
  const unused = (): never => fail("a codec that only asks who an address is");
  const address: Address = {
    id: formatMailboxId(ref),
    nodeId: ref.nodeId,
    send: unused,
    sendOrThrow: unused,
    ready: unused,
    onCloseNotify: unused,
    removeNotify: unused,
    toString: () => text,
    toJSON: () => text,
    toBytes: () => mailboxRefToBytes(ref),
  };
  // A class of its own stands behind each real address, so this is no plain object either.
  return Object.setPrototypeOf(address, { [addressBrand]: true });
}
