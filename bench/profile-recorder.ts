/** A profile of what a role's process does in its rounds, and not of how it got ready for them. */
import { writeFileSync } from "node:fs";
import { Session } from "node:inspector/promises";

export class ProfileRecorder {
  readonly #path: string;
  readonly #session = new Session();
  #begun = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** Called before each round: the first one begins it. */
  async begin(): Promise<void> {
    if (this.#begun) return;
    this.#begun = true;
    this.#session.connect();
    await this.#session.post("Profiler.enable");
    await this.#session.post("Profiler.start");
  }

  async end(): Promise<void> {
    if (!this.#begun) return;
    const { profile } = await this.#session.post("Profiler.stop");
    writeFileSync(this.#path, JSON.stringify(profile));
  }
}
