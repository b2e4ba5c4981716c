/**
 * A mutual TLS 1.3 connection with frames on it and nothing else: `length: u32 | body`.
 *
 * The same certificates, suite and `noDelay` as reign; no handshake of a cluster, no limits, no
 * heartbeats.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connect, createServer, type TLSSocket } from "node:tls";
import type { Setting } from "./case.ts";
import { type Item, readUint32, writeItem, writeUint32 } from "./item.ts";

/** Waits, as node 2, for one connection. */
export function acceptRaw(setting: Setting, onSocket: (socket: TLSSocket) => void): Promise<void> {
  const server = createServer(tlsOptions(setting, 2), (socket) => {
    onSocket(socket.setNoDelay(true));
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject).listen(setting.ports[1], "127.0.0.1", resolve);
  });
}

/** Connects, as node 1. */
export function connectRaw(setting: Setting): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      ...tlsOptions(setting, 1),
      host: "127.0.0.1",
      port: setting.ports[1],
      // The chain is checked. These certificates name a node of a cluster, not a host.
      checkServerIdentity: () => undefined,
    });
    socket.once("error", reject).once("secureConnect", () => resolve(socket.setNoDelay(true)));
  });
}

function tlsOptions({ folder }: Setting, node: number) {
  return {
    key: readFileSync(join(folder, `reign_node.${node}.key`)),
    cert: readFileSync(join(folder, `reign_node.${node}.crt`)),
    ca: readFileSync(join(folder, "reign_ca.crt")),
    minVersion: "TLSv1.3" as const,
    maxVersion: "TLSv1.3" as const,
    ciphers: "TLS_AES_256_GCM_SHA384",
    requestCert: true,
    rejectUnauthorized: true,
  };
}

export function drained(socket: TLSSocket): Promise<void> {
  return new Promise((resolve) => {
    socket.once("drain", resolve);
  });
}

/** Gives what waits for the next bytes on the socket. */
export function nextFrom(socket: TLSSocket): () => Promise<void> {
  let heard = () => {};
  socket.on("data", () => heard());
  return () =>
    new Promise((resolve) => {
      heard = resolve;
    });
}

const frameHead = 4;

/** Writes `item` as a frame at `place`, and gives the place behind it. */
export function writeFrame(item: Item, bytes: Uint8Array, place: number): number {
  const end = writeItem(item, bytes, place + frameHead);
  writeUint32(end - place - frameHead, bytes, place);
  return end;
}

/** Calls `onFrame` for each frame on the socket: its body begins at `start`. */
export function readFrames(
  socket: TLSSocket,
  onFrame: (bytes: Buffer, start: number) => void,
): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    while (bytes.length - at >= frameHead) {
      const end = at + frameHead + readUint32(bytes, at);
      if (end > bytes.length) break;
      onFrame(bytes, at + frameHead);
      at = end;
    }
    rest = bytes.subarray(at);
  });
}
