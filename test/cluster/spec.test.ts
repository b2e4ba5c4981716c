import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { type ClusterSpec, validateSpec } from "../../src/cluster/spec.ts";
import { ReignError, type SpecProblem } from "../../src/core/errors.ts";

const certificates = {
  node_key_path: "reign_node.%d.key",
  node_cert_path: "reign_node.%d.crt",
  cluster_cert_path: "reign_ca.crt",
};

const twoNodes: ClusterSpec = {
  nodes: [
    { id: 1, address: "127.0.0.1:20000" },
    { id: 2, address: "127.0.0.1:20001" },
  ],
  ...certificates,
};

describe("a cluster spec", () => {
  test("of two nodes gives each its place, its defaults and its own certificate", () => {
    const config = validateSpec(twoNodes, 2);

    expect(config.name).toBe("reign");
    expect(config.thisNode).toBe("2");
    expect([...config.nodes.values()]).toEqual([
      {
        id: "1",
        address: { host: "127.0.0.1", port: 20000 },
        listenAddress: { host: "127.0.0.1", port: 20000 },
        identity: "URI:reign://reign/1",
      },
      {
        id: "2",
        address: { host: "127.0.0.1", port: 20001 },
        listenAddress: { host: "127.0.0.1", port: 20001 },
        identity: "URI:reign://reign/2",
      },
    ]);
    expect(config.certificateSources?.nodeKey.path).toBe("reign_node.2.key");
    expect(config.certificateSources?.nodeCertificate.path).toBe("reign_node.2.crt");
    expect(config.certificateSources?.clusterCertificates.path).toBe("reign_ca.crt");
    expect(config.notices).toEqual([]);
  });

  test("as the Go library writes it loads unchanged", () => {
    const written = `{
      "nodes": [
        {
          "id": 0,
          "address": "127.0.0.1:29876",
          "listen_address": "0.0.0.0:29876",
          "local_address": "10.0.0.1:0"
        },
        { "id": 255, "address": "db.example.org:29876", "listen_address": "", "local_address": "" }
      ],
      "permitted_protocols": null,
      "node_key_path": "/etc/reign/%d/node.%d.key",
      "node_cert_path": "/etc/reign/%d/node.%d.crt",
      "cluster_cert_path": "/etc/reign/%d.crt"
    }`;

    const config = validateSpec(JSON.parse(written), 255);

    expect(config.nodes.get("0")).toEqual({
      id: "0",
      address: { host: "127.0.0.1", port: 29876 },
      listenAddress: { host: "0.0.0.0", port: 29876 },
      localAddress: { host: "10.0.0.1" },
      identity: "URI:reign://reign/0",
    });
    expect(config.nodes.get("255")?.listenAddress).toEqual({ host: "db.example.org", port: 29876 });
    expect(config.tlsSuites).toHaveLength(3);
    // Every %d in the paths of the node, and none in that of the cluster.
    expect(config.certificateSources?.nodeKey.path).toBe("/etc/reign/255/node.255.key");
    expect(config.certificateSources?.clusterCertificates.path).toBe("/etc/reign/%d.crt");
  });

  test("may have its nodes as a map by id, with or without the id inside", () => {
    const config = validateSpec(
      {
        cluster: "shop-eu",
        nodes: {
          "web-3": { address: "[::1]:20000", identity: "DNS:web-3.example.org" },
          7: { id: 7, address: "localhost:20001" },
        },
        ...certificates,
      },
      "web-3",
    );

    expect([...config.nodes.keys()].sort()).toEqual(["7", "web-3"]);
    expect(config.nodes.get("7")?.identity).toBe("URI:reign://shop-eu/7");
    expect(config.nodes.get("web-3")?.identity).toBe("DNS:web-3.example.org");
    expect(config.nodes.get("web-3")?.address).toEqual({ host: "::1", port: 20000 });
  });

  test("of one node needs no certificates", () => {
    const config = validateSpec({ nodes: [{ id: 1, address: "localhost:20000" }] }, 1);

    expect(config).not.toHaveProperty("certificateSources");
  });

  test("needs no certificates where another carrier makes the links", () => {
    const { nodes } = twoNodes;

    expect(validateSpec({ nodes }, 1, { ownCarrier: true }).nodes.size).toBe(2);
    expect(() => validateSpec({ nodes, node_key_path: "k" }, 1, { ownCarrier: true })).toThrow();
  });

  test("may name more than 256 nodes", () => {
    const nodes = Array.from({ length: 300 }, (_, id) => ({ id, address: `10.0.0.1:${id + 1}` }));

    expect(validateSpec({ nodes, ...certificates }, 299).nodes.size).toBe(300);
  });

  test("with suites of the Go library gives those of TLS 1.3 and one notice", () => {
    const config = validateSpec(
      { ...twoNodes, permitted_protocols: ["TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"] },
      1,
    );

    expect(config.tlsSuites).toEqual(["TLS_AES_256_GCM_SHA384"]);
    expect(config.notices).toHaveLength(1);
  });

  test("does not show a private key that was in it", () => {
    const config = validateSpec(
      { nodes: twoNodes.nodes, node_key_pem: "SECRET", node_cert_pem: "C", cluster_cert_pem: "A" },
      1,
    );

    expect(config.certificateSources?.nodeKey.pem).toBe("SECRET");
    expect(inspect(config, { depth: null, showHidden: true })).not.toContain("SECRET");
    expect(JSON.stringify(config)).not.toContain("SECRET");
  });

  test("is frozen once it is read", () => {
    const config = validateSpec(twoNodes, 1);

    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.nodes.get("1"))).toBe(true);
    expect(Object.isFrozen(config.tlsSuites)).toBe(true);
  });
});

/**
 * Each row: what is wrong, the spec, then the path and a part of the message of its one problem.
 */
const mistakes: ReadonlyArray<readonly [string, unknown, string, string]> = [
  ["no object", undefined, "", "Expected an object with nodes, got nothing."],
  ["null", null, "", "got null"],
  ["a list", [], "", "got a list"],
  ["a text", "nodes", "", 'got "nodes"'],
  ["no nodes", {}, "nodes", "Expected a list of nodes, or a map of them by id, got nothing."],
  ["nodes that are a number", { nodes: 2 }, "nodes", "got 2"],
  ["an empty list of nodes", { nodes: [] }, "nodes", "Expected at least one node"],
  ["an empty map of nodes", { nodes: {} }, "nodes", "Expected at least one node"],
  ["a null node", withNode(null), "nodes.1", "Expected a node: { id, address, … }, got null."],
  ["a node without id", withNode({ address: "a:1" }), "nodes.1.id", "got nothing"],
  ["a node without address", withNode({ id: 2 }), "nodes.1.address", "Expected text, got nothing."],
  ["a negative id", withNode({ id: -1, address: "a:1" }), "nodes.1.id", "got -1"],
  ["a fractional id", withNode({ id: 1.5, address: "a:1" }), "nodes.1.id", "got 1.5"],
  ["an id with a blank", withNode({ id: "a b", address: "a:1" }), "nodes.1.id", 'got "a b"'],
  ["an empty id", withNode({ id: "", address: "a:1" }), "nodes.1.id", 'got ""'],
  ["an id of 64", withNode({ id: "x".repeat(64), address: "a:1" }), "nodes.1.id", "1 to 63"],
  ["an id that is a list", withNode({ id: [2], address: "a:1" }), "nodes.1.id", "got a list"],
  ["an id that is there twice", withNode({ id: "1", address: "a:1" }), "nodes.1.id", "nodes.0 has"],
  ["a bad address", withNode({ id: 2, address: "a" }), "nodes.1.address", 'got "a"'],
  ["an empty address", withNode({ id: 2, address: "" }), "nodes.1.address", "host:port"],
  ["an address that is a number", withNode({ id: 2, address: 1 }), "nodes.1.address", "got 1"],
  [
    "a bad listen_address",
    withNode({ id: 2, address: "a:1", listen_address: "b" }),
    "nodes.1.listen_address",
    'got "b"',
  ],
  [
    "a bad local_address",
    withNode({ id: 2, address: "a:1", local_address: "eth0" }),
    "nodes.1.local_address",
    "IP address",
  ],
  [
    "an identity without its kind",
    withNode({ id: 2, address: "a:1", identity: "a.example.org" }),
    "nodes.1.identity",
    "subject alternative name",
  ],
  [
    "an identity that is an IP address, which says nothing of who is there",
    withNode({ id: 2, address: "a:1", identity: "IP:127.0.0.1" }),
    "nodes.1.identity",
    "subject alternative name",
  ],
  [
    "an identity with a wildcard",
    withNode({ id: 2, address: "a:1", identity: "DNS:*.example.org" }),
    "nodes.1.identity",
    "subject alternative name",
  ],
  [
    "an identity with a second name smuggled in",
    withNode({ id: 2, address: "a:1", identity: "URI:reign://reign/2, URI:reign://reign/1" }),
    "nodes.1.identity",
    "subject alternative name",
  ],
  [
    "an empty identity",
    withNode({ id: 2, address: "a:1", identity: "" }),
    "nodes.1.identity",
    'got ""',
  ],
  [
    "an identity that is another node's default",
    withNode({ id: 2, address: "a:1", identity: "URI:reign://reign/1" }),
    "nodes.1.identity",
    "nodes.0 has",
  ],
  [
    "an unknown key in a node",
    withNode({ id: 2, address: "a:1", port: 1 }),
    "nodes.1.port",
    "The keys here are id, address, listen_address, local_address, identity.",
  ],
  [
    "a key of a node that is nearly right",
    withNode({ id: 2, address: "a:1", listenAddress: "b:1" }),
    "nodes.1.listenAddress",
    "Did you mean listen_address?",
  ],
  [
    "a map whose node says another id",
    { ...twoNodes, nodes: { 1: { address: "a:1" }, 2: { id: 3, address: "a:2" } } },
    "nodes.2.id",
    'the id "2"',
  ],
  [
    "a map with a bad key",
    { ...twoNodes, nodes: { 1: { address: "a:1" }, "a b": { address: "a:2" } } },
    "nodes.a b.id",
    'got "a b"',
  ],
  [
    "a map with a bad address",
    { ...twoNodes, nodes: { 1: { address: "a:1" }, web: { address: "a" } } },
    "nodes.web.address",
    'got "a"',
  ],
  ["this node missing", { ...twoNodes, nodes: [{ id: 3, address: "a:1" }] }, "nodes", '"1"'],
  ["an unknown key", { ...twoNodes, bogus: 1 }, "bogus", "The keys here are cluster, nodes"],
  [
    "a key nearly right",
    { ...twoNodes, permited_protocols: [] },
    "permited_protocols",
    "Did you mean permitted_protocols?",
  ],
  ["a cluster in capitals", { ...twoNodes, cluster: "Shop" }, "cluster", "lower-case"],
  ["an empty cluster", { ...twoNodes, cluster: "" }, "cluster", "lower-case"],
  ["a cluster of 64", { ...twoNodes, cluster: "x".repeat(64) }, "cluster", "1 to 63"],
  ["a cluster that is a number", { ...twoNodes, cluster: 1 }, "cluster", "Expected text, got 1."],
  [
    "protocols that are a text",
    { ...twoNodes, permitted_protocols: "x" },
    "permitted_protocols",
    "a list of cipher suites",
  ],
  [
    "a protocol that is a number",
    { ...twoNodes, permitted_protocols: [1] },
    "permitted_protocols.0",
    "got 1",
  ],
  [
    "a refused protocol",
    { ...twoNodes, permitted_protocols: ["TLS_RSA_WITH_RC4_128_SHA"] },
    "permitted_protocols.0",
    "RC4",
  ],
  ["no key", without("node_key_path"), "node_key_path", "beside node_cert_path"],
  ["no certificate", without("node_cert_path"), "node_cert_path", "beside node_key_path"],
  ["neither", without("node_cert_path", "node_key_path"), "node_cert_path", "reign init"],
  ["no cluster certificate", without("cluster_cert_path"), "cluster_cert_path", "reign init"],
  ["an empty path", { ...twoNodes, cluster_cert_path: "" }, "cluster_cert_path", "reign init"],
  [
    "a key given twice",
    { ...twoNodes, node_key_pem: "K" },
    "node_key_path",
    "got node_key_path and node_cert_path and node_key_pem.",
  ],
  [
    "a key as text beside a certificate's path",
    { ...without("node_key_path"), node_key_pem: "K" },
    "node_cert_path",
    "got node_cert_path and node_key_pem.",
  ],
  [
    "a cluster certificate given twice",
    { ...twoNodes, cluster_cert_pem: "C" },
    "cluster_cert_path",
    "got both",
  ],
  [
    "a path that is a number",
    { ...twoNodes, node_key_path: 1 },
    "node_key_path",
    "Expected text, got 1.",
  ],
];

describe("a mistaken spec", () => {
  test.each(mistakes)("with %s is refused at its place", (_, spec, path, message) => {
    expect(problemsOf(spec)).toEqual([{ path, message: expect.stringContaining(message) }]);
  });

  test("has all its mistakes reported at once, one a line", () => {
    const spec = {
      nodes: [{ id: 1, address: "x", adress: "y:1" }, null, { id: 1, address: "a:1" }],
      permitted_protocols: ["TLS_RSA_WITH_RC4_128_SHA"],
      node_key_path: "k",
      cluster: "A",
      extra: true,
    };

    const error = refusal(spec, 9);

    const paths = error.details.problems.map(({ path }) => path);
    expect(paths.sort()).toEqual([
      "cluster",
      "cluster_cert_path",
      "extra",
      "node_cert_path",
      "nodes",
      "nodes.0.address",
      "nodes.0.adress",
      "nodes.1",
      "nodes.2.id",
      "permitted_protocols.0",
    ]);
    expect(error.message.split("\n")).toHaveLength(11);
    expect(error.message).toContain("10 mistakes");
    for (const { path, message } of error.details.problems) {
      expect(error.message).toContain(`\n  ${path}: ${message}`);
    }
  });

  test("does not have its private key quoted", () => {
    const error = refusal({ ...twoNodes, node_key_pem: "SECRET", nodes: 1 }, 1);

    expect(inspect(error)).not.toContain("SECRET");
  });

  test("is named as the caller names it", () => {
    expect(() => validateSpec({}, 1, { source: "/etc/cluster.json" })).toThrow(
      /^\/etc\/cluster.json has/,
    );
  });

  test.each([[""], ["a b"], ["x".repeat(64)]])(
    "is not even looked at for a node %j, which is no id",
    (thisNode) => {
      expect(() => validateSpec({}, thisNode)).toThrow(TypeError);
    },
  );

  test("with `__proto__` as a node's id changes no prototype", () => {
    const spec: unknown = JSON.parse('{"nodes": {"__proto__": {"address": "a:1"}}}');

    const config = validateSpec(spec, "__proto__");

    expect(config.nodes.get("__proto__")?.address).toEqual({ host: "a", port: 1 });
    expect(Object.getPrototypeOf(config.nodes)).toBe(Map.prototype);
  });
});

function withNode(node: unknown): unknown {
  return { ...twoNodes, nodes: [{ id: 1, address: "127.0.0.1:20000" }, node] };
}

function without(...keys: ReadonlyArray<keyof typeof certificates>): object {
  const rest = Object.entries(twoNodes).filter(([key]) => !keys.some((gone) => gone === key));
  return Object.fromEntries(rest);
}

function problemsOf(spec: unknown): readonly SpecProblem[] {
  return refusal(spec, 1).details.problems;
}

function refusal(spec: unknown, thisNode: number): ReignError<"REIGN_INVALID_SPEC"> {
  try {
    validateSpec(spec, thisNode);
  } catch (error) {
    if (ReignError.is(error, "REIGN_INVALID_SPEC")) return error;
    throw error;
  }
  throw new Error("The spec was accepted.");
}
