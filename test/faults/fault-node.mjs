/**
 * A node in a process of its own, `fault-node.mjs SPEC ID OPTIONS`, which does what its parent
 * asks and tells what it sees, each thing with the moment on the machine's monotonic clock.
 *
 * It registers `inbox_<ID>`. Every message to an inbox says for which mailbox it was meant and has
 * a number that grows from one to the next of its sender, so that the receiver knows a message for
 * another incarnation, one that comes twice and one that comes too late when it sees it.
 */
import { connect, createServer } from "node:net";
import { createFromSpecFile, nullLogger } from "reign";

const [, , path, id, options] = process.argv;
const now = () => Number(process.hrtime.bigint()) / 1e6;

function tell(event, fields = {}) {
  if (process.connected) process.send({ event, at: now(), ...fields });
}

const service = await createFromSpecFile(path, id, {
  ...JSON.parse(options),
  logger: nullLogger,
  telemetry: {
    emit: ({ type, peer, reason, lasting }) => tell("log", { type, peer, reason, lasting }),
  },
  random: {
    // Drawn before each wait for the next dial.
    fraction() {
      tell("retry");
      return Math.random();
    },
    epoch: () => Buffer.from(crypto.getRandomValues(new Uint8Array(8))).toString("hex"),
  },
});

const inbox = service.newMailbox();
const watcher = service.newMailbox();
const received = { count: 0, foreign: 0, disorder: 0 };
const lastOf = new Map();
/** How many notices came for each address that was watched, and with which reasons. */
const notices = new Map();
const reasons = {};
const senders = new Set();
let pinnedAddress;

service.addConnectionStatusCallback((peer, up) => {
  const [named] = service.names.seenNames(`inbox_${peer}`);
  takeNotices();
  tell("link", { peer, up, named, notices: notices.size });
});

async function listenToInbox() {
  for await (const message of inbox.mailbox) {
    if ("mailboxes" in message) {
      const made = Array.from({ length: message.mailboxes }, () => service.newMailbox().address);
      message.reply.send(made);
      continue;
    }
    const { to, from, n } = message;
    received.count += 1;
    if (to !== inbox.address.id) received.foreign += 1;
    if (n <= (lastOf.get(from) ?? 0)) received.disorder += 1;
    lastOf.set(from, n);
    tell("message", { from, n });
  }
}

/** Takes the notices that are there now, and waits for none. */
function takeNotices() {
  for (;;) {
    const notice = watcher.mailbox.tryReceive();
    if (notice === undefined) return;
    notices.set(notice.id, (notices.get(notice.id) ?? 0) + 1);
    reasons[notice.reason] = (reasons[notice.reason] ?? 0) + 1;
  }
}

/** Unlike `lookup`, this draws no lots, which would be told as a retry. */
function inboxOf(peer) {
  return service.names.lookupAll(`inbox_${peer}`)[0];
}

/** Sends to whoever has the name; or, pinned, to the address that has it now, dead or not. */
async function keepSending({ peer, every, pinned }) {
  let n = 0;
  // A name comes a little after its node.
  if (pinned) pinnedAddress = await service.names.wait(`inbox_${peer}`);
  const fixed = pinned ? pinnedAddress : undefined;
  const timer = setInterval(() => {
    const address = fixed ?? inboxOf(peer);
    n += 1;
    const sent = address?.send({ to: address.id, from: inbox.address.id, n });
    if (sent === false && pinned) tell("refused", { id: address.id });
  }, every);
  senders.add(timer);
}

/** Blocks the event loop, as a computation would, from within one of its phases. */
function block({ ms, position }) {
  const standStill = () => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
    tell("unblocked");
  };
  const phases = {
    timer: () => setTimeout(standStill, 1),
    microtask: () => setTimeout(() => void Promise.resolve().then(standStill), 1),
    immediate: () => setImmediate(standStill),
    io() {
      const server = createServer((socket) => socket.on("data", standStill));
      server.listen(0, "127.0.0.1", () => {
        const socket = connect(server.address().port, "127.0.0.1", () => socket.end("x"));
        socket.on("close", () => server.close()).resume();
      });
    },
  };
  phases[position]();
}

/** Puts a clock of this process on by so much, from one moment to the next. */
function shiftClock({ clock, ms }) {
  if (clock === "monotonic") {
    const before = performance.now.bind(performance);
    performance.now = () => before() + ms;
    return;
  }
  const Before = Date;
  globalThis.Date = class extends Before {
    constructor(...given) {
      super(...(given.length === 0 ? [Before.now() + ms] : given));
    }
    static now() {
      return Before.now() + ms;
    }
  };
}

const operations = {
  async watch({ peer, count }) {
    const { address, mailbox } = service.newMailbox();
    const target = await service.names.wait(`inbox_${peer}`);
    target.send({ mailboxes: count, reply: address });
    const addresses = await mailbox.receive();
    for (const each of addresses) each.onCloseNotify(watcher.address);
    // Answered when the peer has taken what came before it: from then on it owes the notices.
    await service.names.sync();
  },
  send: keepSending,
  quiet() {
    for (const timer of senders) clearInterval(timer);
  },
  async watchPinned() {
    const { address, mailbox } = service.newMailbox();
    pinnedAddress.onCloseNotify(address);
    return (await mailbox.receive()).reason;
  },
  block,
  shiftClock,
  live: ({ ms }) => new Promise((resolve) => setTimeout(resolve, ms)),
  state() {
    takeNotices();
    const nodes = [...service.cluster.nodes.keys()];
    return {
      received,
      reasons,
      noticed: notices.size,
      inboxes: nodes.map((node) => inboxOf(node)?.id),
      lost: service.stats().lost,
    };
  },
};

async function obey({ call, operation, args }) {
  let answer;
  try {
    answer = { value: await operations[operation](args) };
  } catch (error) {
    answer = { error: String(error) };
  }
  if (process.connected) process.send({ answer: call, ...answer });
}

process.on("message", (order) => void obey(order));
// Left by its parent, it is of no use.
process.on("disconnect", () => process.exit());

service.names.register(`inbox_${id}`, inbox.address);
void listenToInbox().catch(() => {});
await service.start();
tell("ready", { id: inbox.address.id });
