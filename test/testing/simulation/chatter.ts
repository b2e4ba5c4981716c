/** A program that uses what a node has: names, messages, notices, time and chance. */
import { MailboxClosed } from "../../../src/core/close-notice.ts";
import type { SimulatedNode } from "../../../src/testing/simulation/simulated-node.ts";

/** Each node claims a name, and writes to whoever has another, which answers. */
export function chatter(nodeIds: readonly string[]): (node: SimulatedNode) => Promise<void> {
  return async (node) => {
    const { address, mailbox } = node.service.newMailbox();
    node.service.names.register(`node ${node.id}`, address);
    node.clock.after(100, function write() {
      const peer = nodeIds[Math.floor(node.random.fraction() * nodeIds.length)];
      const to = node.service.names.lookup(`node ${peer}`);
      to?.send(["x".repeat(node.random.fraction() * 100), `node ${node.id}`]);
      to?.onCloseNotify(address);
      node.clock.after(200 + node.random.fraction() * 400, write);
    });
    for await (const said of mailbox) {
      if (said instanceof MailboxClosed) node.note(`closed: ${said.reason}`);
      else if (Array.isArray(said)) node.service.names.lookup(said[1])?.send(said[0].length);
    }
  };
}
