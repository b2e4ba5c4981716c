/** The watches of one watcher, a mailbox of one run of a node. */
export class Watcher {
    id;
    nodeId;
    #ports;
    /** With what is known when it is asked for: a mailbox of another incarnation than is linked. */
    #owed = new Map();
    #farewells = new Map();
    constructor(id, nodeId, ports) {
        this.id = id;
        this.nodeId = nodeId;
        this.#ports = ports;
    }
    /** The mailboxes of `node` for which a notice is owed. */
    owedOf(node) {
        return [...this.#owed.keys()].filter((id) => this.#ports.mailboxes.get(id)?.nodeId === node);
    }
    watches(target) {
        return this.#owed.has(target);
    }
    /**
     * `foreign`: there is a link to the node of the mailbox, but to another of its incarnations. Then
     * the mailbox is as good as gone (G14), also if this node has not met its incarnation yet.
     */
    watched(target, foreign) {
        if (!this.#owed.has(target))
            this.#owed.set(target, { foreign });
    }
    unwatched(target, answer) {
        const owed = this.#owed.delete(target);
        if (owed === answer)
            return;
        const what = owed ? "is owed and lost" : "was received, and is taken back";
        this.#broken("G9", target, `removeNotify answers ${answer}, and the notice ${what}`);
    }
    /** `target` is being closed: what was sent to this watcher before has to come before the notice. */
    farewell(target, farewell) {
        this.#farewells.set(target, farewell);
    }
    noticed(target, reason) {
        const foreign = this.#owed.get(target)?.foreign === true;
        if (!this.#owed.delete(target))
            this.#broken("G9", target, `a notice (${reason}) too many`);
        if (foreign && reason !== "noproc")
            this.#broken("G14", target, `${reason}, and not noproc`);
        const { mailboxes, messages } = this.#ports;
        const own = mailboxes.get(target)?.nodeId === this.nodeId;
        if (reason !== "noconnection" && !foreign && mailboxes.isOpen(target)) {
            this.#broken("G9", target, `${reason}, while the mailbox is open`);
        }
        if (reason === "noconnection" && own)
            this.#broken("G13", target, "no link to itself");
        const farewell = this.#farewells.get(target);
        if (reason !== "closed" || farewell === undefined)
            return;
        const last = messages.lastReceived(farewell.from, this.id);
        if (last >= farewell.n)
            return;
        this.#broken("G11", target, `the notice is ahead of message ${farewell.n}, behind ${last}`);
    }
    /** To be asked when everything has settled. */
    checkAllNoticed() {
        for (const target of this.#owed.keys()) {
            if (this.#ports.mailboxes.isOpen(target))
                continue;
            this.#broken("G9", target, "the mailbox is gone, and no notice came");
        }
    }
    #broken(rule, target, what) {
        this.#ports.violations.broken(rule, `watcher ${this.id}, mailbox ${target}: ${what}`);
    }
}
//# sourceMappingURL=notice-history.js.map