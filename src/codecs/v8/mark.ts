/**
 * What V8 cannot carry is put into an array that begins with a mark, which nothing in a message can
 * be: V8 hands it to `HostSerializer`, as it does with views, and a message's own views go in such
 * arrays themselves.
 */
import { DefaultSerializer, Deserializer } from "node:v8";

export type Marked =
  | readonly [mark: Uint8Array, kind: "address", id: string]
  | readonly [mark: Uint8Array, kind: "bare", properties: object]
  | readonly [mark: Uint8Array, kind: "view", type: string, bytes: ArrayBuffer]
  | readonly [mark: Uint8Array, kind: "closed", id: string, reason: string]
  | readonly [mark: Uint8Array, kind: "claim", name: string, claimants: unknown]
  | [mark: Uint8Array, kind: "instance", name: string, value: unknown]
  | readonly [
      mark: Uint8Array,
      kind: "error",
      errorKind: number,
      name: string | undefined,
      message: string | undefined,
      hidden: object,
      visible: object,
    ];

/** Its identity is all there is to it. */
export const mark: Uint8Array = new Uint8Array(0);

const markNumber = 0x7265_6967;

export class HostSerializer extends DefaultSerializer {
  /** Called by V8 for each view, of which there is one. */
  _writeHostObject(): void {
    this.writeUint32(markNumber);
  }
}

export class HostDeserializer extends Deserializer {
  _readHostObject(): Uint8Array {
    if (this.readUint32() !== markNumber) throw new TypeError("Expected the mark, got another.");
    return mark;
  }
}
