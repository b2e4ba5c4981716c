/** The ways to end a socket, whatever state it is in. */
import type { Socket } from "node:net";

/**
 * Sends a reset, and drops what the system has not sent. Waits for a socket that is still
 * connecting.
 */
export function resetSocket(socket: Socket): void {
  if (socket.destroyed) return;
  // Node.js cannot reset a socket whose fin is just being sent, and would leave it open.
  if (socket.writableEnded && !socket.writableFinished) socket.destroy();
  else socket.resetAndDestroy();
}

/**
 * Calls `reset` when a receiver of this process has had the chance to read what was written.
 *
 * Node.js shows a reset that it finds together with unread bytes as a plain end. So the loop has to
 * come past its sockets once more: the first turn ends before it does.
 */
export function afterReading(reset: () => void): void {
  setImmediate(() => setImmediate(reset));
}

/** Ends a socket at once, with a reset if it is connected. */
export function dropSocket(socket: Socket): void {
  if (socket.connecting) socket.destroy();
  else resetSocket(socket);
}

/** Sends a fin behind what was written. `done` is called when the system has it. */
export function endSocket(socket: Socket, done: () => void): void {
  if (socket.writableFinished) done();
  else socket.end(done);
}
