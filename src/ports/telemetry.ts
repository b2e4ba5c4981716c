/**
 * What a node tells of itself. Nothing in it logs: it emits these events, and the logger that a
 * user gives is one subscriber to them.
 *
 * No event carries what a message holds, and text that came from a peer is cut and escaped by
 * whoever prints it.
 */
import type { LossCause } from "../core/loss.ts";
import type { MailboxId, NodeId } from "../core/mailbox-id.ts";

/** What a node tells of itself; `docs/operating.md` says which line of the log each becomes. */
export type TelemetryEvent =
  | { readonly type: "listening"; readonly address: string }
  | { readonly type: "stopped" }
  | { readonly type: "resolving"; readonly peer: NodeId; readonly host: string }
  /** A host name has been looked up for so long, and there is no answer yet. */
  | {
      readonly type: "resolve_slow";
      readonly peer: NodeId;
      readonly host: string;
      readonly tookMs: number;
    }
  | {
      readonly type: "resolved";
      readonly peer: NodeId;
      readonly host: string;
      readonly ip: string;
      readonly tookMs: number;
    }
  | {
      readonly type: "resolve_failed";
      readonly peer: NodeId;
      readonly host: string;
      readonly reason: string;
    }
  /**
   * A dial came to nothing for an ordinary reason. Sent for the first of a row of failures only.
   */
  | { readonly type: "dial_failed"; readonly peer: NodeId; readonly reason: string }
  | { readonly type: "link_up"; readonly peer: NodeId; readonly epoch: string }
  | { readonly type: "link_down"; readonly peer: NodeId; readonly reason: string }
  /** A peer that the spec names could not be taken for what it should be, at either stage. */
  | {
      readonly type: "handshake_failed";
      readonly peer: NodeId;
      readonly stage: "tls" | "cluster";
      readonly reason: string;
      /** False for what rights itself, as two nodes that dial each other at once. */
      readonly lasting: boolean;
    }
  /** Somebody who is no node of the cluster knocked. */
  | {
      readonly type: "stranger_refused";
      readonly from: string;
      readonly reason: string;
      /** How many were refused since the event before without an event of their own. */
      readonly untold: number;
    }
  /** A peer broke the wire protocol, and its link was closed. */
  | { readonly type: "protocol_violation"; readonly peer: NodeId; readonly rule: string }
  /**
   * Messages were lost under one cause, `count` of them since the event of that cause before: at
   * most one a second. The rest is of the last of them, where it is known.
   */
  | {
      readonly type: "messages_lost";
      readonly cause: LossCause;
      readonly count: number;
      readonly from: NodeId | undefined;
      readonly to: MailboxId | undefined;
      readonly size: number | undefined;
      /** Of `unknown_type`: the name of the class, which came from a peer. */
      readonly typeName: string | undefined;
    }
  /** A certificate that this node needs comes to its end, or has. Sent once a day. */
  | {
      readonly type: "certificate_expiring";
      /** Whose: this node's, of one between it and the cluster's, or of the cluster's. */
      readonly certificate: "node" | "intermediate" | "authority";
      readonly subject: string;
      /** In ISO 8601. */
      readonly validTo: string;
      /** Whole days; below 0 when it has ended. */
      readonly daysLeft: number;
    }
  /** A function given by the user threw. The node goes on. */
  | { readonly type: "callback_failed"; readonly callback: string; readonly error: unknown }
  /** The configuration works, but something in it deserves a look. */
  | { readonly type: "configuration_notice"; readonly notice: string }
  /** A changed configuration cannot be taken: the one before stays in force. */
  | {
      readonly type: "configuration_refused";
      readonly changed: "spec" | "certificates";
      readonly reason: string;
    };

/** Takes the events of a node, beside its log. */
export interface Telemetry {
  /** Takes one event. Must not throw and must not call the node back. */
  emit(event: TelemetryEvent): void;
}
