/**
 * The shape of a cluster spec: which keys there are, and what each may hold by itself.
 *
 * Before the schema sees it, a spec is brought into one form. `nodes` becomes a list of nodes with
 * their ids, whether it was a list or a map. What the Go library writes for "not given" (an empty
 * text, `null` for an empty list) is dropped, so that its files load as they are.
 */
import { z } from "zod";
import type { SpecProblem } from "../core/errors.ts";
import { isNodeId, type NodeId } from "../core/mailbox-id.ts";
import { nearKey } from "../core/near-key.ts";
import type { CertificateKeys } from "./certificate-sources.ts";
import {
  type Endpoint,
  type ListenEndpoint,
  type LocalEndpoint,
  type Parsed,
  parseAddress,
  parseListenAddress,
  parseLocalAddress,
} from "./endpoint.ts";
import { readProtocol } from "./permitted-protocols.ts";

/** A spec that has passed the schema, its texts taken apart. */
export interface ShapedSpec extends CertificateKeys {
  readonly cluster?: string | undefined;
  readonly nodes: readonly ShapedNode[];
  readonly permitted_protocols?: readonly string[] | undefined;
}

export interface ShapedNode {
  readonly id: NodeId;
  readonly address: Endpoint;
  readonly listen_address?: ListenEndpoint | undefined;
  readonly local_address?: LocalEndpoint | undefined;
  readonly identity?: string | undefined;
}

/** An object of which nothing is known but what the checks across parts ask it for. */
export type Fields = {
  readonly [Key in keyof CertificateKeys | "cluster" | "nodes" | "id" | "identity"]?: unknown;
};

/** A spec in one form, unchecked: what checks across its parts look at, mistakes and all. */
export interface TidySpec {
  readonly fields: Fields;
  readonly nodes: readonly TidyNode[];
}

export interface TidyNode {
  /** Where it stands in the spec as it was given: `nodes.0` or `nodes.web-3`. */
  readonly path: string;
  readonly value: unknown;
}

export interface ReadShape {
  readonly tidy: TidySpec;
  readonly problems: readonly SpecProblem[];
  /** Present when there are no problems. */
  readonly spec?: ShapedSpec;
}

const clusterName = /^[a-z0-9-]{1,63}$/;
/**
 * Without the comma and the quotes that the text form of a certificate's names would need escaped.
 */
const uriIdentity = /^URI:[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9._~:/?#[\]@!$&()*+;=%-]+$/;
const dnsIdentity = /^DNS:(?=.{1,253}$)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*$/;
const optionalTexts = [
  "node_key_path",
  "node_cert_path",
  "node_key_pem",
  "node_cert_pem",
  "cluster_cert_path",
  "cluster_cert_pem",
];
const optionalNodeTexts = ["listen_address", "local_address"];

const nodeSchema = z.strictObject({
  id: z.unknown().transform((id, context) => {
    const text = idText(id);
    if (text !== undefined) return text;
    const expected = 'an id like 1 or "web-3": 1 to 63 letters, digits, dots, hyphens, underscores';
    context.issues.push({ code: "custom", message: wanted(expected, id), input: id });
    return z.NEVER;
  }),
  address: parsedText(parseAddress),
  listen_address: parsedText(parseListenAddress).optional(),
  local_address: parsedText(parseLocalAddress).optional(),
  identity: parsedText(parseIdentity).optional(),
});

const specSchema = z.strictObject({
  cluster: parsedText(parseClusterName).optional(),
  nodes: z.array(nodeSchema).min(1),
  permitted_protocols: z.array(z.string().superRefine(checkProtocol)).optional(),
  node_key_path: z.string().optional(),
  node_cert_path: z.string().optional(),
  node_key_pem: z.string().optional(),
  node_cert_pem: z.string().optional(),
  cluster_cert_path: z.string().optional(),
  cluster_cert_pem: z.string().optional(),
});

/** Checks every part of a spec by itself, and goes on after a mistake to find the others. */
export function readShape(input: Fields): ReadShape {
  const mapProblems: SpecProblem[] = [];
  const tidy = tidySpec(input, mapProblems);
  const form = Array.isArray(tidy.fields.nodes) ? tidy.nodes.map(({ value }) => value) : undefined;
  const result = specSchema.safeParse(
    { ...tidy.fields, nodes: form ?? tidy.fields.nodes },
    { reportInput: true },
  );
  const shapeProblems = result.success
    ? []
    : result.error.issues.flatMap((issue) => toProblems(issue, tidy));
  const problems = [...mapProblems, ...shapeProblems];
  if (!result.success || problems.length > 0) return { tidy, problems };
  return { tidy, problems, spec: result.data };
}

/** The text of a node's id, if it has one: a number of the seed's, or what `isNodeId` accepts. */
export function idText(id: unknown): NodeId | undefined {
  if (typeof id === "number") return Number.isSafeInteger(id) && id >= 0 ? String(id) : undefined;
  return typeof id === "string" && isNodeId(id) ? id : undefined;
}

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What was expected and what was there instead, bounded; nothing is quoted but short texts. */
export function wanted(expected: string, got: unknown): string {
  return `Expected ${expected}, got ${shown(got)}.`;
}

function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value !== "string") return `of type ${typeof value}`;
  const text = JSON.stringify(value);
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

function tidySpec(input: Fields, problems: SpecProblem[]): TidySpec {
  const fields = withoutBlanks(input, optionalTexts);
  const { nodes } = input;
  if (Array.isArray(nodes)) {
    return {
      fields,
      nodes: nodes.map((node: unknown, index) => ({
        path: `nodes.${index}`,
        value: tidyNode(node),
      })),
    };
  }
  if (!isFields(nodes)) return { fields, nodes: [] };
  const listed = Object.entries(nodes).map(([key, node]) => {
    const path = `nodes.${key}`;
    if (!isFields(node)) return { path, value: node };
    if (node.id !== undefined && idText(node.id) !== key) {
      const message = wanted(
        `the id ${JSON.stringify(key)} of the key it stands under, or none`,
        node.id,
      );
      problems.push({ path: `${path}.id`, message });
    }
    return { path, value: tidyNode({ ...node, id: key }) };
  });
  return { fields: { ...fields, nodes: listed.map(({ value }) => value) }, nodes: listed };
}

function tidyNode(node: unknown): unknown {
  return isFields(node) ? withoutBlanks(node, optionalNodeTexts) : node;
}

function withoutBlanks(fields: Fields, optional: readonly string[]): Fields {
  const given = Object.entries(fields).filter(
    ([key, value]) =>
      value !== undefined &&
      !(value === "" && optional.includes(key)) &&
      !(value === null && key === "permitted_protocols"),
  );
  return Object.fromEntries(given);
}

function parsedText<T>(parse: (text: string) => Parsed<T>): z.ZodType<T> {
  return z.string().transform((text, context) => {
    const parsed = parse(text);
    if ("value" in parsed) return parsed.value;
    const message = wanted(parsed.expected, text);
    context.issues.push({ code: "custom", message, input: text });
    return z.NEVER;
  });
}

function parseClusterName(text: string): Parsed<string> {
  if (clusterName.test(text)) return { value: text };
  return { expected: "1 to 63 lower-case letters, digits and hyphens" };
}

function parseIdentity(text: string): Parsed<string> {
  if (uriIdentity.test(text) || dnsIdentity.test(text)) return { value: text };
  return {
    expected: "one subject alternative name, as URI:spiffe://example.org/a or DNS:a.example.org",
  };
}

function checkProtocol(name: string, context: z.RefinementCtx<string>): void {
  const read = readProtocol(name);
  if ("problem" in read) context.addIssue({ code: "custom", message: read.problem });
}

function toProblems(issue: z.core.$ZodIssue, tidy: TidySpec): SpecProblem[] {
  const path = placeInSpec(issue.path, tidy);
  if (issue.code === "unrecognized_keys") {
    const known = Object.keys(issue.path.length === 0 ? specSchema.shape : nodeSchema.shape);
    return issue.keys.map((key) => ({
      path: path === "" ? key : `${path}.${key}`,
      message: unknownKey(key, known),
    }));
  }
  return [{ path, message: describeIssue(issue, path) }];
}

function unknownKey(key: string, known: readonly string[]): string {
  const near = nearKey(key, known);
  const hint =
    near === undefined ? `The keys here are ${known.join(", ")}` : `Did you mean ${near}`;
  return `Unknown key.${near === undefined ? ` ${hint}.` : ` ${hint}?`}`;
}

function describeIssue(issue: z.core.$ZodIssue, path: string): string {
  if (issue.code === "custom") return issue.message;
  if (issue.code === "too_small") return "Expected at least one node, got none.";
  if (issue.code !== "invalid_type") return `${issue.message}.`;
  if (path === "nodes") return wanted("a list of nodes, or a map of them by id", issue.input);
  if (path === "permitted_protocols") return wanted("a list of cipher suites", issue.input);
  if (issue.expected === "object") return wanted("a node: { id, address, … }", issue.input);
  return wanted("text", issue.input);
}

/** The path of an issue in the spec as it was given: a map's nodes are known by their keys. */
function placeInSpec(path: readonly PropertyKey[], { nodes }: TidySpec): string {
  const [first, second, ...rest] = path;
  const node = first === "nodes" && typeof second === "number" ? nodes[second] : undefined;
  return node === undefined ? path.join(".") : [node.path, ...rest].join(".");
}
