/**
 * What the encoder knows of the keys of objects it has written: for each sequence of keys, the
 * bytes that stand in front of the values.
 *
 * Objects of one kind have the same keys in the same order. The keys lead through a tree, in which
 * each node remembers the key that came next the last time; so an object like the one before is
 * found by comparing a few pointers, and its keys are copied in one piece.
 *
 * The tree is forgotten when it is full. Messages that use data as keys fill it, and then cost what
 * they would cost without it.
 */
import { ByteWriter } from "../../core/byte-writer.ts";
import { isIndexKey } from "./index-key.ts";
import { mostKeyBytesInFront, mostKeysInFront, tag } from "./tags.ts";
import { isWellFormed } from "./text.ts";

const mostNodes = 1024;

/** A sequence of keys from the first on. */
export interface KeyNode {
  readonly parent: KeyNode | undefined;
  readonly key: string;
  /** How many keys lead here. */
  readonly count: number;
  /** How many bytes they take; -1 when no object with these keys has them in front. */
  readonly keyBytes: number;
  /** Tag, lengths and keys; made when the first object ends here. */
  head: Uint8Array | undefined;
  nextKey: string | undefined;
  next: KeyNode | undefined;
  others: Map<string, KeyNode> | undefined;
}

export class KeyTrie {
  #root = newNode(undefined, "", 0);
  #nodes = 1;

  /** The place of `record`'s keys, with its head; `undefined` when it is to be written wide. */
  find(record: Readonly<Record<string, unknown>>): KeyNode | undefined {
    let node = this.#root;
    // A loop over the keys of an object, with nothing but a look at each, is V8's fastest.
    for (const key in record) {
      // Somebody has given all objects a property. Written wide, an object has its own alone.
      if (!Object.hasOwn(record, key)) return undefined;
      const next: KeyNode = node.nextKey === key ? (node.next as KeyNode) : this.#step(node, key);
      if (next.keyBytes < 0) return undefined;
      node = next;
    }
    node.head ??= headOf(node);
    return node;
  }

  /** Another key than the last time. */
  #step(node: KeyNode, key: string): KeyNode {
    const next = node.others?.get(key) ?? this.#grow(node, key);
    node.nextKey = key;
    node.next = next;
    return next;
  }

  #grow(node: KeyNode, key: string): KeyNode {
    if (this.#nodes >= mostNodes) {
      this.#root = newNode(undefined, "", 0);
      this.#nodes = 1;
    }
    this.#nodes++;
    const grown = newNode(node, key, keyBytesBehind(node, key));
    // Most nodes have one key behind them, and so no use for a Map.
    if (node.nextKey !== undefined && node.next !== undefined) {
      node.others ??= new Map([[node.nextKey, node.next]]);
      node.others.set(key, grown);
    }
    return grown;
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
  const { count, keyBytes } = node;
  const head = new ByteWriter(keyBytes + 3);
  if (count < tag.smallObjectEnd - tag.smallObject) {
    head.byte(tag.smallObject + count);
  } else {
    head.byte(tag.object);
    head.byte(count);
  }
  if (count > 0) head.byte(keyBytes);
  for (const key of keysTo(node)) {
    const bytes = Buffer.from(key);
    head.byte(bytes.length);
    head.raw(bytes);
  }
  return head.take();
}

function keysTo(node: KeyNode): string[] {
  const keys: string[] = [];
  for (let at = node; at.parent !== undefined; at = at.parent) keys.push(at.key);
  return keys.reverse();
}
