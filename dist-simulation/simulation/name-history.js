export class NameHistory {
    names = Array.from({ length: 8 }, (_, i) => `name-${i}`);
    #mailboxes;
    #violations;
    /** By the run that claims and the name: it has one claim to it at most. */
    #claims = new Map();
    constructor(mailboxes, violations) {
        this.#mailboxes = mailboxes;
        this.#violations = violations;
    }
    registered(node, name, mailbox) {
        const claims = this.#claims.get(node) ?? new Map();
        this.#claims.set(node, claims);
        if (claims.get(name)?.mailbox !== mailbox)
            claims.set(name, { name, mailbox, told: [] });
    }
    /** `unregister` counts for the present claimant of the node alone. */
    unregistered(node, name, mailbox) {
        const claims = this.#claims.get(node);
        if (claims?.get(name)?.mailbox === mailbox)
            claims.delete(name);
    }
    told(node, mailbox, { name, claimants }) {
        const ids = claimants.map(({ id }) => id).sort();
        if (ids.length < 2)
            this.#violations.broken("G22", `${name} has ${ids.length} claimants`);
        const claim = this.#claims.get(node)?.get(name);
        // One that comes after the claim was given up was sent before.
        if (claim?.mailbox === mailbox)
            claim.told = ids;
    }
    /** A notice that `mailbox` is gone has come to `node`: it does not find it by any name. */
    checkGone(node, mailbox) {
        for (const name of this.names) {
            if (!node.service.names.lookupAll(name).some(({ id }) => id === mailbox))
                continue;
            this.#violations.broken("G12", `${node.name} finds ${mailbox} by ${name} after its notice`);
        }
    }
    /** To be asked when everything has settled: all tables are the same, and all claimants know. */
    checkConverged(nodes) {
        for (const name of this.names) {
            const live = this.#live(nodes, name);
            const ids = live.map(({ mailbox }) => mailbox).sort();
            for (const node of nodes) {
                const found = node.service.names.lookupAll(name).map(({ id }) => id);
                this.#checkSame("G20", `${name} on ${node.name}`, found.sort(), ids);
            }
            if (ids.length < 2)
                continue;
            for (const { mailbox, told } of live) {
                this.#checkSame("G22", `the last that ${mailbox} was told of ${name}`, told, ids);
            }
        }
    }
    /** How many claimants the name has that live. */
    claimants(nodes, name) {
        return this.#live(nodes, name).length;
    }
    #live(nodes, name) {
        return nodes.flatMap((node) => {
            const claim = this.#claims.get(node)?.get(name);
            return claim !== undefined && this.#mailboxes.isOpen(claim.mailbox) ? [claim] : [];
        });
    }
    #checkSame(rule, what, found, wanted) {
        if (found.join() === wanted.join())
            return;
        this.#violations.broken(rule, `${what}: ${found.join(" ")}, not ${wanted.join(" ")}`);
    }
}
//# sourceMappingURL=name-history.js.map