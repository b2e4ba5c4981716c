/** Works out what the definition of one more node means for a cluster that is there already. */
import { defaultIdentity } from "../carriers/tls/default-identity.ts";
import type { SpecProblem } from "../core/errors.ts";
import { type ClusterConfig, invalidSpec, type ResolvedNode, resolveNode } from "./spec.ts";
import { sameNode } from "./spec-change.ts";
import { type Fields, idText, isFields, readShape } from "./spec-shape.ts";

const place = "nodes.0";

/**
 * The node, which may be in the cluster already if it is defined in the same way.
 *
 * Throws `REIGN_INVALID_SPEC` with every mistake; paths begin at the definition.
 */
export function readNodeDefinition(input: unknown, config: ClusterConfig): ResolvedNode {
  const { spec, problems } = readShape({ nodes: [input] });
  const all = problems.map(({ path, message }) => ({ path: withinNode(path), message }));
  const [shaped] = spec?.nodes ?? [];
  const node = shaped && resolveNode(shaped, config.name);
  if (isFields(input)) all.push(...checkIdentity(input, config));
  if (node !== undefined) all.push(...checkId(node, config));
  if (node === undefined || all.length > 0) throw invalidSpec("The node definition", all);
  return node;
}

function withinNode(path: string): string {
  return path === place ? "" : path.replace(`${place}.`, "");
}

function checkId(node: ResolvedNode, { thisNode, nodes }: ClusterConfig): SpecProblem[] {
  const { id } = node;
  const known = nodes.get(id);
  if (id === thisNode) {
    const message = `Expected another node, got ${JSON.stringify(id)}, which is this one.`;
    return [{ path: "id", message }];
  }
  if (known === undefined || sameNode(known, node)) return [];
  const message =
    `Expected the id of a new node, got ${JSON.stringify(id)}, which is in the cluster with ` +
    "another definition. `replaceSpec` changes it.";
  return [{ path: "id", message }];
}

/** A definition that is mistaken elsewhere is looked at too. */
function checkIdentity(input: Fields, { name, nodes }: ClusterConfig): SpecProblem[] {
  const id = idText(input.id);
  if (id === undefined) return [];
  const own = input.identity;
  const identity = typeof own === "string" ? own : defaultIdentity(name, id);
  const other = [...nodes.values()].find((node) => node.identity === identity && node.id !== id);
  if (other === undefined) return [];
  const message = `Expected an identity of its own, got ${identity}, which node ${other.id} has.`;
  return [{ path: "identity", message }];
}
