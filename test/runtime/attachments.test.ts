import { describe, expect, test } from "vitest";
import { frameType } from "../../src/core/frame.ts";
import { createTestCluster, present } from "./cluster.ts";
import { joinRaw } from "./raw-peer.ts";

describe("binaries that are large", () => {
  test("arrive in buffers of just their bytes, and shared as they were", async () => {
    await using cluster = createTestCluster(["1", "2"]);
    const [one, two] = await cluster.startAll();
    const { address, mailbox } = present(two).newMailbox();
    const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => i % 251);
    const message = { bytes, view: new DataView(bytes.buffer), part: bytes.slice(0, 200_000) };
    const sent = structuredClone(message);

    expect(present(one).address(address.id).send(message)).toBe(true);
    bytes.fill(0);
    await cluster.clock.settle();

    const arrived = mailbox.tryReceive() as typeof message;
    expect(Buffer.compare(arrived.bytes, sent.bytes)).toBe(0);
    expect(Buffer.compare(arrived.part, sent.part)).toBe(0);
    expect(arrived.view.buffer).toBe(arrived.bytes.buffer);
    const { buffer, byteOffset } = arrived.part;
    expect([byteOffset, buffer.byteLength]).toEqual([0, 200_000]);
  });
});

describe("a peer that lies about attachments", () => {
  test.each([
    ["that nothing refers to", [0xfd, 1, 0x80, 0x80, 4, 1]],
    ["as long as the message", [0xfd, 1, 0xf0, 0xa2, 4, 0xfe]],
    ["in a number that does not end", [0xfd, 1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80]],
  ])("%s loses its link when the message is there, which is counted", async (_, head) => {
    await using cluster = createTestCluster(["1", "2"]);
    const one = await cluster.start("1");
    const number = Number(one.newMailbox().address.id.split(":")[2]);
    const peer = await joinRaw(cluster);
    const rest = new Uint8Array(70_000 - head.length);
    peer.send(frameType.begin, number, 70_000, Uint8Array.from(head), rest.subarray(0, 30_000));
    await cluster.clock.settle();
    expect(peer.down).toEqual([]);
    peer.send(frameType.piece, number, rest.subarray(30_000));
    await cluster.clock.settle();

    expect(peer.down).toHaveLength(1);
    expect(one.stats().lost.unreadable).toBe(1);
    expect(one.stats().violations).toBe(1);
  });
});
