/**
 * A program of somebody who uses the package: `install.test.ts` compiles and runs it in a folder
 * where the package is installed, under each TypeScript and each way of finding modules.
 *
 * What must not compile for a user is in here as well, where the types are all that can tell.
 */
import {
  type Address,
  type ConnectionService,
  isAddress,
  type Mailbox,
  MailboxClosed,
  MultipleClaim,
  type NewMailbox,
  type NodeId,
  noClustering,
  nodeIdOf,
  nullLogger,
  ReignError,
  receiveAny,
} from "reign";
import { createMemoryNetwork, createVirtualClock, simulate } from "reign/testing";
import { createProxy } from "reign/testing/proxy";
import { createCertificateAuthority } from "reign/tls";

interface Order {
  readonly type: "order";
  readonly item: string;
  readonly from: Address<Reply>;
}
interface Reply {
  readonly type: "reply";
  readonly total: number;
}
type Incoming = Order | Reply | MailboxClosed | MultipleClaim;

function isOrder(message: Incoming): message is Order {
  return "type" in message && message.type === "order";
}

class Shop {
  readonly #own: NewMailbox<Incoming>;

  constructor(service: ConnectionService) {
    this.#own = service.newMailbox<Incoming>({ maxMessages: 100, overflow: "drop_oldest" });
    service.names.register("shop", this.#own.address);
  }

  get mailbox(): Mailbox<Incoming> {
    return this.#own.mailbox;
  }

  async serve(prices: ReadonlyMap<string, number>): Promise<string> {
    const { item, from }: Order = await this.mailbox.receive(isOrder);
    from.send({ type: "reply", total: prices.get(item) ?? 0 });
    return item;
  }
}

async function buy(service: ConnectionService, item: string): Promise<number> {
  using mailbox = service.newMailbox<Reply>().mailbox;
  const shop: Address<Incoming> | undefined = service.names.lookup<Incoming>("shop");
  shop?.send({ type: "order", item, from: mailbox.address });
  // @ts-expect-error A shop takes no numbers.
  if (item === "") shop?.send(1);
  const reply: Reply | undefined = await mailbox.receive({ timeout: 10_000 });
  return reply?.total ?? Number.NaN;
}

/** The matchers narrow: a class, a literal, a predicate; and a wait with a limit may be in vain. */
async function watch(service: ConnectionService, shop: Shop): Promise<string> {
  const { address, mailbox } = service.newMailbox<Incoming>();
  shop.mailbox.address.onCloseNotify(address);
  const late: Reply | undefined = mailbox.tryReceive({ type: "reply", total: 3 });
  shop.mailbox.close();
  const notice: MailboxClosed = await mailbox.receive(MailboxClosed);
  const nodeId: NodeId = nodeIdOf(notice.id);
  address.send({ type: "reply", total: 1 });
  const first = await receiveAny([mailbox]);
  const message: Incoming = first.message;
  mailbox.close();
  const isNotice = message instanceof MailboxClosed || message instanceof MultipleClaim;
  return `${notice.reason} ${nodeId} ${isNotice} ${late?.total}`;
}

/** Which code it was says which details there are. */
function illegalInput(service: ConnectionService, text: string): string {
  try {
    return service.address(text).id;
  } catch (error) {
    if (!ReignError.is(error, "REIGN_ILLEGAL_ADDRESS_FORMAT")) throw error;
    return `not an address: ${error.details.input}`;
  }
}

async function main(): Promise<void> {
  await using service = noClustering({ logger: nullLogger });
  const shop = new Shop(service);
  const [item, total] = await Promise.all([shop.serve(new Map([["tea", 4]])), buy(service, "tea")]);
  console.log(`${item} ${total}`);
  console.log(await watch(service, shop));
  console.log(illegalInput(service, "seven"), isAddress(shop.mailbox.address));
  const tools = [createCertificateAuthority, createMemoryNetwork, createVirtualClock];
  console.log([...tools, createProxy, simulate].every((tool) => typeof tool === "function"));
}

void main();
