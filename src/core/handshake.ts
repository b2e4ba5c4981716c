/**
 * The conversation in which two nodes agree on a link, as a state machine without I/O.
 *
 *     dialler                              acceptor
 *     hello    ──────────────────────────▶          who I am, whom I want, what I speak
 *              ◀──────────────────────────  welcome the same of me, and what I chose
 *     confirm  ──────────────────────────▶          up on both sides
 *
 * or, in place of a welcome or a confirm, `refuse` with a reason. By then the carrier has proven
 * who is at the other end; a node that claims to be somebody else is refused all the same. Whether
 * a newcomer that is in order may have the link is not decided here: the machine asks (`judge`),
 * and `verdict` is the answer (`link-rules.ts` has the rules). What is in turn is in the table of
 * `frame-places.ts`; anything else ends the conversation.
 */
import { DecodeError } from "./errors.ts";
import { frameType } from "./frame.ts";
import { take } from "./frame-places.ts";
import {
  decodeConfirm,
  decodeHello,
  decodeRefuse,
  decodeWelcome,
  type Hello,
  type Welcome,
} from "./hello.ts";
import type { Epoch, NodeId } from "./mailbox-id.ts";

export const protocolVersions: readonly [number, number] = [1, 1];

/** Why a conversation came to nothing. On the wire in `refuse`, in telemetry and in errors. */
export type RefusalReason =
  | "already_connected"
  | "duplicate_node"
  | "identity_mismatch"
  | "incompatible_version"
  | "malformed"
  | "no_common_codec"
  | "simultaneous"
  | "stopping"
  | "unknown_node"
  | "wrong_cluster"
  | "wrong_node";

/** What both sides know once the link is up. */
export interface Agreement {
  readonly peer: NodeId;
  readonly epoch: Epoch;
  readonly version: number;
  readonly codec: string;
  readonly capabilities: readonly string[];
  /** The largest message that both take. */
  readonly maxMessageBytes: number;
  /**
   * How many messages the peer has had from this run of this node, over earlier links; `undefined`
   * if it knows of none.
   */
  readonly receivedThere: number | undefined;
}

export type HandshakeAction =
  | { readonly type: "send_hello"; readonly body: Hello }
  | { readonly type: "send_welcome"; readonly body: Welcome }
  | { readonly type: "send_confirm"; readonly answers: Epoch }
  | { readonly type: "send_refuse"; readonly reason: RefusalReason }
  /** A newcomer is in order: may it have the link? `verdict` is to be called, now or later. */
  | { readonly type: "judge"; readonly newcomer: Hello }
  | { readonly type: "up"; readonly agreement: Agreement }
  /** It is over. What is to be sent has been named before; then the link is to be closed. */
  | { readonly type: "failed"; readonly reason: string; readonly byPeer: boolean };

/**
 * What this node says of itself; `to` is filled in by the machine. Read anew whenever it is said.
 */
export type Introduction = Omit<Hello, "to">;

type State =
  | { readonly at: "wants_hello" }
  | { readonly at: "judging"; readonly agreement: Agreement }
  | { readonly at: "wants_welcome" }
  | { readonly at: "wants_confirm"; readonly agreement: Agreement }
  | { readonly at: "over" };

export class Handshake {
  readonly #us: Introduction;
  /** Who the carrier says is at the other end. */
  readonly #peer: NodeId;
  #state: State;

  constructor(us: Introduction, peer: NodeId, role: "dialler" | "acceptor") {
    this.#us = us;
    this.#peer = peer;
    this.#state = { at: role === "dialler" ? "wants_welcome" : "wants_hello" };
  }

  /** What to do first. */
  begin(): HandshakeAction[] {
    if (this.#state.at !== "wants_welcome") return [];
    return [{ type: "send_hello", body: { ...this.#us, to: this.#peer } }];
  }

  onFrame(type: number, body: Uint8Array): HandshakeAction[] {
    try {
      return this.#step(type, body);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      return this.#refuse("malformed");
    }
  }

  verdict(answer: "accept" | RefusalReason): HandshakeAction[] {
    if (this.#state.at !== "judging") return [];
    if (answer !== "accept") return this.#refuse(answer);
    const { agreement } = this.#state;
    const { version, codec, epoch: answers } = agreement;
    this.#state = { at: "wants_confirm", agreement };
    return [
      { type: "send_welcome", body: { ...this.#us, to: this.#peer, version, codec, answers } },
    ];
  }

  #step(type: number, body: Uint8Array): HandshakeAction[] {
    const state = this.#state;
    const { hello, welcome, confirm, refuse } = frameType;
    switch (state.at) {
      case "wants_hello":
        return actions(take(state.at, type, { [hello]: () => this.#onHello(decodeHello(body)) }));
      case "judging":
        return actions(take(state.at, type, {}));
      case "wants_welcome":
        return actions(
          take(state.at, type, {
            [welcome]: () => this.#onWelcome(decodeWelcome(body)),
            [refuse]: () => this.#onRefused(body),
          }),
        );
      case "wants_confirm":
        return actions(
          take(state.at, type, {
            [confirm]: () => this.#onConfirm(body, state.agreement),
            [refuse]: () => this.#onRefused(body),
          }),
        );
      case "over":
        // Up, and then frames are the session's, or ending.
        return actions(take("ending", type, { [frameType.received]: () => [] }));
    }
  }

  #onConfirm(body: Uint8Array, agreement: Agreement): HandshakeAction[] {
    if (decodeConfirm(body).answers !== this.#us.epoch) return this.#refuse("malformed");
    this.#state = { at: "over" };
    return [{ type: "up", agreement }];
  }

  #onRefused(body: Uint8Array): HandshakeAction[] {
    const { reason } = decodeRefuse(body);
    this.#state = { at: "over" };
    return [{ type: "failed", reason, byPeer: true }];
  }

  #onHello(hello: Hello): HandshakeAction[] {
    const reason = this.#faultOf(hello);
    if (reason !== undefined) return this.#refuse(reason);
    const version = commonVersion(this.#us, hello);
    if (version === undefined) return this.#refuse("incompatible_version");
    const codec = this.#us.codecs.find((name) => hello.codecs.includes(name));
    if (codec === undefined) return this.#refuse("no_common_codec");
    this.#state = { at: "judging", agreement: this.#agree(hello, version, codec) };
    return [{ type: "judge", newcomer: hello }];
  }

  #onWelcome(welcome: Welcome): HandshakeAction[] {
    const reason = this.#faultOf(welcome);
    if (reason !== undefined) return this.#refuse(reason);
    const { version, codec } = welcome;
    const [oldest, newest] = this.#us.versions;
    if (version < oldest || version > newest) return this.#refuse("incompatible_version");
    if (!this.#us.codecs.includes(codec)) return this.#refuse("no_common_codec");
    if (welcome.answers !== this.#us.epoch) return this.#refuse("malformed");
    this.#state = { at: "over" };
    return [
      { type: "send_confirm", answers: welcome.epoch },
      { type: "up", agreement: this.#agree(welcome, version, codec) },
    ];
  }

  /** What is wrong with the other side's words, whatever its role. */
  #faultOf(hello: Hello): RefusalReason | undefined {
    if (hello.from !== this.#peer) return "identity_mismatch";
    if (hello.to !== this.#us.from) return "wrong_node";
    if (hello.cluster !== this.#us.cluster) return "wrong_cluster";
    return undefined;
  }

  #agree(hello: Hello, version: number, codec: string): Agreement {
    return {
      peer: this.#peer,
      epoch: hello.epoch,
      version,
      codec,
      capabilities: hello.capabilities.filter((name) => this.#us.capabilities.includes(name)),
      maxMessageBytes: Math.min(hello.maxMessageBytes, this.#us.maxMessageBytes),
      receivedThere: hello.received?.epoch === this.#us.epoch ? hello.received.messages : undefined,
    };
  }

  #refuse(reason: RefusalReason): HandshakeAction[] {
    if (this.#state.at === "over") return [];
    this.#state = { at: "over" };
    return [
      { type: "send_refuse", reason },
      { type: "failed", reason, byPeer: false },
    ];
  }
}

/** A frame that is passed over asks for nothing. */
function actions(asked: HandshakeAction[] | undefined): HandshakeAction[] {
  return asked ?? [];
}

/** The newest version that both speak. */
function commonVersion(us: Introduction, them: Hello): number | undefined {
  const newest = Math.min(us.versions[1], them.versions[1]);
  return newest >= Math.max(us.versions[0], them.versions[0]) ? newest : undefined;
}
