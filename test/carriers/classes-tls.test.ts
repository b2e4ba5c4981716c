/** Registered classes between nodes over real TLS, under each codec. */
import { describe, expect, test } from "vitest";
import { createTermCodec } from "../../src/codecs/term/term-codec.ts";
import { createV8Codec } from "../../src/codecs/v8/v8-codec.ts";
import { createTlsServices } from "./tls-services.ts";

class Reading {
  readonly at: Date;
  readonly values: Float64Array;
  next: Reading | undefined;

  constructor(at: number, values: readonly number[]) {
    this.at = new Date(at);
    this.values = Float64Array.from(values);
  }
}

describe.each([
  ["term", createTermCodec],
  ["v8", createV8Codec],
])("over TLS and under the codec %s", (_, createCodec) => {
  test("an instance arrives as one, and one of an unknown class is a loss on a link that stays", async () => {
    await using cluster = await createTlsServices(["1", "2"]);
    const options = { codecs: [createCodec()] };
    const [one, two] = await Promise.all(["1", "2"].map((id) => cluster.start(id, options)));
    if (one === undefined || two === undefined) throw new Error("Expected two services.");
    await Promise.all([one.connected(2), two.connected(1)]);
    const inbox = two.newMailbox();
    const to = one.address(inbox.address.id);
    one.registerType(Reading, { name: "Reading" });
    const losses = two.losses();
    const reading = new Reading(5, [1.5, -0]);
    reading.next = Object.assign(new Reading(6, []), { next: reading });

    expect(to.send({ reading })).toBe(true);
    expect((await losses.next()).value).toMatchObject({
      cause: "unknown_type",
      typeName: "Reading",
      from: "1",
      to: inbox.address.id,
    });
    two.registerType(Reading, { name: "Reading" });
    to.send({ reading });
    const got = (await inbox.mailbox.receive()) as { readonly reading: Reading };

    expect(got.reading).toBeInstanceOf(Reading);
    expect([got.reading.at, got.reading.values]).toEqual([reading.at, reading.values]);
    expect(got.reading.next?.next).toBe(got.reading);
    expect(cluster.telemetry.eventsOf("link_down")).toEqual([]);
    expect(two.stats()).toMatchObject({ delivered: 1, lost: { unknown_type: 1 }, violations: 0 });
  });
});
