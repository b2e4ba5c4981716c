export class Mailboxes {
    #records = new Map();
    #ids = [];
    #closed = new Set();
    add(record) {
        this.#records.set(record.id, record);
        this.#ids.push(record.id);
    }
    get(id) {
        return this.#records.get(id);
    }
    /** Whether its owner has neither closed it nor ended. */
    isOpen(id) {
        return this.#records.get(id)?.owner.running === true && !this.#closed.has(id);
    }
    closed(id) {
        this.#closed.add(id);
    }
    /** In the order in which they were made. */
    get ids() {
        return this.#ids;
    }
}
//# sourceMappingURL=mailboxes.js.map