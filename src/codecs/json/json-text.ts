/**
 * The text of one message on its way into a batch: put together in short stretches, since each call
 * that writes bytes costs as much as some fifty characters.
 */
import { ByteWriter } from "../../core/byte-writer.ts";

type WriteText = (this: Uint8Array, text: string, at: number, length: number) => number;
type SliceText = (this: Uint8Array, start: number, end: number) => string;

const latin1Write: WriteText = Reflect.get(Buffer.prototype, "latin1Write");
const utf8Write: WriteText = Reflect.get(Buffer.prototype, "utf8Write");
const utf8Slice: SliceText = Reflect.get(Buffer.prototype, "utf8Slice");

const longestStretch = 2_048;

/** Text to be put in at a place, which is counted in characters from the message's first. */
export interface Insertion {
  readonly at: number;
  readonly text: string;
}

export class JsonText {
  #out: ByteWriter = new ByteWriter(0);
  #mark = 0;
  /** Characters that are bytes already. */
  #written = 0;
  #stretch = "";

  begin(out: ByteWriter): void {
    this.#out = out;
    this.#mark = out.mark();
    this.#written = 0;
    this.#stretch = "";
  }

  /** Where the next character goes. */
  get position(): number {
    return this.#written + this.#stretch.length;
  }

  /** Throws `TooManyBytes` when the batch may not hold them. */
  add(text: string): void {
    this.#stretch += text;
    if (this.#stretch.length > longestStretch) this.flush();
  }

  /** Throws `TooManyBytes` before anything so long is made. */
  expect(characters: number): void {
    if (characters > longestStretch) this.#out.reserve(characters);
  }

  flush(): void {
    const text = this.#stretch;
    const length = Buffer.byteLength(text);
    const out = this.#out;
    out.reserve(length);
    if (length === text.length) latin1Write.call(out.bytes, text, out.position, length);
    else utf8Write.call(out.bytes, text, out.position, length);
    out.position += length;
    this.#written += text.length;
    this.#stretch = "";
  }

  /** Writes the message anew, with texts put in. They are in the order of their places. */
  insert(insertions: readonly Insertion[]): void {
    this.flush();
    const out = this.#out;
    const text = utf8Slice.call(out.bytes, out.at(this.#mark), out.position);
    out.rollback(this.#mark);
    let from = 0;
    for (const { at, text: inserted } of insertions) {
      this.add(text.slice(from, at));
      this.add(inserted);
      from = at;
    }
    this.add(text.slice(from));
    this.flush();
  }
}
