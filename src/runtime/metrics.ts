/**
 * The figures of a node in the text format that Prometheus reads (version 0.0.4).
 *
 * All of it is read when it is asked for: a message costs nothing for it. What is called `_total`
 * never falls while the node runs, which a rate is computed from; so what may fall, as messages in
 * doubt do when it turns out what became of them, is a gauge of its own. Those of a peer go with it
 * and begin anew. How many series there are depends on the nodes of the cluster alone, never on
 * what others send.
 */
import { expositionText, type Family } from "../core/exposition.ts";
import { lossCauses } from "../core/loss.ts";
import type { Ledger } from "./ledger.ts";
import type { Mailboxes } from "./mailboxes.ts";
import type { ServiceNames } from "./names.ts";
import type { PeerFigures } from "./peer.ts";
import type { Peers } from "./peers.ts";

export function metricsText(
  ledger: Ledger,
  mailboxes: Mailboxes,
  names: ServiceNames,
  peers: Peers,
): string {
  const { nodeId: node } = ledger.self;
  const [states, links] = [stateFamilies(mailboxes, names), linkFamilies(peers.figures())];
  return expositionText([...messageFamilies(ledger), ...states, ...links], { node });
}

function messageFamilies(ledger: Ledger): Family[] {
  const { sent, delivered, lost, violations } = ledger.snapshot();
  const causes = lossCauses.filter((cause) => cause !== "in_doubt");
  return [
    counter("reign_messages_sent_total", "Messages sent, to whatever mailbox.", [[sent]]),
    counter(
      "reign_messages_delivered_total",
      "Messages put into mailboxes of this node, those thrown out again later among them.",
      [[delivered + ledger.withdrawn]],
    ),
    counter(
      "reign_messages_thrown_out_total",
      "Messages thrown out of mailboxes of this node, which count as lost too.",
      [[ledger.withdrawn]],
    ),
    counter(
      "reign_messages_lost_total",
      "Messages lost as far as this node knows, but for those in doubt.",
      causes.map((cause) => [lost[cause], { cause }]),
    ),
    gauge("reign_messages_in_doubt", "Messages of which it is unknown whether they arrived.", [
      [lost.in_doubt],
    ]),
    counter("reign_violations_total", "Links closed because the peer broke the protocol.", [
      [violations],
    ]),
  ];
}

function stateFamilies(mailboxes: Mailboxes, names: ServiceNames): Family[] {
  const { open, waiting } = mailboxes.population();
  return [
    gauge("reign_mailboxes", "Mailboxes of this node that are open.", [[open]]),
    gauge("reign_mailbox_messages", "Messages and notices that wait in them.", [[waiting]]),
    gauge("reign_names", "Names that somebody claims, as far as this node knows.", [
      [names.nameCount],
    ]),
    gauge("reign_name_conflicts", "Names among them with two claimants or more.", [
      [names.multipleClaimCount],
    ]),
    gauge("reign_name_changes_pending", "Changes of names that wait for peers.", [
      [names.messageCount],
    ]),
  ];
}

function linkFamilies(all: readonly PeerFigures[]): Family[] {
  const perPeer = (figure: (of: PeerFigures) => number): Family["samples"] =>
    all.map((of) => [figure(of), { peer: of.peer }]);
  return [
    gauge(
      "reign_link_up",
      "Whether the link to the peer is up.",
      perPeer(({ up }) => Number(up)),
    ),
    gauge(
      "reign_link_pending_bytes",
      "Bytes that wait for the peer.",
      perPeer(({ pendingBytes }) => pendingBytes),
    ),
    counter(
      "reign_links_established_total",
      "Links to the peer that came up.",
      perPeer(({ established }) => established),
    ),
    counter(
      "reign_link_attempts_failed_total",
      "Dials and handshakes with the peer that came to nothing.",
      perPeer(({ failedAttempts }) => failedAttempts),
    ),
  ];
}

function counter(name: string, help: string, samples: Family["samples"]): Family {
  return { name, type: "counter", help, samples };
}

function gauge(name: string, help: string, samples: Family["samples"]): Family {
  return { name, type: "gauge", help, samples };
}
