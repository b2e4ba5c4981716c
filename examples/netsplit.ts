/**
 * Parts a cluster of three nodes and joins it again, in a few milliseconds.
 *
 * What is lost to the other side is told with `noconnection`, which is "unknown": here the mailbox
 * lives, and is found under its name when the network is whole again.
 */
import { MailboxClosed } from "reign";
import { simulate } from "reign/testing";

export async function main(print: (line: string) => void = console.log): Promise<void> {
  await simulate({ nodes: 3 }, async (cluster) => {
    const [here, there] = [cluster.node(1).service, cluster.node(3).service];
    there.names.register("queue", there.newMailbox().address);
    const me = here.newMailbox<MailboxClosed>();
    const address = await here.names.wait<string>("queue");
    address.onCloseNotify(me.address);

    cluster.partition([1, 2], [3]);
    const { reason } = await me.mailbox.receive(MailboxClosed);
    print(`${reason}: ${address.send("anybody?")}`);

    cluster.heal();
    await here.names.wait("queue");
    print(`the same mailbox again: ${address.send("hello again")}`);
  });
}

// By itself: `node examples/netsplit.ts`, from Node 22.18 on.
if (process.argv[1] === import.meta.filename) await main();
