/**
 * Receives the one message that is needed now, and leaves the others in order.
 *
 * A shop has orders waiting and asks its stock in between. Taking just the next message after the
 * question would take an order for the answer; waiting with an empty hand, as on a channel, would
 * block whoever has an order to hand in.
 *
 * Erlang: a `receive` with a pattern.
 */
import { type Address, noClustering } from "reign";

interface Order {
  readonly type: "order";
  readonly item: string;
}
interface Stock {
  readonly type: "stock";
  readonly item: string;
  readonly count: number;
}
interface HowMany {
  readonly item: string;
  readonly replyTo: Address<Stock>;
}

export async function main(print: (line: string) => void = console.log): Promise<void> {
  const service = noClustering();
  const shop = service.newMailbox<Order | Stock>();
  const stock = service.newMailbox<HowMany>();
  const answering = answerQuestions();

  for (const item of ["tea", "milk", "bread"]) shop.address.send({ type: "order", item });

  while (shop.mailbox.messageCount > 0) {
    const { item } = await shop.mailbox.receive({ type: "order" });
    stock.address.send({ item, replyTo: shop.address });
    // Two more orders may lie in front of the answer. The pattern narrows the type, too.
    const { count } = await shop.mailbox.receive({ type: "stock", item });
    print(`${item}: ${count > 0 ? "on its way" : "sold out"}`);
  }

  stock.mailbox.close();
  await answering;
  await service.terminate();

  async function answerQuestions(): Promise<void> {
    for await (const { item, replyTo } of stock.mailbox) {
      replyTo.send({ type: "stock", item, count: item === "milk" ? 0 : 3 });
    }
  }
}

// By itself: `node examples/selective-receive.ts`, from Node 22.18 on.
if (process.argv[1] === import.meta.filename) await main();
