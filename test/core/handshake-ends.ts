/** Two nodes for the tests of the handshake, and what drives their machines against each other. */
import { frameType } from "../../src/core/frame.ts";
import {
  type Agreement,
  Handshake,
  type HandshakeAction,
  type Introduction,
  type RefusalReason,
} from "../../src/core/handshake.ts";
import { encodeHandshake } from "../../src/core/hello.ts";

export interface Frame {
  readonly type: number;
  readonly body: Uint8Array;
}

export const a: Introduction = {
  versions: [1, 1],
  cluster: "reign",
  from: "a",
  epoch: "aaaaaaaaaaaaaaaa",
  codecs: ["term-3"],
  capabilities: [],
  maxMessageBytes: 1_000,
};
export const b: Introduction = { ...a, from: "b", epoch: "bbbbbbbbbbbbbbbb", maxMessageBytes: 500 };

/** The frames among a machine's actions, as its driver sends them. */
export function framesOf(actions: readonly HandshakeAction[]): Frame[] {
  return actions.flatMap((action): Frame[] => {
    switch (action.type) {
      case "send_hello":
        return [{ type: frameType.hello, body: encodeHandshake(action.body) }];
      case "send_welcome":
        return [{ type: frameType.welcome, body: encodeHandshake(action.body) }];
      case "send_confirm":
        return [{ type: frameType.confirm, body: encodeHandshake({ answers: action.answers }) }];
      case "send_refuse":
        return [{ type: frameType.refuse, body: encodeHandshake({ reason: action.reason }) }];
      default:
        return [];
    }
  });
}

export function actionTypes(actions: readonly HandshakeAction[]): string[] {
  return actions.map(({ type }) => type);
}

/** One end of a conversation: its machine, and what has become of it. */
export class End {
  readonly machine: Handshake;
  readonly actions: HandshakeAction[] = [];
  readonly #answer: "accept" | RefusalReason;

  constructor(machine: Handshake, answer: "accept" | RefusalReason = "accept") {
    this.machine = machine;
    this.#answer = answer;
  }

  get agreement(): Agreement | undefined {
    return this.actions.find((action) => action.type === "up")?.agreement;
  }

  get failure(): { reason: string; byPeer: boolean } | undefined {
    return this.actions.find((action) => action.type === "failed");
  }

  sent(type: HandshakeAction["type"]): boolean {
    return this.actions.some((action) => action.type === type);
  }

  /** Takes actions down, answers a question at once, and gives back what is to be sent. */
  carryOut(actions: readonly HandshakeAction[]): Frame[] {
    this.actions.push(...actions);
    const asked = actions.some(({ type }) => type === "judge");
    const more = asked ? this.carryOut(this.machine.verdict(this.#answer)) : [];
    return [...framesOf(actions), ...more];
  }
}

/** Two machines talk until neither has more to say. */
export function converse(
  dialler: Introduction,
  acceptor: Introduction,
  options: { dials?: string; provenDialler?: string; answer?: "accept" | RefusalReason } = {},
): { dialler: End; acceptor: End } {
  const ends = {
    dialler: new End(new Handshake(dialler, options.dials ?? acceptor.from, "dialler")),
    acceptor: new End(
      new Handshake(acceptor, options.provenDialler ?? dialler.from, "acceptor"),
      options.answer,
    ),
  };
  let toAcceptor = ends.dialler.carryOut(ends.dialler.machine.begin());
  ends.acceptor.carryOut(ends.acceptor.machine.begin());
  while (toAcceptor.length > 0) {
    const toDialler = toAcceptor.flatMap(({ type, body }) =>
      ends.acceptor.carryOut(ends.acceptor.machine.onFrame(type, body)),
    );
    toAcceptor = toDialler.flatMap(({ type, body }) =>
      ends.dialler.carryOut(ends.dialler.machine.onFrame(type, body)),
    );
  }
  return ends;
}
