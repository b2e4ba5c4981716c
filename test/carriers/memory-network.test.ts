import { describe, expect, test } from "vitest";
import { createLinkRecorder } from "../../src/testing/link-recorder.ts";
import { bytes, createConnected, createWorld, drive, never, outcome } from "./memory-world.ts";

describe("a cut", () => {
  test("takes the links between the two nodes down on both ends, and no others", async () => {
    const { clock, network, near, far } = await createConnected();
    const c = network.carrier("c");
    const other = createLinkRecorder(await drive(clock, c.dial("b", { signal: never() })));
    near.link.write(bytes(1));

    network.cut("a", "b");
    expect([near.downs, far.downs]).toEqual([[], []]);
    await clock.settle();

    expect([near.downs.length, far.downs.length, other.downs.length]).toEqual([1, 1, 0]);
    expect([...far.bytes()]).toEqual([]);
    expect(network.links).toBe(1);
  });

  test("makes dials fail both ways, until it is healed", async () => {
    const { clock, network, a, b } = await createWorld();
    await a.listen(() => undefined);
    network.cut("a", "b");

    const [there, back] = [
      outcome(a.dial("b", { signal: never() })),
      outcome(b.dial("a", { signal: never() })),
    ];
    await clock.settle();
    expect(there.error).toMatchObject({ code: "EHOSTUNREACH" });
    expect(back.error).toMatchObject({ code: "EHOSTUNREACH" });

    network.heal("a", "b");
    const after = outcome(a.dial("b", { signal: never() }));
    await clock.settle();
    expect(after.state).toBe("up");
  });

  test("heal without nodes undoes every cut", async () => {
    const { clock, network, a } = await createWorld();
    network.cut("a", "b");
    network.cut("a", "c", { silent: true });
    await network.carrier("c").listen(() => undefined);

    network.heal();
    const dials = ["b", "c"].map((peer) => outcome(a.dial(peer, { signal: never() })));
    await clock.settle();

    expect(dials.map(({ state }) => state)).toEqual(["up", "up"]);
  });
});

describe("a silent cut", () => {
  test("swallows bytes both ways, and neither end is told anything", async () => {
    const { clock, network, near, far } = await createConnected();
    network.cut("a", "b", { silent: true });

    near.link.write(bytes(1));
    far.link.write(bytes(2));
    await clock.advanceBy(600_000);

    expect([near.bytes().length, far.bytes().length]).toEqual([0, 0]);
    expect([near.downs, far.downs]).toEqual([[], []]);
  });

  test("lets the sender's system take all it is given: pendingBytes tells nothing", async () => {
    const { clock, network, near } = await createConnected();
    network.cut("a", "b", { silent: true });

    near.link.write(bytes(1, 2, 3));
    expect(near.link.pendingBytes).toBe(3);
    await clock.settle();

    expect(near.link.pendingBytes).toBe(0);
    expect(near.calls).toEqual(["drain"]);
  });

  test("healed while both ends are up, leaves no gap in the bytes", async () => {
    const { clock, network, near, far } = await createConnected();
    near.link.write(bytes(1));
    await clock.settle();
    network.cut("a", "b", { silent: true });
    near.link.write(bytes(2));
    await clock.settle();

    network.heal("a", "b");
    near.link.write(bytes(3));
    await clock.settle();

    expect([...far.bytes()]).toEqual([1, 2, 3]);
    expect(near.link.pendingBytes).toBe(0);
  });

  test("leaves a link half open when one end goes down, until the other writes", async () => {
    const { clock, network, near, far } = await createConnected();
    network.cut("a", "b", { silent: true });
    near.link.destroy();
    await clock.settle();

    network.heal("a", "b");
    await clock.advanceBy(600_000);
    expect([near.downs.length, far.downs.length, network.links]).toEqual([1, 0, 1]);

    far.link.write(bytes(1));
    await clock.settle();
    expect(far.downs).toEqual(["the connection broke (ECONNRESET)"]);
    expect(network.links).toBe(0);
  });

  test("makes a dial hang until it is aborted, or goes on when it is healed", async () => {
    const { clock, network, a, accepted } = await createWorld();
    network.cut("a", "b", { silent: true });
    const controller = new AbortController();
    const given = outcome(a.dial("b", { signal: controller.signal }));
    const patient = outcome(a.dial("b", { signal: never() }));
    await clock.advanceBy(600_000);
    expect([given.state, patient.state]).toEqual(["hangs", "hangs"]);

    controller.abort(new Error("waited long enough"));
    await clock.settle();
    expect(given.error).toEqual(new Error("waited long enough"));

    network.heal("a", "b");
    await clock.settle();
    expect(patient.state).toBe("up");
    expect(accepted).toHaveLength(1);
  });

  test("of one direction lets the other through", async () => {
    const { clock, network, a, near, far } = await createConnected();
    network.cut({ from: "a", to: "b" });

    near.link.write(bytes(1));
    far.link.write(bytes(2));
    const dial = outcome(a.dial("b", { signal: never() }));
    await clock.settle();
    expect([near.bytes().length, far.bytes().length, dial.state]).toEqual([1, 0, "hangs"]);

    network.heal({ from: "a", to: "b" });
    await clock.settle();
    expect([...far.bytes()]).toEqual([1]);
    expect(dial.state).toBe("up");
  });
});

describe("a stall", () => {
  test("makes pendingBytes grow until it is resumed, then all comes in order", async () => {
    const { clock, network, near, far } = await createConnected();
    network.stall("a", "b");

    near.link.write(bytes(1, 2));
    await clock.settle();
    near.link.write(bytes(3));
    await clock.advanceBy(60_000);
    expect(near.link.pendingBytes).toBe(3);
    expect(near.calls).toEqual([]);

    network.resume("a", "b");
    await clock.settle();
    expect([...far.bytes()]).toEqual([1, 2, 3]);
    expect(near.link.pendingBytes).toBe(0);
    expect(near.calls).toEqual(["drain"]);
  });

  test("of one direction leaves the other alone", async () => {
    const { clock, network, near, far } = await createConnected();
    network.stall({ from: "a", to: "b" });

    near.link.write(bytes(1));
    far.link.write(bytes(2));
    await clock.settle();

    expect([near.bytes().length, far.bytes().length]).toEqual([1, 0]);
    expect([near.link.pendingBytes, far.link.pendingBytes]).toEqual([1, 0]);
  });

  test("does not keep close from ending the link: a second at most", async () => {
    const { clock, network, near, far } = await createConnected();
    network.stall("a", "b");
    near.link.write(bytes(1));

    near.link.close();
    await clock.advanceBy(999);
    expect(near.downs).toEqual([]);
    await clock.advanceBy(1);
    expect(near.downs).toHaveLength(1);

    network.resume();
    await clock.settle();
    expect([far.bytes().length, far.downs.length, network.links]).toEqual([0, 1, 0]);
  });
});
