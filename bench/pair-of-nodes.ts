/** Two reign nodes in two processes: node 2 waits to be found by name, node 1 looks for it. */
import {
  type Address,
  type ConnectionService,
  createFromSpec,
  type Mailbox,
  type MultipleClaim,
  nullLogger,
} from "reign";
import type { Setting } from "./case.ts";

const name = "bench";
const patienceMs = 20_000;

/** Node 2: with the mailbox that node 1 will find. */
export async function startNamedNode<M>(setting: Setting): Promise<NamedNode<M>> {
  const service = await startNode(setting, 2);
  const { address, mailbox } = service.newMailbox<M | MultipleClaim>();
  service.names.register(name, address);
  return { service, mailbox };
}

export interface NamedNode<in out M> {
  readonly service: ConnectionService;
  readonly mailbox: Mailbox<M | MultipleClaim>;
}

/** Node 1: where to send to, and a mailbox for what comes back. */
export async function startSeekingNode<M, Answer>(
  setting: Setting,
): Promise<SeekingNode<M, Answer>> {
  const service = await startNode(setting, 1);
  const seek = () => service.names.wait<M>(name, { timeout: patienceMs });
  return { service, target: await seek(), seek, ...service.newMailbox<Answer>() };
}

export interface SeekingNode<in M, in out Answer> {
  readonly service: ConnectionService;
  readonly target: Address<M>;
  /** Where to send to once node 2 has been started anew. */
  seek(): Promise<Address<M>>;
  readonly address: Address<Answer>;
  readonly mailbox: Mailbox<Answer>;
}

async function startNode(setting: Setting, node: 1 | 2): Promise<ConnectionService> {
  const { folder, ports } = setting;
  const spec = {
    cluster: "bench",
    nodes: ports.map((port, i) => ({ id: i + 1, address: `127.0.0.1:${port}` })),
    node_key_path: "reign_node.%d.key",
    node_cert_path: "reign_node.%d.crt",
    cluster_cert_path: "reign_ca.crt",
  };
  const service = await createFromSpec(spec, node, { baseFolder: folder, logger: nullLogger });
  await service.start();
  return service;
}
