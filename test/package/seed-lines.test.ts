/**
 * docs/seed.md has an answer to every item of the Go library, and the line beside it does what it
 * says: each is compiled against the built package, and run behind the prelude of that page.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePorts } from "../../measure/free-ports.ts";
import { initCluster } from "../../src/carriers/tls/init-cluster.ts";
import { moduleOf, runner, seedHead, seedRows } from "./seed-lines.ts";
import { createUserFolder } from "./user-folder.ts";

/** Whatever the documentation of the Go library exports, its commands, and its wish list. */
const documented = `
  CreateFromReader CreateFromSpec CreateFromSpecFile NoClustering RegisterType
  Address GetID MarshalBinary MarshalJSON MarshalText OnCloseNotify RemoveNotify Send String
  UnmarshalBinary UnmarshalFromID UnmarshalJSON UnmarshalText
  Cluster Nodes ThisNode PermittedProtocols ClusterCertificate RootCAs Certificate
  AddConnectionStatusCallback ClusterLogger WrapLogger StdLogger NullLogger
  ClusterSpec NodeKeyPath NodeCertPath NodeKeyPEM NodeCertPEM ClusterCertPath ClusterCertPEM
  ConnectionService NewMailbox Terminate Serve Stop
  Close MessageCount Receive ReceiveAsync ReceiveMatch ReceiveTimeout MailboxClosed
  MailboxID NodeID MultipleClaim Name Names GetDebugger Lookup LookupAll MultipleClaimCount
  Register SeenNames Sync Unregister NamesDebugger AddressCount AllNames DumpClaims DumpJSON
  NodeDefinition ID ListenAddress LocalAddress
  DefaultPingInterval MaxSequentialPingFailures DeadlineInterval
  ErrCantGloballyRegister ErrFailOnClusterHandshake ErrIllegalAddressFormat ErrMailboxClosed
  ErrNoAddressRegistered ErrNotLocalMailbox
  reign_init reign_sample TracedMsg
`;

const rows = seedRows();
const lines = rows.filter(({ line }) => line !== undefined);
const folder = createUserFolder();
let complaints = "";
let outcomes: ReadonlyMap<string, string> = new Map();

beforeAll(async () => {
  await initCluster({ dir: folder.path });
  const [first, second] = await freePorts(2);
  const spec = readFileSync(join(folder.path, "cluster.json"), "utf8");
  folder.write("cluster.json", spec.replace("20000", `${first}`).replace("20001", `${second}`));
  for (const row of lines) folder.write(`${row.module}.ts`, moduleOf(row));
  folder.write("run.mjs", runner);
  complaints = folder.compile();
  const modules = lines.map(({ module }) => module);
  const command = ["run.mjs", ...modules];
  const printed = execFileSync(process.execPath, command, { cwd: folder.path, encoding: "utf8" });
  outcomes = new Map(JSON.parse(printed));
}, 60_000);

afterAll(() => folder[Symbol.dispose]());

test("every item of the Go library has what answers to it, what that keeps, and a line", () => {
  expect(rows.length).toBeGreaterThan(60);
  expect(
    rows.filter(({ cells }) => cells.length !== seedHead.length || cells.includes("")),
  ).toEqual([]);
  // What is not there yet has the reason in place of a line.
  const others = rows.filter(({ line }) => line === undefined).map(({ cells }) => cells[3]);
  for (const cell of others) expect(cell).toMatch(/^\*later\*: .{20,}/);
  expect(lines.filter(({ line }) => !line?.includes("// →"))).toEqual([]);
});

test("no item that the Go library documents is left out", () => {
  const words = new Set(rows.flatMap(({ go }) => go.match(/\w+/g) ?? []));
  const items = documented.trim().split(/\s+/);

  expect(items.length).toBeGreaterThan(80);
  expect(items.filter((item) => !words.has(item))).toEqual([]);
});

test("the lines of docs/seed.md compile for a user of the package", () => {
  expect(complaints).toBe("");
});

test.each(lines)("the line of $go comes to what it says", (row) => {
  expect(outcomes.get(row.module)).toBe("as it says");
});
