/**
 * Two nodes that begin to connect over real TLS, and are stopped after so many turns of the event
 * loop and so many promises: `stop-anywhere.mjs SPEC-1 SPEC-2 ROUNDS`. Says in one line of JSON how
 * many turns connecting took, how long the stops took and what was left open after each; then it
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
  const since = performance.now();
  const [sooner, later] = round % 2 === 0 ? [one, two] : [two, one];
  await sooner.terminate();
  if (round % 4 >= 2) await turns(round);
  await later.terminate();
  // Node counts a handle until the turn after its end.
  await turns(2);
  stops.push({ round, ms: performance.now() - since, open: open() });
}
console.log(JSON.stringify({ needed, stops }));
