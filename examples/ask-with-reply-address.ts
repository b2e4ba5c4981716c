/**
 * Sends an address inside a message, to be answered at.
 *
 * An address is plain data to whoever gets it: it may stand anywhere in a message, be kept,
 * compared with `===`, or passed on to a third. It works from every node of the cluster, and so
 * does this program when its two halves run on two of them.
 *
 * Erlang: `Server ! {self(), Question}`.
 */
import { type Address, noClustering } from "reign";

interface Deposit {
  readonly type: "deposit";
  readonly amount: number;
}
interface Balance {
  readonly type: "balance";
  /** Whoever asks says where to: the account knows nobody. */
  readonly replyTo: Address<number>;
}

export async function main(print: (line: string) => void = console.log): Promise<void> {
  const service = noClustering();
  const account = service.newMailbox<Deposit | Balance>();
  const done = keepAccount();

  account.address.send({ type: "deposit", amount: 70 });
  account.address.send({ type: "deposit", amount: 30 });
  // Received after both deposits: messages from one sender to one mailbox keep their order.
  const own = service.newMailbox<number>();
  account.address.send({ type: "balance", replyTo: own.address });
  print(`The balance is ${await own.mailbox.receive()}.`);

  account.mailbox.close();
  await done;
  await service.terminate();

  async function keepAccount(): Promise<void> {
    let balance = 0;
    for await (const message of account.mailbox) {
      if (message.type === "deposit") balance += message.amount;
      else message.replyTo.send(balance);
    }
  }
}

// By itself: `node examples/ask-with-reply-address.ts`, from Node 22.18 on.
if (process.argv[1] === import.meta.filename) await main();
