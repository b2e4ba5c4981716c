/** Finds what is wrong with a fault that was given, not drawn. */
import { type FaultStep, faultKinds } from "./fault-plan.ts";
import { deaths } from "./process.ts";

/** Throws a `RangeError` that names what is wrong with a step, for a cluster of these nodes. */
export function checkFault(name: string, step: FaultStep, nodes: readonly string[]): void {
  expectThat(typeof step === "object" && step !== null, `${name} to be a fault`, step);
  const { fault, at, ms } = step;
  expectThat(
    faultKinds.includes(fault),
    `${name}.fault to be among ${faultKinds.join(", ")}`,
    fault,
  );
  expectThat(Number.isFinite(at) && at >= 0, `${name}.at to be 0 ms or more`, at);
  expectThat(typeof ms === "number" && ms >= 0, `${name}.ms to be 0 ms or more`, ms);
  const named = nodesOf(step);
  const like = `${name} to name its nodes, as a ${fault} does`;
  if (named === undefined) throw new RangeError(`Expected ${like}, got ${JSON.stringify(step)}.`);
  const known = `the nodes of ${name} to be among ${nodes.join(", ")}`;
  for (const id of named) {
    expectThat(typeof id === "string", `the nodes of ${name} to be strings`, id);
    expectThat(nodes.includes(id), known, id);
  }
  if (fault === "cut" || fault === "clog" || fault === "half_open") {
    const two = named.length === 2 && named[0] !== named[1];
    expectThat(two, `${name} to be between two nodes`, named.join(", "));
  }
  if (fault === "partition") {
    const { length } = step.groups;
    expectThat(length > 1, `${name} to have two groups of nodes at least`, length);
    const twice = named.find((id, i) => named.indexOf(id) !== i);
    expectThat(twice === undefined, `each node in one group of ${name}`, `${twice} in two`);
  }
  if (fault === "crash") {
    expectThat(
      deaths.includes(step.death),
      `${name}.death to be among ${deaths.join(", ")}`,
      step.death,
    );
  }
  if (fault === "slow") {
    const possible = Number.isFinite(step.costMs) && step.costMs >= 0;
    expectThat(possible, `${name}.costMs to be 0 ms or more`, step.costMs);
  }
  if (fault === "swizzle") {
    const possible = step.order?.every((path) => path in step.paths);
    expectThat(possible, `${name}.order to be the places of its paths`, step.order);
  }
}

/** All nodes that a step names; `undefined` where what should name them is missing. */
function nodesOf(step: FaultStep): readonly string[] | undefined {
  switch (step.fault) {
    case "cut":
      return listed(step.between);
    case "partition":
      return listed(step.groups)?.flat();
    case "one_way":
      return listed(step.from) && listed(step.to) && [...step.from, ...step.to];
    case "clog":
    case "half_open":
      return [step.from, step.to];
    case "swizzle":
      return listed(step.paths)?.flat();
    default:
      return [step.node];
  }
}

/** A plan may come from anywhere: from a file, or from no compiler. */
function listed<T>(list: readonly T[]): readonly T[] | undefined {
  return Array.isArray(list) ? list : undefined;
}

function expectThat(holds: boolean, wanted: string, got: unknown): void {
  if (!holds) throw new RangeError(`Expected ${wanted}, got ${String(got)}.`);
}
