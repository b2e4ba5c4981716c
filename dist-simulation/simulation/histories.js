import { LinkHistory } from "./link-history.js";
import { Mailboxes } from "./mailboxes.js";
import { MessageHistory } from "./message-history.js";
import { NameHistory } from "./name-history.js";
import { Violations } from "./violations.js";
export class Histories {
    violations = new Violations();
    mailboxes = new Mailboxes();
    messages = new MessageHistory(this.mailboxes, this.violations);
    names = new NameHistory(this.mailboxes, this.violations);
    links = new LinkHistory(this.violations);
    /** Of all runs, in the order in which they began. */
    colleagues = [];
    /** Counts a rare state that was reached. */
    sometimes;
    #stamps = new Set();
    #lastStamp = 0;
    constructor(sometimes) {
        this.sometimes = sometimes;
    }
    /** Marks a message that goes to several mailboxes. */
    nextStamp() {
        this.#lastStamp += 1;
        return this.#lastStamp;
    }
    stamped(stamp, at) {
        const key = `${stamp} ${at}`;
        if (this.#stamps.has(key))
            this.violations.broken("G2", `${at} has message ${stamp} twice`);
        this.#stamps.add(key);
    }
}
//# sourceMappingURL=histories.js.map