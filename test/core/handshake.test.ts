import { describe, expect, test } from "vitest";
import { frameType } from "../../src/core/frame.ts";
import {
  Handshake,
  type HandshakeAction,
  protocolVersions,
  type RefusalReason,
} from "../../src/core/handshake.ts";
import { encodeHandshake, type Hello, type Welcome } from "../../src/core/hello.ts";
import { isPassing } from "../../src/core/link-rules.ts";
import { a, actionTypes, b, converse, type Frame, framesOf } from "./handshake-ends.ts";
import { readTable } from "./protocol-document.ts";

const helloOfA: Hello = { ...a, to: "b" };
const welcomeOfB: Welcome = { ...b, to: "a", version: 1, codec: "term-3", answers: a.epoch };

const goodFrames: Record<string, Frame> = {
  hello: { type: frameType.hello, body: encodeHandshake(helloOfA) },
  welcome: { type: frameType.welcome, body: encodeHandshake(welcomeOfB) },
  confirm: { type: frameType.confirm, body: encodeHandshake({ answers: b.epoch }) },
  refuse: { type: frameType.refuse, body: encodeHandshake({ reason: "stopping" }) },
};

function feed(machine: Handshake, name: string): HandshakeAction[] {
  const frame = goodFrames[name];
  if (frame === undefined) throw new Error(`No frame called ${name}.`);
  return machine.onFrame(frame.type, frame.body);
}

const refusedAsMalformed: HandshakeAction[] = [
  { type: "send_refuse", reason: "malformed" },
  { type: "failed", reason: "malformed", byPeer: false },
];

const makers: Record<string, () => Handshake> = {
  "wants a hello": () => new Handshake(b, "a", "acceptor"),
  "is judging": () => {
    const machine = new Handshake(b, "a", "acceptor");
    feed(machine, "hello");
    return machine;
  },
  "wants a confirm": () => {
    const machine = new Handshake(b, "a", "acceptor");
    feed(machine, "hello");
    machine.verdict("accept");
    return machine;
  },
  "wants a welcome": () => {
    const machine = new Handshake(a, "b", "dialler");
    machine.begin();
    return machine;
  },
  "is up, having dialled": () => {
    const machine = new Handshake(a, "b", "dialler");
    machine.begin();
    feed(machine, "welcome");
    return machine;
  },
  "is up, having accepted": () => {
    const machine = new Handshake(b, "a", "acceptor");
    feed(machine, "hello");
    machine.verdict("accept");
    feed(machine, "confirm");
    return machine;
  },
  "has refused": () => {
    const machine = new Handshake(b, "a", "acceptor");
    feed(machine, "confirm");
    return machine;
  },
  "was refused": () => {
    const machine = new Handshake(a, "b", "dialler");
    machine.begin();
    feed(machine, "refuse");
    return machine;
  },
};

const goesOn: Record<string, readonly string[]> = {
  "wants a hello, hello": ["judge"],
  "wants a welcome, welcome": ["send_confirm", "up"],
  "wants a welcome, refuse": ["failed"],
  "wants a confirm, confirm": ["up"],
  "wants a confirm, refuse": ["failed"],
};

const everyFrame: Record<string, Frame> = {
  ...Object.fromEntries(
    Object.entries(frameType).map(([name, type]) => [name, { type, body: Uint8Array.of(0) }]),
  ),
  "of type 0": { type: 0, body: new Uint8Array(0) },
  "of an unknown type": { type: 99, body: new Uint8Array(0) },
  "of a type that could be skipped later": { type: 128, body: new Uint8Array(0) },
  "of the last type": { type: 255, body: new Uint8Array(0) },
  ...goodFrames,
};

describe("state and frame", () => {
  const over = ["is up, having dialled", "is up, having accepted", "has refused", "was refused"];
  const table = Object.keys(makers).flatMap((state) =>
    Object.keys(everyFrame).map((frame) => [state, frame] as const),
  );

  test.each(table)("a node that %s and reads a frame %s", (state, name) => {
    const machine = makers[state]?.();
    const frame = everyFrame[name];
    if (machine === undefined || frame === undefined) throw new Error("No such case.");

    const actions = machine.onFrame(frame.type, frame.body);

    const expected = goesOn[`${state}, ${name}`];
    if (over.includes(state)) expect(actions).toEqual([]);
    else if (expected === undefined) expect(actions).toEqual(refusedAsMalformed);
    else expect(actionTypes(actions)).toEqual(expected);
  });

  test("every listed pair is in the table", () => {
    const pairs = table.map(([state, frame]) => `${state}, ${frame}`);

    expect(Object.keys(goesOn).filter((pair) => !pairs.includes(pair))).toEqual([]);
  });

  test.each(Object.keys(goesOn))("%s: the same frame with an empty body is refused", (pair) => {
    const [state = "", name = ""] = pair.split(", ");
    const machine = makers[state]?.();

    const actions = machine?.onFrame(everyFrame[name]?.type ?? 0, new Uint8Array(0));

    expect(actions).toEqual(refusedAsMalformed);
    expect(machine?.onFrame(frameType.hello, new Uint8Array(0))).toEqual([]);
  });

  test.each(Object.keys(makers))("a verdict for a node that %s", (state) => {
    const accepted = makers[state]?.().verdict("accept");
    const refused = makers[state]?.().verdict("simultaneous");

    expect(actionTypes(accepted ?? [])).toEqual(state === "is judging" ? ["send_welcome"] : []);
    expect(actionTypes(refused ?? [])).toEqual(
      state === "is judging" ? ["send_refuse", "failed"] : [],
    );
  });

  test("only the node that dialled speaks first", () => {
    expect(new Handshake(b, "a", "acceptor").begin()).toEqual([]);
    expect(new Handshake(a, "b", "dialler").begin()).toEqual([
      { type: "send_hello", body: helloOfA },
    ]);
  });
});

describe("two nodes", () => {
  test("that have all in common come up with one agreement, told from both sides", () => {
    const { dialler, acceptor } = converse(
      {
        ...a,
        versions: [1, 4],
        codecs: ["v8-1", "term-3", "term-3"],
        capabilities: ["x", "y", "z"],
      },
      {
        ...b,
        versions: [2, 3],
        codecs: ["term-3", "term-4", "v8-1"],
        capabilities: ["z", "w", "y"],
      },
    );

    const shared = { version: 3, codec: "term-3", maxMessageBytes: 500 };
    expect(dialler.agreement).toMatchObject({ ...shared, peer: "b", epoch: b.epoch });
    expect(acceptor.agreement).toMatchObject({ ...shared, peer: "a", epoch: a.epoch });
    expect(dialler.agreement?.capabilities.toSorted()).toEqual(["y", "z"]);
    expect(acceptor.agreement?.capabilities.toSorted()).toEqual(["y", "z"]);
  });

  test.each([
    ["other clusters", { ...a, cluster: "other" }, {}, "wrong_cluster"],
    [
      "no version in common, the dialler's newer",
      { ...a, versions: [2, 3] },
      {},
      "incompatible_version",
    ],
    ["no codec in common", { ...a, codecs: ["v8-1"] }, {}, "no_common_codec"],
    ["no codec at all", { ...a, codecs: [] }, {}, "no_common_codec"],
    [
      "a dialler that is not who it says",
      { ...a, from: "c" },
      { provenDialler: "a" },
      "identity_mismatch",
    ],
    ["a dialler that wants another node", a, { dials: "c" }, "wrong_node"],
    ["an acceptor that has a link", a, { answer: "already_connected" }, "already_connected"],
    ["an acceptor with a link to another run", a, { answer: "duplicate_node" }, "duplicate_node"],
    ["an acceptor whose dial goes first", a, { answer: "simultaneous" }, "simultaneous"],
  ] as const)("with %s do not come up, and both know why", (_what, dialler, options, reason) => {
    const ends = converse(dialler, b, options);

    expect(ends.acceptor.failure).toMatchObject({ reason, byPeer: false });
    expect(ends.dialler.failure).toMatchObject({ reason, byPeer: true });
    expect(ends.dialler.agreement).toBeUndefined();
    expect(ends.acceptor.agreement).toBeUndefined();
  });

  test.each([
    [[1, 1], [1, 1], 1],
    [[1, 3], [2, 5], 3],
    [[2, 5], [1, 3], 3],
    [[1, 9], [4, 4], 4],
    [[3, 4], [1, 3], 3],
    [[1, 2], [3, 4], undefined],
    [[3, 4], [1, 2], undefined],
    [[65_535, 65_535], [1, 65_535], 65_535],
  ] as const)("that speak versions %j and %j agree on %j", (ofA, ofB, version) => {
    const { dialler, acceptor } = converse({ ...a, versions: ofA }, { ...b, versions: ofB });

    expect(dialler.agreement?.version).toBe(version);
    expect(acceptor.agreement?.version).toBe(version);
  });

  test("never ask whether a newcomer may have the link before it is known to be in order", () => {
    for (const wrong of [
      { ...a, versions: [9, 9] as const },
      { ...a, codecs: ["none"] },
      { ...a, cluster: "other" },
    ]) {
      expect(converse(wrong, b).acceptor.sent("judge")).toBe(false);
    }
  });

  test("of this package speak version 1", () => {
    expect(protocolVersions).toEqual([1, 1]);
    expect(converse({ ...a, versions: protocolVersions }, b).dialler.agreement?.version).toBe(1);
  });
});

describe("an answer", () => {
  function answerTo(welcome: Welcome): HandshakeAction[] {
    const machine = new Handshake(a, "b", "dialler");
    machine.begin();
    return machine.onFrame(frameType.welcome, encodeHandshake(welcome));
  }

  test.each([
    ["from another node", { ...welcomeOfB, from: "c" }, "identity_mismatch"],
    ["to another node", { ...welcomeOfB, to: "c" }, "wrong_node"],
    ["from another cluster", { ...welcomeOfB, cluster: "other" }, "wrong_cluster"],

    ["with a version that was not offered", { ...welcomeOfB, version: 2 }, "incompatible_version"],
    ["with a codec that was not offered", { ...welcomeOfB, codec: "v8-1" }, "no_common_codec"],
    [
      "to an earlier run of the dialler",
      { ...welcomeOfB, answers: "aaaaaaaaaaaaaaa9" },
      "malformed",
    ],
  ] as const)("%s is not taken", (_what, welcome, reason) => {
    const actions = answerTo(welcome);

    expect(actions).toEqual([
      { type: "send_refuse", reason },
      { type: "failed", reason, byPeer: false },
    ]);
  });

  test("recorded from a conversation of an earlier run is refused by either side", () => {
    const earlierB = { ...b, epoch: "1111111111111111" };
    const recorded = converse(a, earlierB);
    const confirm = framesOf(recorded.dialler.actions).at(-1);
    const acceptor = makers["wants a confirm"]?.();

    expect(confirm?.type).toBe(frameType.confirm);
    expect(acceptor?.onFrame(frameType.confirm, confirm?.body ?? new Uint8Array(0))).toEqual(
      refusedAsMalformed,
    );
  });

  test("that refuses the welcome is told as what it is, not as a breach of the rules", () => {
    const machine = makers["wants a confirm"]?.();
    const body = encodeHandshake({ reason: "no_common_codec" });

    expect(machine?.onFrame(frameType.refuse, body)).toEqual([
      { type: "failed", reason: "no_common_codec", byPeer: true },
    ]);
  });
});

describe("reasons", () => {
  /** The mapped type makes the compiler ask for a reason that is missing. */
  const passing: { readonly [R in RefusalReason]: boolean } = {
    already_connected: true,
    duplicate_node: false,
    identity_mismatch: false,
    incompatible_version: false,
    malformed: false,
    no_common_codec: false,
    simultaneous: true,
    stopping: true,
    unknown_node: false,
    wrong_cluster: false,
    wrong_node: false,
  };

  test("every reason for a refusal is explained in docs/protocol.md, and no other", () => {
    const explained = readTable("reason").map(([reason]) => reason);

    expect(explained).toEqual(Object.keys(passing));
  });

  test.each(Object.entries(passing))("that %s rights itself is %s", (reason, expected) => {
    expect(isPassing(reason)).toBe(expected);
  });
});
