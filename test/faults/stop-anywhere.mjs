/**
 * Two nodes that begin to connect over real TLS, and are stopped after so many turns of the event
 * loop and so many promises: `stop-anywhere.mjs SPEC-1 SPEC-2 ROUNDS`. Says in one line of JSON how
 * many turns connecting took, how long each stop took and what was left open after both; then it
 * ends by itself.
 */
import { createFromSpecFile, nullLogger } from "reign";

const [, , pathOfOne, pathOfTwo, rounds] = process.argv;
const settings = { logger: nullLogger, maxReconnectDelay: 50 };

async function startBoth() {
  const one = await createFromSpecFile(pathOfOne, 1, settings);
  const two = await createFromSpecFile(pathOfTwo, 2, settings);
  return { one, two, started: [one.start(), two.start()] };
}

async function turns(count) {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Stops a node for good, and says how long `stop` took. */
async function stopped(node) {
  const since = performance.now();
  await node.stop();
  const ms = performance.now() - since;
  await node.terminate();
  return ms;
}

/** What belongs to a network and keeps a process from ending. */
function open() {
  return process.getActiveResourcesInfo().filter((kind) => /^(TCP|TLS|GetAddr|Timeout)/.test(kind));
}

const first = await startBoth();
let needed = 0;
let linked = false;
const both = Promise.all([first.one.connected(2), first.two.connected(1)]).then(() => {
  linked = true;
});
for (; !linked; needed++) await turns(1);
await both;
await Promise.all([first.one.terminate(), first.two.terminate()]);

const stops = [];
for (let round = 0; round < Number(rounds); round++) {
  const { one, two, started } = await startBoth();
  for (const starting of started) starting.catch(() => {});
  // A turn holds many steps: after it, so many promises are heard first. Some find the link up.
  await turns(round % (needed + 3));
  for (let promise = 0; promise < round; promise++) await Promise.resolve();
  const [sooner, later] = round % 2 === 0 ? [one, two] : [two, one];
  const stopping = stopped(sooner);
  // Both at once, or one after the other, or with something in between.
  if (round % 3 > 0) await stopping;
  if (round % 3 > 1) await turns(round);
  const ms = await Promise.all([stopping, stopped(later)]);
  // Node counts a handle until the turn after its end.
  await turns(2);
  stops.push({ round, ms, open: open() });
}
console.log(JSON.stringify({ needed, stops }));
