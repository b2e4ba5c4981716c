/**
 * Addresses, as texts and as bytes, given to a node.
 *
 * Input: a byte, even for a text and odd for bytes; the text in UTF-8, or the bytes.
 */

import { createTermCodec } from "../../src/codecs/term/term-codec.ts";
import type { Address } from "../../src/core/address.ts";
import { ReignError } from "../../src/core/errors.ts";
import { isNodeId } from "../../src/core/mailbox-id.ts";
import type { Carrier } from "../../src/ports/carrier.ts";
import { Service } from "../../src/runtime/service.ts";
import { resolveSettings } from "../../src/runtime/settings.ts";
import { createRecordingTelemetry } from "../../src/testing/recording-telemetry.ts";
import { createSeededRandom } from "../../src/testing/seeded-random.ts";
import { createVirtualClock } from "../../src/testing/virtual-clock.ts";
import { joined, utf8 } from "../bytes.ts";
import type { Draw } from "../draw.ts";
import { numberBytes, varintBytes } from "../frame-bytes.ts";
import { expectThat, Outcome, type Target, type Trial } from "../target.ts";

/** What is fuzzed, so that a test can put a worse one in its place. */
export type AddressOf = (service: Service, input: string | Uint8Array) => Address;

/** A hundred characters of the input, each escaped, and some words. */
const longestMessage = 700;
const decoder = new TextDecoder();

export function addressTarget(
  addressOf: AddressOf = (service, input) => service.address(input),
): Target {
  return {
    name: "address",
    held:
      "REIGN_ILLEGAL_ADDRESS_FORMAT in a short message, or an address that says what it was made " +
      "of, and is the same object again from its text, its id and its bytes",
    maxBytes: 256,
    share: 1,
    tokens: ["<", ">", ":", "0123456789abcdef", "9007199254740991", "9007199254740992", "\n"].map(
      utf8,
    ),
    make: makeAddress,
    open: () => new AddressTrial(addressOf),
  };
}

const names = ["1", "2", "web-3", "a.b_c", "x".repeat(63), "x".repeat(64), "", "é", "0"];
const numbers = ["1", "7", "0", "01", "9007199254740991", "9007199254740992", "9".repeat(16)];

function makeAddress(draw: Draw): Uint8Array {
  if (draw.oneIn(2)) {
    const name = utf8(draw.of(names));
    const number = draw.oneIn(2) ? numberBytes(draw) : varintBytes(draw.size(2 ** 53 - 1));
    return joined(Uint8Array.of(1, 0x3c, name.length), name, draw.bytes(8), number);
  }
  const epoch = Buffer.from(draw.bytes(8)).toString("hex");
  const number = draw.oneIn(2) ? draw.of(numbers) : String(draw.size(2 ** 53 - 1));
  const id = `${draw.of(names)}:${epoch}:${number}`;
  return joined(Uint8Array.of(0), utf8(draw.oneIn(2) ? `<${id}>` : id));
}

/** The node is never started, but it has to know of another. */
const unreachable: Carrier = {
  listen: () => Promise.reject(new Error("no network")),
  dial: () => Promise.reject(new Error("no network")),
};

class AddressTrial implements Trial {
  readonly #addressOf: AddressOf;
  readonly #service = new Service({
    clusterName: "test",
    nodeId: "1",
    peers: ["2"],
    settings: resolveSettings({}),
    clock: createVirtualClock(),
    random: createSeededRandom(1),
    telemetry: createRecordingTelemetry(),
    carrier: unreachable,
    codecs: [createTermCodec()],
  });

  constructor(addressOf: AddressOf) {
    this.#addressOf = addressOf;
  }

  run(input: Uint8Array): number {
    const [options = 0] = input;
    const bytes = input.subarray(1);
    const given = (options & 1) === 1 ? bytes : decoder.decode(bytes);
    const outcome = new Outcome().add(options & 1).count(bytes.length);
    let address: Address;
    try {
      address = this.#addressOf(this.#service, given);
    } catch (thrown) {
      if (!ReignError.is(thrown, "REIGN_ILLEGAL_ADDRESS_FORMAT")) throw thrown;
      const { length } = thrown.message;
      expectThat(length <= longestMessage, `a message of ${length} characters`);
      return outcome.add(bytes[0] ?? 0).value;
    }
    this.#checkAddress(address, given);
    return outcome.text(address.nodeId).add(1).value;
  }

  #checkAddress(address: Address, given: string | Uint8Array): void {
    const text = String(address);
    const bytes = address.toBytes();
    const [nodeId = "", epoch = "", number = ""] = address.id.split(":");
    expectThat(text === `<${address.id}>`, `the text is ${text}, the id ${address.id}`);
    expectThat(isNodeId(nodeId) && address.nodeId === nodeId, `the node is ${nodeId}`);
    expectThat(/^[0-9a-f]{16}$/.test(epoch), `the run is ${epoch}`);
    expectThat(Number.isSafeInteger(Number(number)) && Number(number) >= 1, `number ${number}`);
    if (typeof given === "string") {
      expectThat(given === text || given === address.id, `${given} became ${text}`);
    } else {
      expectThat(Buffer.compare(given, bytes) === 0, `the bytes of ${text} are others`);
    }
    for (const form of [text, address.id, bytes]) {
      expectThat(this.#addressOf(this.#service, form) === address, `${text} is another object`);
    }
  }
}
