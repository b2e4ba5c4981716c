/**
 * Parses JSON that a person has written, and says where it is wrong.
 *
 * `JSON.parse` makes the value. It tells the place of a mistake differently in each version of
 * Node.js, for short texts not at all, and takes a key that stands twice without a word; both
 * matter in a file edited by hand. So the text is first walked through by the grammar of RFC 8259.
 */

/** Where a text is not JSON, or not what was meant. Lines and columns count from 1. */
export interface JsonMistake {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export type ParsedJson = { readonly value: unknown } | { readonly mistake: JsonMistake };

const deepest = 64;
const blank = /[ \t\n\r]*/y;
const literal = /true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const escapeSequence = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const firstPrintable = 0x20;

/**
 * The value of a JSON text, or its first mistake. A byte order mark at the beginning is no mistake.
 */
export function parseJson(text: string): ParsedJson {
  const walk = new JsonWalk(text);
  const mistake = walk.run();
  if (mistake === undefined) return { value: JSON.parse(text.slice(walk.start)) };
  const before = text.slice(0, mistake.at).split("\n");
  const column = (before.at(-1)?.length ?? 0) + 1;
  return { mistake: { line: before.length, column, message: mistake.message } };
}

interface Mistake {
  readonly at: number;
  readonly message: string;
}

class JsonWalk {
  readonly start: number;
  readonly #text: string;
  #at: number;

  constructor(text: string) {
    this.start = text.startsWith("\ufeff") ? 1 : 0;
    this.#text = text;
    this.#at = this.start;
  }

  run(): Mistake | undefined {
    const mistake = this.#value(0);
    if (mistake !== undefined) return mistake;
    return this.#at < this.#text.length ? this.#expected("the end of the text") : undefined;
  }

  #value(depth: number): Mistake | undefined {
    this.#skip(blank);
    if (depth > deepest) return this.#mistake(`Nested more than ${deepest} deep.`);
    const mistake = this.#bareValue(depth);
    this.#skip(blank);
    return mistake;
  }

  #bareValue(depth: number): Mistake | undefined {
    switch (this.#text[this.#at]) {
      case "{":
        return this.#object(depth);
      case "[":
        return this.#sequence("]", () => this.#value(depth + 1));
      case '"':
        return this.#string();
      default:
        return this.#skip(literal) ? undefined : this.#expected("a value");
    }
  }

  #object(depth: number): Mistake | undefined {
    const keys = new Set<string>();
    return this.#sequence("}", () => {
      this.#skip(blank);
      const from = this.#at;
      if (this.#text[from] !== '"') return this.#expected("a key in double quotes");
      const broken = this.#string();
      if (broken !== undefined) return broken;
      const key: unknown = JSON.parse(this.#text.slice(from, this.#at));
      if (keys.has(String(key))) {
        return { at: from, message: `The key ${JSON.stringify(key)} is there twice.` };
      }
      keys.add(String(key));
      this.#skip(blank);
      if (!this.#take(":")) return this.#expected("a colon");
      return this.#value(depth + 1);
    });
  }

  /** From the opening bracket to the closing one, with commas between the items. */
  #sequence(closing: string, item: () => Mistake | undefined): Mistake | undefined {
    this.#at++;
    this.#skip(blank);
    if (this.#take(closing)) return undefined;
    do {
      const mistake = item();
      if (mistake !== undefined) return mistake;
    } while (this.#take(","));
    return this.#take(closing) ? undefined : this.#expected(`a comma or ${closing}`);
  }

  /** By a loop: a pattern that repeats a choice runs out of stack on a long text. */
  #string(): Mistake | undefined {
    const from = this.#at++;
    while (this.#text.charCodeAt(this.#at) >= firstPrintable) {
      if (this.#take('"')) return undefined;
      if (this.#text[this.#at] !== "\\") this.#at++;
      else if (!this.#skip(escapeSequence)) break;
    }
    const message = "A text that does not end on its line, or has a wrong escape in it.";
    return { at: from, message };
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    const [match] = pattern.exec(this.#text) ?? [];
    this.#at += match?.length ?? 0;
    return match !== undefined;
  }

  #expected(what: string): Mistake {
    const [found] = this.#text.slice(this.#at, this.#at + 2);
    const got = found === undefined ? "the end of the text" : JSON.stringify(found);
    return this.#mistake(`Expected ${what}, got ${got}.`);
  }

  #mistake(message: string): Mistake {
    return { at: this.#at, message };
  }
}
