/** Whether each watch yields exactly one notice, or none where it was taken back. Pure. */

export class WatchLedger {
  readonly #pending = new Set<string>();

  /** Mailboxes that are watched, and of which no notice has come. */
  get pending(): readonly string[] {
    return [...this.#pending];
  }

  isPending(id: string): boolean {
    return this.#pending.has(id);
  }

  asked(id: string): void {
    this.#pending.add(id);
  }

  /** `removeNotify` has answered. Gives what is wrong about it, if anything is. */
  takenBack(id: string, answer: boolean): string | undefined {
    const due = this.#pending.delete(id);
    if (answer === due) return undefined;
    return due
      ? `removeNotify was false, and no notice of ${id} had come`
      : `removeNotify was true, and nobody waited for a notice of ${id}`;
  }

  /** A notice has come. Gives what is wrong about it, if anything is. */
  noticed(id: string): string | undefined {
    if (this.#pending.delete(id)) return undefined;
    return `a notice of ${id} came twice, or unasked`;
  }
}
