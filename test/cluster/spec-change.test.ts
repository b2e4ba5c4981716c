import { describe, expect, test } from "vitest";
import { type ClusterSpec, placeOfNode, validateSpec } from "../../src/cluster/spec.ts";
import { compareSpecs, type SpecChange } from "../../src/cluster/spec-change.ts";
import { definition } from "./changing-cluster.ts";

type Nodes = Extract<ClusterSpec["nodes"], readonly unknown[]>;

const files = {
  node_key_path: "%d.key",
  node_cert_path: "%d.crt",
  cluster_cert_path: "ca.crt",
};
const nodes: Nodes = [definition("1"), definition("2"), definition("3")];
const present: ClusterSpec = { ...files, nodes };

function withNodes(...changed: Nodes): ClusterSpec {
  return { ...files, nodes: changed };
}

/** What becomes of node 1 with another spec. */
function changeTo(spec: ClusterSpec, from: ClusterSpec = present): SpecChange {
  return compareSpecs(validateSpec(from, 1), validateSpec(spec, 1), placeOfNode(spec, "1"));
}

const nothing = { problems: [], removed: [], added: [], renewed: [] };
const [one, two, three] = [definition("1"), definition("2"), definition("3")];
const four = definition("4");

describe("the steps from one spec to another", () => {
  test.each<[string, ClusterSpec, Partial<SpecChange>]>([
    ["nothing, for the same spec", present, {}],
    ["nothing, for the same as a map", { ...files, nodes: { "3": three, "1": one, "2": two } }, {}],
    ["nothing, for what was the default", { ...present, cluster: "reign" }, {}],
    ["to add a node", withNodes(one, two, three, four), { added: ["4"] }],
    ["to remove a node", withNodes(one, three), { removed: ["2"] }],
    ["to remove one and add one", withNodes(one, four, two), { removed: ["3"], added: ["4"] }],
    ["nothing, for another address", withNodes(one, { ...two, address: "there:1" }, three), {}],
    [
      "nothing, for another address of this node that listens where it did",
      withNodes({ ...one, address: "there:1", listen_address: one.address }, two, three),
      {},
    ],
    [
      "nothing, for where this node dials from",
      withNodes({ ...one, local_address: "127.0.0.9" }, two, three),
      {},
    ],
    [
      "to renew the link of a node with another identity",
      withNodes(one, { ...two, identity: "DNS:two.example" }, three),
      { renewed: ["2"] },
    ],
    [
      "all of it at once",
      withNodes(one, { ...two, identity: "DNS:two.example" }, four),
      { renewed: ["2"], removed: ["3"], added: ["4"] },
    ],
  ])("are: %s", (_, spec, change) => {
    expect(changeTo(spec)).toEqual({ ...nothing, ...change });
  });

  test.each<[string, ClusterSpec, readonly string[]]>([
    ["the cluster's name", { ...present, cluster: "other" }, ["cluster"]],
    [
      "the suites",
      { ...present, permitted_protocols: ["TLS_AES_256_GCM_SHA384"] },
      ["permitted_protocols"],
    ],
    [
      "where this node listens",
      withNodes(two, { ...one, address: "127.0.0.1:9" }),
      ["nodes.1.listen_address"],
    ],
    [
      "where this node listens, in a map",
      { ...files, nodes: { "1": { ...one, listen_address: ":9" }, "2": two } },
      ["nodes.1.listen_address"],
    ],
    [
      "the identity of this node",
      withNodes({ ...one, identity: "DNS:one.example" }, two),
      ["nodes.0.identity"],
    ],
    ["the path of the key", { ...present, node_key_path: "other.key" }, ["node_key_path"]],
    [
      "paths for texts",
      { nodes, cluster_cert_path: "ca.crt", node_key_pem: "a", node_cert_pem: "b" },
      ["node_key_pem", "node_cert_pem"],
    ],
    [
      "all of it at once",
      {
        ...withNodes({ ...one, listen_address: ":9" }, two),
        cluster: "other",
        cluster_cert_path: "roots.crt",
        permitted_protocols: ["TLS_AES_256_GCM_SHA384"],
      },
      ["cluster_cert_path", "cluster", "permitted_protocols", "nodes.0.listen_address"],
    ],
  ])("cannot have %s change, and say so with its place", (_, spec, paths) => {
    const { problems } = changeTo(spec);

    expect(problems.map(({ path }) => path)).toEqual(paths);
    for (const { message } of problems) expect(message).toContain("cannot change while the node");
  });

  test("show no key that is a text in the spec", () => {
    const texts = { nodes, cluster_cert_pem: "roots", node_cert_pem: "b" };
    const { problems } = changeTo(
      { ...texts, node_key_pem: "new secret" },
      { ...texts, node_key_pem: "old secret" },
    );

    expect(problems).toEqual([{ path: "node_key_pem", message: expect.any(String) }]);
    expect(JSON.stringify(problems)).not.toContain("secret");
  });
});
