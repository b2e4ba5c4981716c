/**
 * A node in a process of its own that says what it costs. Its parent sends it
 * `{ spec, id, options }`, and then as often as it likes
 * `"figures"`, answered by what it has used and told;
 * `{ leave }`, whereupon it opens files until so many descriptors are left, and with none left goes
 * on to open them;
 * `"release"`, whereupon it closes them again; and `"stop"`.
 * Its mailbox `echo` answers each `{ reply, n }`.
 */
import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";
import { createFromSpec } from "reign";

const taken = [];
const counts = { events: 0, lines: 0, mostSockets: 0 };
let service;
let taking;

const sockets = () => process.getActiveResourcesInfo().filter((kind) => kind === "TCPSocketWrap");

function figures() {
  const { user, system } = process.cpuUsage();
  return { ...counts, cpuMs: (user + system) / 1_000, rss: residentBytes() };
}

function residentBytes() {
  try {
    return process.memoryUsage.rss();
  } catch {
    // It takes a descriptor, too.
    return 0;
  }
}

function takeAllBut(left) {
  try {
    for (;;) taken.push(openSync(devNull, "r"));
  } catch (error) {
    if (error.code !== "EMFILE") throw error;
  }
  for (let i = 0; i < left; i++) closeSync(taken.pop());
}

/** Takes the last one, too, and what is given back of those that were in use. */
function takeAll(rounds, done) {
  takeAllBut(0);
  if (rounds === 0) done();
  taking = setTimeout(() => takeAll(rounds - 1, done), 5);
}

async function start({ spec, id, options }) {
  const line = () => void counts.lines++;
  const logger = { error: line, warn: line, info: line, debug: line, trace: line };
  const telemetry = { emit: () => void counts.events++ };
  service = await createFromSpec(spec, id, { logger, telemetry, ...options });
  await service.start();
  const { address, mailbox } = service.newMailbox();
  service.names.register("echo", address);
  setInterval(() => {
    counts.mostSockets = Math.max(counts.mostSockets, sockets().length);
  }, 5).unref();
  process.send("started");
  for await (const { reply, n } of mailbox) reply?.send({ n });
}

async function onMessage(message) {
  if (message === "figures") {
    process.send(figures());
  } else if (message === "release") {
    clearTimeout(taking);
    for (const descriptor of taken.splice(0)) closeSync(descriptor);
    process.send("released");
  } else if (message === "stop") {
    await service.terminate();
    process.disconnect();
  } else if ("leave" in message) {
    if (message.leave === 0) return takeAll(20, () => process.send("taken"));
    takeAllBut(message.leave);
    process.send("taken");
  } else {
    await start(message);
  }
}

process.on("message", (message) => void onMessage(message));
process.on("disconnect", () => void service?.terminate());
