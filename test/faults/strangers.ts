/** What knocks at a node and is not one of its cluster, in all the ways there are. */
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import type { IssuedCertificate } from "../../src/carriers/tls/certificate-authority.ts";
import { listenOn, openTcp, openTls } from "../carriers/raw-tls.ts";
import { createTestCluster, moveTo } from "../carriers/tls-cluster.ts";

/** What strangers have to show. */
export interface Luggage {
  readonly port: number;
  /** The TLS hello that a node begins with. */
  readonly hello: Buffer;
  /** Of a node of the cluster. */
  readonly stolen: IssuedCertificate;
  /** Of a node of the same name in another cluster. */
  readonly foreign: IssuedCertificate;
}

type Knock = (luggage: Luggage) => Socket;

const http = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
/** Of a hello of 255 bytes the first. */
const frame = '\0\0\0\xff\x01{"protocol":1,"cluster":"test"';

/** Each with what it does, as "who …" of a sentence. */
export const strangers: readonly (readonly [name: string, knock: Knock])[] = [
  ["says nothing", ({ port }) => openTcp(port)],
  ["sends its hello byte by byte", trickle],
  ["sends half a hello", ({ port, hello }) => openTcp(port, latin1(half(hello)))],
  ["sends a hello and no more", ({ port, hello }) => openTcp(port, latin1(hello))],
  [
    "sends garbage after its hello",
    ({ port, hello }) => openTcp(port, `${latin1(hello)}${"\x80\xff".repeat(500)}`),
  ],
  ["speaks HTTP", ({ port }) => openTcp(port, http)],
  ["speaks as nodes do, without TLS", ({ port }) => openTcp(port, frame)],
  ["shows no certificate", ({ port }) => openTls(port, {})],
  ["shows a certificate of another cluster", ({ port, foreign }) => inTls(port, foreign)],
  ["shows a certificate and says nothing", ({ port, stolen }) => inTls(port, stolen)],
  ["shows a certificate and stops in a hello", ({ port, stolen }) => inTls(port, stolen, frame)],
  ["shows a certificate and sends a hello byte by byte", trickleInTls],
  ["shows a certificate and speaks HTTP", ({ port, stolen }) => inTls(port, stolen, http)],
  ["resets the connection at once", ({ port }) => resetting(openTcp(port), "connect")],
  [
    "resets the connection within its hello",
    ({ port, hello }) => resetting(openTcp(port, latin1(half(hello))), "connect"),
  ],
  [
    "resets the connection when its hello is answered",
    ({ port, hello }) => resetting(openTcp(port, latin1(hello)), "data"),
  ],
  [
    "resets the connection when it has shown its certificate",
    ({ port, stolen: { certPem: cert, keyPem: key } }) => {
      const socket = openTcp(port);
      const tls = openTls(port, { socket, cert, key });
      return tls.once("secureConnect", () => socket.resetAndDestroy());
    },
  ],
];

function trickle({ port, hello }: Luggage): Socket {
  return trickling(openTcp(port), hello);
}

function trickleInTls({ port, stolen }: Luggage): Socket {
  const socket = inTls(port, stolen);
  return socket.on("secureConnect", () => trickling(socket, Buffer.from(frame, "latin1")));
}

function trickling(socket: Socket, bytes: Buffer): Socket {
  let sent = 0;
  const timer = setInterval(() => socket.write(bytes.subarray(sent, ++sent)), 20);
  return socket.on("close", () => clearInterval(timer));
}

function inTls(port: number, { certPem: cert, keyPem: key }: IssuedCertificate, text = ""): Socket {
  const socket = openTls(port, { cert, key });
  return socket.on("secureConnect", () => socket.write(text, "latin1"));
}

function resetting(socket: Socket, when: "connect" | "data"): Socket {
  return socket.once(when, () => setImmediate(() => socket.resetAndDestroy()));
}

const half = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.length / 2);
const latin1 = (bytes: Buffer): string => bytes.toString("latin1");

/** The first bytes that a node of ours says when it dials. */
export async function recordHello(): Promise<Buffer> {
  const cluster = await createTestCluster(["1", "2"]);
  const server = createServer();
  const { port, close } = await listenOn(server);
  moveTo(cluster.endpoints, "2", port);
  const dial = (await cluster.node("1")).dial("2").catch(() => undefined);
  const [socket]: Socket[] = await once(server, "connection");
  const [hello]: Buffer[] = socket === undefined ? [] : await once(socket, "data");
  await close();
  await dial;
  await cluster.close();
  if (hello === undefined) throw new Error("Expected a hello.");
  return hello;
}
