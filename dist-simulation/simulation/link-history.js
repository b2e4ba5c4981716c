export class LinkHistory {
    #violations;
    #up = new Map();
    #counts = new Map();
    #downs = 0;
    constructor(violations) {
        this.#violations = violations;
    }
    /** How many links have gone down, each counted on both sides. */
    get downs() {
        return this.#downs;
    }
    wentUp(node, peer, epoch) {
        const links = mapOf(this.#up, node);
        if (links.has(peer)) {
            this.#violations.broken("G15", `${node.name} has two links to ${peer} at once`);
        }
        const counts = mapOf(this.#counts, node);
        const number = (counts.get(peer) ?? -1) + 1;
        counts.set(peer, number);
        links.set(peer, { epoch, number });
    }
    wentDown(node, peer) {
        this.#downs += 1;
        const known = mapOf(this.#up, node).delete(peer);
        if (!known)
            this.#violations.broken("G15", `${node.name} loses a link to ${peer} that was down`);
    }
    isUp(node, peer) {
        return mapOf(this.#up, node).has(peer);
    }
    /** The incarnation at the other end of the link to the peer; `undefined` while there is none. */
    epoch(node, peer) {
        return mapOf(this.#up, node).get(peer)?.epoch;
    }
    /** Which link to the peer it is; -1 while there is none. 0 for the node itself. */
    number(node, peer) {
        if (peer === node.id)
            return 0;
        return mapOf(this.#up, node).get(peer)?.number ?? -1;
    }
}
function mapOf(maps, node) {
    const known = maps.get(node);
    if (known !== undefined)
        return known;
    const made = new Map();
    maps.set(node, made);
    return made;
}
//# sourceMappingURL=link-history.js.map