/** A peer that speaks frames by hand, for tests of what a node does with a bad one. */
import { ByteWriter } from "../../src/core/byte-writer.ts";
import { BodyReader, frameType } from "../../src/core/frame.ts";
import { FrameReader } from "../../src/core/frame-reader.ts";
import { decodeWelcome, encodeHandshake, type Hello } from "../../src/core/hello.ts";
import type { Link } from "../../src/ports/carrier.ts";
import { handFrame } from "../core/hand-frame.ts";
import { present, type TestCluster } from "./cluster.ts";

export interface RawPeer {
  readonly link: Link;
  /** The frames that came, as types and bodies. */
  readonly frames: { readonly type: number; readonly body: Uint8Array }[];
  /** Why the link went down. */
  readonly down: string[];
  send(type: number, ...body: (number | string | Uint8Array)[]): void;
  hello(overrides?: Partial<Hello>): void;
}

export const rawEpoch = "00000000000000aa";

/** Node 2 reaches node 1, and says nothing yet. */
export async function dialRaw(cluster: TestCluster, nodeId = "2"): Promise<RawPeer> {
  const dialled = cluster.network.carrier(nodeId).dial("1", { signal: AbortSignal.timeout(9_000) });
  await cluster.clock.settle();
  const link = await dialled;
  const frames: RawPeer["frames"] = [];
  const down: string[] = [];
  const reader = new FrameReader(2 ** 24);
  link.subscribe({
    onBytes: (bytes) =>
      reader.push(bytes, {
        onFrame(type, source, start, end) {
          frames.push({ type, body: source.slice(start, end) });
          return true;
        },
      }),
    onDrain() {},
    onDown: ({ reason }) => void down.push(reason),
  });
  const send: RawPeer["send"] = (type, ...body) => {
    const out = new ByteWriter();
    for (const part of body) {
      if (typeof part === "number") out.varint(part);
      else if (typeof part === "string") {
        const text = new TextEncoder().encode(part);
        out.varint(text.length);
        out.raw(text);
      } else out.raw(part);
    }
    link.write(handFrame(type, out.take()));
  };
  const hello: RawPeer["hello"] = (overrides = {}) => {
    const body: Hello = {
      versions: [1, 1],
      cluster: "test",
      from: nodeId,
      epoch: rawEpoch,
      to: "1",
      codecs: ["term-3"],
      capabilities: [],
      maxMessageBytes: 2 ** 24,
      ...overrides,
    };
    send(frameType.hello, encodeHandshake(body));
  };
  return { link, frames, down, send, hello };
}

/** Node 2, with a link to node 1 that is up. */
export async function joinRaw(cluster: TestCluster, nodeId = "2"): Promise<RawPeer> {
  const peer = await dialRaw(cluster, nodeId);
  peer.hello();
  await cluster.clock.settle();
  const welcome = decodeWelcome(present(peer.frames.shift()).body);
  peer.send(frameType.confirm, encodeHandshake({ answers: welcome.epoch }));
  await cluster.clock.settle();
  return peer;
}

/** The first number of a frame's body. */
export function numberIn(body: Uint8Array): number {
  return new BodyReader(body, 0, body.length).varint();
}
