/**
 * The globals that `core` uses beyond the language. `tsconfig.core.json` compiles `core` without
 * Node's types, so that everything else the runtime offers is a compile error there.
 */
declare class TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>;
  encodeInto(text: string, into: Uint8Array): { read: number; written: number };
}

declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(bytes?: Uint8Array): string;
}

/** Named in the types of `core`, used by nothing in it. */
interface AbortSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
}
