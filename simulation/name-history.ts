/** Who claims which name, in one life of a cluster: G20, G22 and G23. */
import type { MailboxId, MultipleClaim } from "reign";
import type { SimulatedNode } from "reign/testing";
import type { Mailboxes } from "./mailboxes.ts";
import type { Violations } from "./violations.ts";

interface Claim {
  readonly name: string;
  readonly mailbox: MailboxId;
  /** The claimants of the last `MultipleClaim` that came for it. */
  told: readonly MailboxId[];
}

export class NameHistory {
  readonly names: readonly string[] = Array.from({ length: 8 }, (_, i) => `name-${i}`);
  readonly #mailboxes: Mailboxes;
  readonly #violations: Violations;
  /** By the run that claims and the name: it has one claim to it at most. */
  readonly #claims = new Map<SimulatedNode, Map<string, Claim>>();

  constructor(mailboxes: Mailboxes, violations: Violations) {
    this.#mailboxes = mailboxes;
    this.#violations = violations;
  }

  registered(node: SimulatedNode, name: string, mailbox: MailboxId): void {
    const claims = this.#claims.get(node) ?? new Map<string, Claim>();
    this.#claims.set(node, claims);
    if (claims.get(name)?.mailbox !== mailbox) claims.set(name, { name, mailbox, told: [] });
  }

  /** `unregister` counts for the present claimant of the node alone. */
  unregistered(node: SimulatedNode, name: string, mailbox: MailboxId): void {
    const claims = this.#claims.get(node);
    if (claims?.get(name)?.mailbox === mailbox) claims.delete(name);
  }

  told(node: SimulatedNode, mailbox: MailboxId, { name, claimants }: MultipleClaim): void {
    const ids = claimants.map(({ id }) => id).sort();
    if (ids.length < 2) this.#violations.broken("G22", `${name} has ${ids.length} claimants`);
    const claim = this.#claims.get(node)?.get(name);
    // One that comes after the claim was given up was sent before.
    if (claim?.mailbox === mailbox) claim.told = ids;
  }

  /** A notice that `mailbox` is gone has come to `node`: it does not find it by any name. */
  checkGone(node: SimulatedNode, mailbox: MailboxId): void {
    for (const name of this.names) {
      if (!node.service.names.lookupAll(name).some(({ id }) => id === mailbox)) continue;
      this.#violations.broken("G12", `${node.name} finds ${mailbox} by ${name} after its notice`);
    }
  }

  /** To be asked when everything has settled: all tables are the same, and all claimants know. */
  checkConverged(nodes: readonly SimulatedNode[]): void {
    for (const name of this.names) {
      const live = this.#live(nodes, name);
      const ids = live.map(({ mailbox }) => mailbox).sort();
      for (const node of nodes) {
        const found = node.service.names.lookupAll(name).map(({ id }) => id);
        this.#checkSame("G20", `${name} on ${node.name}`, found.sort(), ids);
      }
      if (ids.length < 2) continue;
      for (const { mailbox, told } of live) {
        this.#checkSame("G22", `the last that ${mailbox} was told of ${name}`, told, ids);
      }
    }
  }

  #live(nodes: readonly SimulatedNode[], name: string): Claim[] {
    return nodes.flatMap((node) => {
      const claim = this.#claims.get(node)?.get(name);
      return claim !== undefined && this.#mailboxes.isOpen(claim.mailbox) ? [claim] : [];
    });
  }

  #checkSame(
    rule: string,
    what: string,
    found: readonly MailboxId[],
    wanted: readonly MailboxId[],
  ): void {
    if (found.join() === wanted.join()) return;
    this.#violations.broken(rule, `${what}: ${found.join(" ")}, not ${wanted.join(" ")}`);
  }
}
