/** Node 2 of a cluster over TLS, with a good certificate, speaking frames by hand. */
import { once } from "node:events";
import type { TLSSocket } from "node:tls";
import { frameType } from "../../src/core/frame.ts";
import { FrameReader } from "../../src/core/frame-reader.ts";
import { decodeWelcome } from "../../src/core/hello.ts";
import { handshakeFrame } from "../core/hand-frame.ts";
import { openTls } from "./raw-tls.ts";
import type { TlsServices } from "./tls-services.ts";

export const handNode = { nodeId: "2", epoch: "00000000000000aa" };

export interface HandPeer {
  readonly socket: TLSSocket;
  readonly closed: Promise<unknown>;
  /** Settles when a frame of that type has come. */
  frame(type: number): Promise<Uint8Array>;
}

/** Dials node 1, shakes hands, and is up as far as it can tell. */
export async function joinByHand(
  cluster: TlsServices,
  certificate: { readonly certPem: string; readonly keyPem: string },
): Promise<HandPeer> {
  const peer = dial(cluster.ports.get("1") ?? 0, certificate);
  await once(peer.socket, "secureConnect");
  const welcomed = peer.frame(frameType.welcome);
  const { nodeId: from, epoch } = handNode;
  const hello = { versions: [1, 1], cluster: "test", from, epoch, to: "1" } as const;
  const offer = { codecs: ["term-3"], capabilities: [], maxMessageBytes: 2 ** 24 };
  peer.socket.write(handshakeFrame(frameType.hello, { ...hello, ...offer }));
  const { epoch: answers } = decodeWelcome(await welcomed);
  peer.socket.write(handshakeFrame(frameType.confirm, { answers }));
  return peer;
}

function dial(
  port: number,
  { certPem, keyPem }: { readonly certPem: string; readonly keyPem: string },
): HandPeer {
  const socket = openTls(port, { cert: certPem, key: keyPem });
  const waiting = new Map<number, (body: Uint8Array) => void>();
  const reader = new FrameReader(2 ** 24);
  socket.on("data", (bytes: Buffer) =>
    reader.push(bytes, {
      onFrame(type, source, start, end) {
        waiting.get(type)?.(source.slice(start, end));
        return true;
      },
    }),
  );
  const frame = (type: number) =>
    new Promise<Uint8Array>((resolve) => void waiting.set(type, resolve));
  return { socket, closed: once(socket, "close"), frame };
}
