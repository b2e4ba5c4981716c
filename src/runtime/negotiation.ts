/**
 * Drives the handshake on one link: carries out what the state machine asks for, and gives up when
 * it takes too long.
 */

import { beginFrame, endFrame, frameType } from "../core/frame.ts";
import {
  type Agreement,
  Handshake,
  type HandshakeAction,
  type Introduction,
  type RefusalReason,
} from "../core/handshake.ts";
import { encodeHandshake, type Hello, maxHelloBytes } from "../core/hello.ts";
import type { Link, LinkEnd } from "../ports/carrier.ts";
import type { Clock } from "../ports/clock.ts";
import { Wire, type WireListener } from "./wire.ts";

export interface NegotiationEvents {
  /** A newcomer is in order; the answer is `negotiation.verdict`. */
  onJudge(negotiation: Negotiation, newcomer: Hello): void;
  /** Agreed. The wire is the listener's now. */
  onUp(negotiation: Negotiation, wire: Wire, agreement: Agreement): void;
  /** It came to nothing; the link is ended. Not sent for a negotiation that was abandoned. */
  onFailed(negotiation: Negotiation, failure: NegotiationFailure): void;
  /** The link of a negotiation that came to nothing is down. */
  onGone(negotiation: Negotiation): void;
}

export interface NegotiationFailure {
  readonly reason: string;
  /**
   * `refused`: one of the two said so. `tls_refused`: the other side did not take this node's
   * certificate. `lost`: the link went down in the middle, or nothing came in time.
   */
  readonly kind: "refused" | "tls_refused" | "lost";
}

export class Negotiation implements WireListener {
  readonly #wire: Wire;
  readonly #handshake: Handshake;
  readonly #events: NegotiationEvents;
  readonly #deadline: Disposable;
  #over = false;

  constructor(
    link: Link,
    us: Introduction,
    role: "dialler" | "acceptor",
    port: { readonly clock: Clock; readonly timeoutMs: number; readonly events: NegotiationEvents },
  ) {
    this.#wire = new Wire(link, port.clock, maxHelloBytes);
    this.#handshake = new Handshake(us, link.peer, role);
    this.#events = port.events;
    this.#deadline = port.clock.after(port.timeoutMs, () => {
      this.#fail({ reason: "the peer did not finish the handshake in time", kind: "lost" });
    });
  }

  begin(): void {
    this.#wire.open(this);
    this.#carryOut(this.#handshake.begin());
  }

  verdict(answer: "accept" | RefusalReason): void {
    if (!this.#over) this.#carryOut(this.#handshake.verdict(answer));
  }

  /** Ends it without a word to anybody. */
  abandon(): void {
    if (this.#over) return;
    this.#finish();
    this.#wire.destroy();
  }

  /** Ends the link of one that came to nothing, without waiting for what is still to be sent. */
  destroy(): void {
    this.#wire.destroy();
  }

  onFrame(type: number, bytes: Uint8Array, start: number, end: number): void {
    if (!this.#over) this.#carryOut(this.#handshake.onFrame(type, bytes.subarray(start, end)));
  }

  onRead(): void {}

  onHanded(): void {}

  onAllTaken(): void {}

  onDrain(): void {}

  onViolation(rule: string): void {
    this.#fail({ reason: rule, kind: "refused" });
  }

  onDown({ reason, refused }: LinkEnd): void {
    this.#fail({ reason, kind: refused ? "tls_refused" : "lost" });
    this.#events.onGone(this);
  }

  #carryOut(actions: readonly HandshakeAction[]): void {
    for (const action of actions) {
      switch (action.type) {
        case "send_hello":
          this.#send(frameType.hello, encodeHandshake(action.body));
          break;
        case "send_welcome":
          this.#send(frameType.welcome, encodeHandshake(action.body));
          break;
        case "send_confirm":
          this.#send(frameType.confirm, encodeHandshake({ answers: action.answers }));
          break;
        case "send_refuse":
          this.#send(frameType.refuse, encodeHandshake({ reason: action.reason }));
          break;
        case "judge":
          this.#events.onJudge(this, action.newcomer);
          break;
        case "up":
          this.#finish();
          this.#events.onUp(this, this.#wire, action.agreement);
          break;
        case "failed":
          this.#finish();
          this.#wire.close();
          this.#events.onFailed(this, { reason: action.reason, kind: "refused" });
          break;
      }
    }
  }

  #send(type: number, body: Uint8Array): void {
    const { control } = this.#wire.outbox;
    const mark = beginFrame(control, type);
    control.raw(body);
    endFrame(control, mark);
    this.#wire.appended();
  }

  #fail(failure: NegotiationFailure): void {
    if (this.#over) return;
    this.#finish();
    this.#wire.destroy();
    this.#events.onFailed(this, failure);
  }

  #finish(): void {
    this.#over = true;
    this.#deadline[Symbol.dispose]();
  }
}
