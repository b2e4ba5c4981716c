/**
 * Hosts with a router between them, as network namespaces of this machine, whose paths can be made
 * to swallow packets without a word to anybody.
 *
 * Each host is a namespace with one address, 10.1.N.2, and the router a namespace that all of them
 * are connected with. A rule of the router drops what goes from one host to another; the hosts see
 * nothing of it, as with a cable that is cut far away. (A route that drops on the host itself would
 * be an error of `send`, not a silence.) Nothing is made outside the namespaces, and they go with
 * the network.
 */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface Host {
  readonly namespace: string;
  readonly ip: string;
  /** Where a node on it listens. */
  readonly address: string;
}

/** One TCP connection, by the ports of its two ends. */
export interface Connection {
  readonly fromPort?: number;
  readonly toPort?: number;
}

export interface Network extends AsyncDisposable {
  readonly hosts: readonly Host[];
  /** From now on packets from one host to another vanish; of one connection, if one is named. */
  drop(from: Host, to: Host, connection?: Connection): Promise<void>;
  /** As `drop`, but the sender is told that it may not go there. */
  prohibit(from: Host, to: Host): Promise<void>;
  /** Undoes every `drop` and `prohibit`. */
  heal(): Promise<void>;
  /** The TCP connections of a host that are up. */
  connections(host: Host): Promise<Required<Connection>[]>;
  /** Forgets all TCP connections of a host, as a machine that lost its power. */
  forget(host: Host): Promise<void>;
}

export async function createNetwork(size: number): Promise<Network> {
  const prefix = `reign-${process.pid}-${randomBytes(3).toString("hex")}`;
  const router = `${prefix}-router`;
  const hosts = Array.from({ length: size }, (_, i) => ({
    namespace: `${prefix}-${i + 1}`,
    ip: `10.1.${i + 1}.2`,
    address: `10.1.${i + 1}.2:4000`,
  }));
  const made: string[] = [];
  let rules = 0;

  async function remove(): Promise<void> {
    for (const namespace of made) await run("ip", ["netns", "del", namespace]);
  }

  async function rule(...words: readonly string[]): Promise<void> {
    rules += 1;
    await run("ip", ["-n", router, "rule", "add", "pref", `${rules}`, ...words]);
  }

  try {
    for (const namespace of [router, ...hosts.map((host) => host.namespace)]) {
      await run("ip", ["netns", "add", namespace]);
      made.push(namespace);
    }
    // Refusals come each time, and not one a second.
    const settings = ["ip_forward=1", "icmp_ratelimit=0"].map((setting) => {
      const [name, value] = setting.split("=");
      return `echo ${value} > /proc/sys/net/ipv4/${name}`;
    });
    await run("ip", ["netns", "exec", router, "sh", "-c", settings.join(" && ")]);
    for (const [i, host] of hosts.entries()) await connect(router, host, i + 1);
  } catch (error) {
    await remove();
    throw error;
  }

  return {
    hosts,
    drop: (from, to, { fromPort, toPort } = {}) =>
      rule(
        ...["from", from.ip, "to", to.ip],
        ...(fromPort === undefined ? [] : ["ipproto", "tcp", "sport", `${fromPort}`]),
        ...(toPort === undefined ? [] : ["ipproto", "tcp", "dport", `${toPort}`]),
        "blackhole",
      ),
    prohibit: (from, to) => rule("from", from.ip, "to", to.ip, "prohibit"),
    async heal() {
      for (; rules > 0; rules -= 1) {
        await run("ip", ["-n", router, "rule", "del", "pref", `${rules}`]);
      }
    },
    async connections({ namespace }) {
      const list = "-H -t -n state established".split(" ");
      const { stdout } = await run("ip", ["netns", "exec", namespace, "ss", ...list]);
      return stdout
        .trim()
        .split("\n")
        .map((line) => [...line.matchAll(/:(\d+)/g)].map(([, port]) => Number(port)))
        .map(([fromPort = 0, toPort = 0]) => ({ fromPort, toPort }));
    },
    async forget({ namespace }) {
      // Resets that this sends are dropped if the path is.
      await run("ip", ["netns", "exec", namespace, "ss", "-K", "state", "connected"]);
    },
    [Symbol.asyncDispose]: remove,
  };
}

/** A cable between the router and a host: two ends of one pair, each in a namespace. */
async function connect(router: string, { namespace, ip }: Host, place: number): Promise<void> {
  const here = `10.1.${place}.1`;
  const inRouter = (words: string) => run("ip", ["-n", router, ...words.split(" ")]);
  const inHost = (words: string) => run("ip", ["-n", namespace, ...words.split(" ")]);
  await inRouter(`link add to${place} type veth peer name wire netns ${namespace}`);
  await inRouter(`addr add ${here}/24 dev to${place}`);
  await inRouter(`link set to${place} up`);
  await inHost("link set lo up");
  await inHost(`addr add ${ip}/24 dev wire`);
  await inHost("link set wire up");
  await inHost(`route add default via ${here}`);
}
