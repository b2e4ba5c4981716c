/** The one table of values, sent over the link between two nodes, on whatever carrier it is. */
import { expect } from "vitest";
import { createJsonCodec } from "../../src/codecs/json/json-codec.ts";
import { createTermCodec } from "../../src/codecs/term/term-codec.ts";
import { createV8Codec } from "../../src/codecs/v8/v8-codec.ts";
import type { Address } from "../../src/core/address.ts";
import { MultipleClaim } from "../../src/core/multiple-claim.ts";
import type { Codec } from "../../src/ports/codec.ts";
import type { NodeService } from "../../src/runtime/node-service.ts";
import { refusedValues } from "../../src/testing/codec-refusals.ts";
import { codecValues } from "../../src/testing/codec-values.ts";
import { whereDifferent } from "../../src/testing/same-value.ts";

export const everyCodec: readonly (readonly [name: string, createCodec: () => Codec])[] = [
  ["term", createTermCodec],
  ["JSON", createJsonCodec],
  ["V8", createV8Codec],
];

/** The two are linked. `settle` gives what was sent the time to arrive. */
export async function expectTable(
  from: NodeService,
  to: NodeService,
  settle: () => Promise<unknown>,
): Promise<void> {
  const { address, mailbox } = to.newMailbox<{ readonly value: unknown }>();
  const remote = from.address<{ readonly value: unknown }>(address.id);
  const values = codecValues();
  for (const { value } of values) expect(remote.send({ value: value() })).toBe(true);
  await settle();
  for (const { name, value, arrives = value } of values) {
    const arrived = await mailbox.receive();
    expect([name, whereDifferent(arrived, { value: arrives() })]).toEqual([name, undefined]);
  }
  for (const { value, path, says } of refusedValues()) {
    const refused = expect.objectContaining({
      code: "REIGN_NOT_SERIALIZABLE",
      path: path.replace("message", "message.value"),
      message: expect.stringContaining(says),
    });
    expect(() => remote.send({ value: value() })).toThrow(refused);
  }
  await expectAddresses(from, to, settle);
}

async function expectAddresses(
  from: NodeService,
  to: NodeService,
  settle: () => Promise<unknown>,
): Promise<void> {
  const theirs = to.newMailbox<unknown>();
  const ours = from.newMailbox<unknown>();
  const remote = from.address<unknown>(theirs.address.id);
  remote.send({
    reply: ours.address,
    map: new Map([[ours.address, remote]]),
    claim: new MultipleClaim("name", [ours.address, remote]),
  });
  await settle();
  const arrived = (await theirs.mailbox.receive()) as {
    readonly reply: Address;
    readonly map: ReadonlyMap<Address, Address>;
    readonly claim: MultipleClaim;
  };

  expect(arrived.reply).toBe(to.address(ours.address.id));
  expect(arrived.map.get(arrived.reply)).toBe(theirs.address);
  expect(arrived.claim.claimants).toEqual([arrived.reply, theirs.address]);
  arrived.reply.send("answer");
  await settle();
  expect(await ours.mailbox.receive()).toBe("answer");
}
