/** The watches of one watcher, a mailbox of one run of a node. */
export class Watcher {
    id;
    nodeId;
    #ports;
    #owed = new Set();
    #farewells = new Map();
    constructor(id, nodeId, ports) {
        this.id = id;
        this.nodeId = nodeId;
        this.#ports = ports;
    }
    /** The mailboxes of `node` for which a notice is owed. */
    owedOf(node) {
        return [...this.#owed].filter((id) => this.#ports.mailboxes.get(id)?.nodeId === node);
    }
    watches(target) {
        return this.#owed.has(target);
    }
    watched(target) {
        this.#owed.add(target);
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
        if (!this.#owed.delete(target))
            this.#broken("G9", target, `a notice (${reason}) too many`);
        const { mailboxes, messages } = this.#ports;
        const own = mailboxes.get(target)?.nodeId === this.nodeId;
        if (reason !== "noconnection" && mailboxes.isOpen(target)) {
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
        for (const target of this.#owed) {
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