export class MessageHistory {
    #mailboxes;
    #violations;
    #pairs = new Map();
    #received = 0;
    constructor(mailboxes, violations) {
        this.#mailboxes = mailboxes;
        this.#violations = violations;
    }
    get received() {
        return this.#received;
    }
    /** The number of the next message from a run to a mailbox: 0, 1, and so on. */
    nextNumber(from, to) {
        return this.#pair(from, to).sent.length;
    }
    /** The number of the last that the mailbox has received from that run; -1 for none. */
    lastReceived(from, to) {
        return this.#pair(from, to).lastReceived;
    }
    /** The number of the last message that `send` took for the same link; -1 for none. */
    lastTaken(from, to, link) {
        return this.#pair(from, to).sent.findLastIndex((sent) => sent.taken && sent.link === link);
    }
    sent({ from, to }, sent) {
        this.#pair(from, to).sent.push(sent);
    }
    arrived(message, at) {
        const { from, to, n } = message;
        this.#received += 1;
        if (to !== at)
            this.#violations.broken("G14", `a message for ${to} is received in ${at}`);
        const pair = this.#pair(from, to);
        const what = `message ${n} from ${from} to ${to}`;
        if (n === pair.lastReceived)
            this.#violations.broken("G2", `${what} is received twice`);
        if (n < pair.lastReceived) {
            this.#violations.broken("G1", `${what} is received behind message ${pair.lastReceived}`);
        }
        const sent = pair.sent[n];
        if (sent === undefined)
            this.#violations.broken("G2", `${what} was never sent`);
        else if (!sent.taken)
            this.#violations.broken("G7", `${what} is received after send was false`);
        else if (this.#mailboxes.get(to)?.bounded === false)
            this.#checkGap(pair, n, sent.link, what);
        pair.lastReceived = Math.max(pair.lastReceived, n);
    }
    #checkGap(pair, n, link, what) {
        for (let k = pair.lastReceived + 1; k < n; k++) {
            const skipped = pair.sent[k];
            if (skipped?.taken !== true || skipped.link !== link)
                continue;
            this.#violations.broken("G3", `${what} is received without message ${k} of the same link`);
            return;
        }
    }
    #pair(from, to) {
        const key = `${from}>${to}`;
        const known = this.#pairs.get(key);
        if (known !== undefined)
            return known;
        const pair = { sent: [], lastReceived: -1 };
        this.#pairs.set(key, pair);
        return pair;
    }
}
//# sourceMappingURL=message-history.js.map