/**
 * What the encoder knows of the keys of objects it has written: for each sequence of keys, the
 * bytes that stand in front of the values.
 *
 * Objects of one kind have the same keys in the same order. The keys lead through a tree, in which
 * each node remembers the key that came next the last time; so an object like the one before is
 * found by comparing a few pointers, and its keys are copied in one piece.
 *
 * On a link, keys that come again and again are defined: sent once, and from then on a number
 * stands for them. What has been defined is never forgotten. The rest of the tree is when it is
 * full: messages that use data as keys fill it, and then cost what they would cost without it.
 */
import { ByteWriter } from "../../core/byte-writer.ts";
import { isIndexKey } from "../../core/index-key.ts";
import type { Define } from "../../ports/codec.ts";
import { mostDefinitions, mostKeyBytesInFront, mostKeysInFront, tag } from "./tags.ts";
import { isWellFormed } from "./text.ts";

/** How many there may be before the tree is forgotten. */
const mostNodes = 1024;
/** Keys are defined when they have come so often, which data used as keys seldom does. */
const timesToDefine = 16;
/** Not `Object.hasOwn`: in a loop over keys V8 knows the answer to this one beforehand. */
const isOwn: (this: object, key: string) => boolean = Reflect.get(
  Object.prototype,
  "hasOwnProperty",
);

/** A sequence of keys from the first on. */
export interface KeyNode {
  readonly parent: KeyNode | undefined;
  readonly key: string;
  /** How many keys lead here. */
  readonly count: number;
  /** How many bytes they take; -1 when no object with these keys has them in front. */
  readonly keyBytes: number;
  /** What stands before the values; made when the first object ends here. */
  head: Uint8Array | undefined;
  /** How many objects have ended here, up to `timesToDefine`. */
  times: number;
  nextKey: string | undefined;
  next: KeyNode | undefined;
  others: Map<string, KeyNode> | undefined;
}

export class KeyTrie {
  readonly #define: Define | undefined;
  readonly #defined: KeyNode[] = [];
  #root = newNode(undefined, "", 0);
  #nodes = 0;

  constructor(define?: Define) {
    this.#define = define;
  }

  /** The place of `record`'s keys, with its head; `undefined` when it is to be written wide. */
  find(record: Readonly<Record<string, unknown>>): KeyNode | undefined {
    let node = this.#root;
    // A loop over the keys of an object, with nothing but a look at each, is V8's fastest.
    for (const key in record) {
      // Somebody has given all objects a property. Written wide, an object has its own alone.
      if (!isOwn.call(record, key)) return undefined;
      let next = node.next;
      if (next === undefined || node.nextKey !== key) {
        // Never in front, and so not remembered: a key may be as long as a message.
        if (key.length > mostKeyBytesInFront) return undefined;
        next = this.#step(node, key);
      }
      if (next.keyBytes < 0) return undefined;
      node = next;
    }
    node.head ??= headOf(node);
    if (node.times < timesToDefine && ++node.times === timesToDefine) this.#toDefine(node);
    return node;
  }

  #toDefine(node: KeyNode): void {
    const number = this.#defined.length;
    if (this.#define === undefined || number === mostDefinitions || node.count === 0) return;
    this.#define(definitionOf(node));
    node.head = definedHead(number);
    this.#defined.push(node);
  }

  /** Another key than the last time. */
  #step(node: KeyNode, key: string): KeyNode {
    const next = node.others?.get(key) ?? this.#grow(node, key);
    node.nextKey = key;
    node.next = next;
    return next;
  }

  #grow(node: KeyNode, key: string): KeyNode {
    if (this.#nodes >= mostNodes) this.#forget();
    this.#nodes++;
    const grown = newNode(node, key, keyBytesBehind(node, key));
    // Most nodes have one key behind them, and so no use for a Map.
    if (node.nextKey !== undefined && node.next !== undefined) {
      node.others ??= new Map([[node.nextKey, node.next]]);
      node.others.set(key, grown);
    }
    return grown;
  }

  /** Begins anew, with what has been defined. */
  #forget(): void {
    this.#root = newNode(undefined, "", 0);
    for (const [number, defined] of this.#defined.entries()) {
      let node = this.#root;
      for (const key of keysTo(defined)) {
        // What has been defined does not count, or to plant it anew could fill the tree.
        this.#nodes = 0;
        node = node.nextKey === key ? (node.next as KeyNode) : this.#step(node, key);
      }
      node.head = definedHead(number);
      node.times = timesToDefine;
      this.#defined[number] = node;
    }
    this.#nodes = 0;
  }
}

function newNode(parent: KeyNode | undefined, key: string, keyBytes: number): KeyNode {
  const count = parent === undefined ? 0 : parent.count + 1;
  return {
    parent,
    key,
    count,
    keyBytes,
    head: undefined,
    times: 0,
    nextKey: undefined,
    next: undefined,
    others: undefined,
  };
}

function keyBytesBehind(node: KeyNode, key: string): number {
  if (node.count === mostKeysInFront || isIndexKey(key) || !isWellFormed(key)) return -1;
  const length = node.keyBytes + 1 + Buffer.byteLength(key);
  return length <= mostKeyBytesInFront ? length : -1;
}

function headOf(node: KeyNode): Uint8Array {
  const { count } = node;
  if (count === 0) return Uint8Array.of(tag.smallObject);
  const small = count < tag.smallObjectEnd - tag.smallObject;
  return Buffer.concat(
    small
      ? [Uint8Array.of(tag.smallObject + count), keysOf(node)]
      : [Uint8Array.of(tag.object), definitionOf(node)],
  );
}

function definedHead(number: number): Uint8Array {
  const head = new ByteWriter(16);
  head.byte(tag.defined);
  head.varint(number);
  return head.take();
}

/** How many keys, how many bytes, and the keys. */
function definitionOf(node: KeyNode): Uint8Array {
  return Buffer.concat([Uint8Array.of(node.count), keysOf(node)]);
}

function keysOf(node: KeyNode): Uint8Array {
  const keys = keysTo(node).map((key) => Buffer.from(key));
  const parts = keys.flatMap((bytes) => [Uint8Array.of(bytes.length), bytes]);
  return Buffer.concat([Uint8Array.of(node.keyBytes), ...parts]);
}

function keysTo(node: KeyNode): string[] {
  const keys: string[] = [];
  for (let at = node; at.parent !== undefined; at = at.parent) keys.push(at.key);
  return keys.reverse();
}
