/**
 * A moment at which all is healed, nobody says anything new, and everything has arrived: then what
 * all processes say has to fit together.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { Stage } from "../reliability/scenario.ts";
import { type Accounts, type Balance, type Books, outside } from "./accounts.ts";
import { sharedNames } from "./claims.ts";
import { type Crew, nodeIds } from "./crew.ts";
import { inboxNames } from "./inboxes.ts";
import { type NamesView, namesWrong } from "./name-views.ts";
import type { ViolationKind } from "./violation.ts";

/** For whatever is still under way to arrive. */
const settleMs = 20_000;
const betweenLooksMs = 200;
const mostLooks = 5;
const shownAtMost = 5;

export interface RestScene {
  readonly stage: Stage;
  readonly crew: Crew;
  readonly accounts: Accounts;
  readonly recoveryMs: number;
  readonly violated: (kind: ViolationKind, text: string) => void;
}

/** Checks everything, looks, and lets them talk again. */
export async function rest(scene: RestScene, look: () => Promise<void>): Promise<void> {
  const { crew, violated, recoveryMs } = scene;
  const all = <T>(ask: (member: Crew["members"][number]) => Promise<T>): Promise<T[]> =>
    Promise.all(crew.members.map(ask));
  await all(({ talker }) => talker.ask.hush());
  if (!(await crew.meet(recoveryMs))) violated("recovery", "not all met at a rest");
  await checkAccounts(scene);
  await checkWatches(scene);
  const ghosts = await all(({ talker }) => talker.ask.ghosts());
  for (const id of ghosts.flat()) violated("stranger", `a send to ${id}, which is gone, was true`);
  await checkNames(scene);
  const broken = await all(({ talker }) => talker.ask.violations());
  broken.forEach((count, i) => {
    const node = crew.members[i]?.node;
    if (count > 0) violated("process", `node ${node}: ${count} links broke the protocol`);
  });
  await look();
  await all(({ talker }) => talker.ask.talk());
}

async function checkAccounts({ stage, crew, accounts, violated }: RestScene): Promise<void> {
  const books = await settledBooks({ stage, crew, accounts });
  const balance = accounts.balance(books, crew.departures);
  const exact = balance.least === 0 && balance.most === 0;
  stage.record(exact ? "gap" : "gap within bounds", exact ? balance.gap : outside(balance));
  if (outside(balance) !== 0) violated("account", textOf(balance, books));
  const undue = accounts.undueDoubt(books, crew.departures);
  if (undue > 0) violated("account", `${undue} messages in doubt, though all have met`);
  accounts.rest(books);
  crew.forgetDepartures();
}

/** The same twice, with nothing in doubt but with the gone; or what there is after too long. */
async function settledBooks({
  stage: { signal },
  crew,
  accounts,
}: Pick<RestScene, "stage" | "crew" | "accounts">): Promise<readonly Books[]> {
  const until = performance.now() + settleMs;
  let before = await crew.books();
  for (;;) {
    await wait(betweenLooksMs, undefined, { signal });
    const now = await crew.books();
    const same = JSON.stringify(now) === JSON.stringify(before);
    const certain = accounts.undueDoubt(now, crew.departures) === 0;
    if ((certain && same) || performance.now() > until) return now;
    before = now;
  }
}

function textOf({ gap, least, most }: Balance, books: readonly Books[]): string {
  const allowed = least === most ? "0" : `${least} to ${most}`;
  return `${gap} messages unaccounted for, of ${allowed} allowed: ${JSON.stringify(books)}`;
}

async function checkWatches(scene: RestScene): Promise<void> {
  const wrong = await unless(scene, async () => {
    const pending = await Promise.all(
      scene.crew.members.map(async ({ node, talker }) =>
        (await talker.ask.pending()).map((id) => `node ${node} has had no notice of ${id}`),
      ),
    );
    return pending.flat();
  });
  for (const text of wrong) scene.violated("notice", text);
}

async function checkNames(scene: RestScene): Promise<void> {
  const wrong = await unless(scene, async () => namesWrong(await views(scene.crew)));
  for (const text of wrong) scene.violated("names", text);
}

async function views(crew: Crew): Promise<readonly NamesView[]> {
  const claims = await Promise.all(
    crew.members.map(async ({ node, talker }) => ({ node, ...(await talker.ask.claims()) })),
  );
  const claimed = claims.flatMap((each) => [...Object.keys(each.claims), ...each.rooms]);
  // What nobody claims is asked for as well: somebody may still find it.
  const known = [...sharedNames, ...nodeIds.flatMap(inboxNames)];
  const names = [...new Set([...known, ...claimed])];
  return Promise.all(
    crew.members.map(async ({ node, talker }, i) => ({
      node,
      claims: claims[i]?.claims ?? {},
      ...(await talker.ask.names(names)),
    })),
  );
}

/**
 * What is wrong and stays so. A link that went down at this very moment may have taken something
 * with it, for as long as it takes the two to meet: so they meet, and it is looked at again.
 */
async function unless(
  { stage, crew, recoveryMs }: RestScene,
  look: () => Promise<readonly string[]>,
): Promise<readonly string[]> {
  for (let looks = 1; ; looks++) {
    const wrong = await look();
    if (wrong.length === 0 || looks === mostLooks) return wrong.slice(0, shownAtMost);
    await wait(betweenLooksMs, undefined, { signal: stage.signal });
    await crew.meet(recoveryMs);
  }
}
