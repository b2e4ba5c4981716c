/** What is recorded of this version: one file for each scene. */
import { createTermCodec } from "../../src/codecs/term/term-codec.ts";
import { codecValues } from "../../src/testing/codec-values.ts";
import { allCodecs } from "./golden-node.ts";
import type { Action, NodeName, NodeSettings, Recording } from "./recording.ts";

export interface Scene extends Pick<Recording, "about" | "codec" | "nodes" | "playable"> {
  readonly script: readonly (readonly [who: NodeName | "both", does: Action])[];
}

const nodes: Readonly<Record<NodeName, NodeSettings>> = {
  "1": { epoch: "0123456789abcdef", cluster: "golden" },
  "2": { epoch: "fedcba9876543210", cluster: "golden" },
};
const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/** The scenes, by the names of their files. */
export function allScenes(): Map<string, Scene> {
  const codecs = allCodecs().map(({ name }) => name);
  const codec = createTermCodec().name;
  return new Map([
    ["link.json", linkScene(codec)],
    ["refused.json", refusedScene(codec)],
    ["trace-context.json", traceScene(codec)],
    ...codecs.map((name) => [`values-${name}.json`, valuesScene(name)] as const),
  ]);
}

/** Everything that two nodes say to each other in the life of a link. */
function linkScene(codec: string): Scene {
  return {
    about: "The life of a link: messages, one in pieces, names, watches, signs of life, the end.",
    codec,
    nodes,
    playable: ["1", "2"],
    script: [
      ["both", ["start"]],
      ["both", ["mailbox"]],
      ["both", ["mailbox"]],
      ["1", ["send", "2:1", { id: 1, text: "grüße" }]],
      ["1", ["send", "2:1", { id: 2, text: "again" }]],
      ["2", ["send", "1:1", ["answer", 1, null, true]]],
      ["1", ["send bytes", "2:2", 600_000]],
      ["both", ["let pass", 200]],
      ["1", ["register", "maître", 1]],
      ["2", ["look up", "maître"]],
      ["2", ["register", "maître", 2]],
      ["1", ["look up", "maître"]],
      ["1", ["unregister", "maître", 1]],
      ["1", ["sync names"]],
      ["2", ["look up", "maître"]],
      ["1", ["watch", "2:2", 1]],
      ["1", ["watch", "2:1", 2]],
      ["1", ["unwatch", "2:1", 2]],
      ["1", ["watch", "2:77", 2]],
      ["2", ["close", 2]],
      ["1", ["send", "2:2", "too late"]],
      ["both", ["let pass", 6_000]],
      ["1", ["stop"]],
    ],
  };
}

function refusedScene(codec: string): Scene {
  return {
    about: "Node 2 is of another cluster, and says so.",
    codec,
    nodes: { ...nodes, "2": { ...nodes["2"], cluster: "other" } },
    playable: ["1", "2"],
    script: [["both", ["start"]]],
  };
}

function traceScene(codec: string): Scene {
  return {
    about: "Both nodes have agreed on trace contexts; node 1 has one, node 2 has another.",
    codec,
    nodes: {
      "1": { ...nodes["1"], traceparent },
      "2": { ...nodes["2"], traceparent: traceparent.replace("01", "00").replace(/01$/, "00") },
    },
    playable: ["1", "2"],
    script: [
      ["both", ["start"]],
      ["both", ["mailbox"]],
      ["1", ["send", "2:1", { id: 1 }]],
      ["2", ["send", "1:1", { id: 2 }]],
      ["1", ["send bytes", "2:1", 100_000]],
      ["2", ["stop"]],
    ],
  };
}

/** The table that codecs are held to, but for what a codec refuses and what takes much room. */
function valuesScene(codec: string): Scene {
  const names = codecValues().map(({ name }) => name);
  return {
    about: `The table of values in the format ${codec}, to be read by node 2.`,
    codec,
    nodes,
    playable: ["2"],
    script: [
      ["both", ["start"]],
      ["2", ["mailbox"]],
      ...names.map((name) => ["1", ["send value", "2:1", name]] as const),
    ],
  };
}
