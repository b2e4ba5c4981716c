/**
 * Erlang/OTP as a contestant: programs in `bench/erlang`, each run by a node of its own.
 *
 * As its documentation has it for speed: compiled by erlc, long queues off the heap, and records on
 * the way. Distribution is over TCP, or over TLS 1.3 with the certificates of both sides checked,
 * with the suite that reign uses. Nodes find each other without a daemon.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, realpathSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Contestant, Role, Setting, Timing } from "./case.ts";
import { ChildProgram, pathOf, usageOfPrograms } from "./child-program.ts";
import { madeOnce } from "./made-once.ts";
import { type PeerCertificates, peerCertificates } from "./peer-certificates.ts";

const sources = fileURLToPath(new URL("../../bench/erlang", import.meta.url));

export type Distribution = "TCP" | "TLS";

/** A function of `bench_local` in a node of its own. */
export function erlangHere(call: string, { as = "", oneScheduler = false } = {}): Contestant {
  const flags = oneScheduler ? ["+S1"] : [];
  return {
    name: `Erlang/OTP${as}${oneScheduler ? ", +S1" : ""}`,
    available: () => missingErlang(),
    roles: [
      {
        name: "all",
        async start({ folder }) {
          const ebin = await compiled(folder);
          return roleOf(await startErlang(["-pa", ebin, ...flags], `bench_local ${call}`));
        },
      },
    ],
  };
}

/** A function of `bench_remote` in one node, which calls upon another that waits. */
export function erlangBetween(
  distribution: Distribution,
  call: string,
  given: Pick<Contestant, "share"> & {
    readonly args?: readonly number[];
    readonly as?: string;
  } = {},
): Contestant {
  const { args = [], as = "", ...rest } = given;
  return {
    name: `Erlang ${distribution}${as}`,
    ...rest,
    available: () => missingErlang(distribution),
    roles: [
      {
        name: "receiver",
        start: async (setting) => roleOf(await startWaitingErlang(distribution, setting)),
      },
      {
        name: "sender",
        start: async (setting) =>
          roleOf(await startCallingErlang(distribution, setting, call, args)),
      },
    ],
  };
}

export function startWaitingErlang(
  distribution: Distribution,
  setting: Setting,
): Promise<ChildProgram> {
  return startNode(distribution, setting, setting.ports[1], "bench_remote wait");
}

export function startCallingErlang(
  distribution: Distribution,
  setting: Setting,
  call: string,
  args: readonly number[] = [],
): Promise<ChildProgram> {
  const [own, other] = setting.ports;
  return startNode(distribution, setting, own, ["bench_remote", call, other, ...args].join(" "));
}

async function startNode(
  distribution: Distribution,
  setting: Setting,
  port: number,
  call: string,
): Promise<ChildProgram> {
  const ebin = await compiled(setting.folder);
  const flags = [
    ...["-pa", ebin, "-sname", `n${port}@localhost`, "-setcookie", "bench"],
    ...["-start_epmd", "false", "-epmd_module", "bench_epmd"],
    ...["-kernel", "inet_dist_use_interface", "{127,0,0,1}"],
  ];
  if (distribution === "TLS") {
    const file = join(setting.folder, `erlang-${port}.conf`);
    await writeFile(file, tlsTerms(await peerCertificates(setting.folder)));
    flags.push("-proto_dist", "inet_tls", "-ssl_dist_optfile", file);
  }
  return startErlang(flags, call);
}

async function startErlang(flags: readonly string[], call: string): Promise<ChildProgram> {
  // One that the bench leaves while it starts misses its files, and would write a dump where it is.
  const quiet = ["-noshell", "-env", "ERL_CRASH_DUMP_SECONDS", "0"];
  const args = [...quiet, ...flags, "-s", "bench", "main", ...call.split(" ")];
  const program = new ChildProgram(`erl ${call}`, "erl", args);
  await program.line("ready");
  return program;
}

function roleOf(program: ChildProgram): Role {
  return {
    ...usageOfPrograms([program]),
    async round(count) {
      program.tell(`round ${count}`);
      return readDone(await program.line("done"));
    },
  };
}

/** `done seconds=0.5 p50=10`: what a round came to. The side that only waits has no time. */
export function readDone(line: string): Timing | undefined {
  const values = Object.fromEntries(
    line
      .split(" ")
      .slice(1)
      .map((part) => {
        const [name = "", value] = part.split("=");
        return [name, Number(value)] as const;
      }),
  );
  const wrong = Object.values(values).some((value) => !Number.isFinite(value));
  if (!line.startsWith("done") || wrong) {
    throw new Error(`Expected "done name=number ...", got ${JSON.stringify(line)}.`);
  }
  const { seconds = values["bytes"] === undefined ? undefined : 0, ...others } = values;
  return seconds === undefined ? undefined : { seconds, ...others };
}

/** The options of TLS distribution, as Erlang terms. */
export function tlsTerms({ key, cert, ca }: PeerCertificates): string {
  const text = (value: string) => JSON.stringify(value);
  const both =
    `{certfile, ${text(cert)}}, {keyfile, ${text(key)}}, {cacertfile, ${text(ca)}}, ` +
    `{versions, ['tlsv1.3']}, {ciphers, ["TLS_AES_256_GCM_SHA384"]}, {verify, verify_peer}`;
  return `[{server, [${both}, {fail_if_no_peer_cert, true}]},\n {client, [${both}]}].\n`;
}

/** Where the compiled programs lie. */
function compiled(folder: string): Promise<string> {
  return madeOnce(folder, "erlang", (ebin) => {
    const files = readdirSync(sources).filter((name) => name.endsWith(".erl"));
    const paths = files.map((name) => join(sources, name));
    const { status, stdout } = spawnSync("erlc", ["-o", ebin, ...paths], { encoding: "utf8" });
    if (status !== 0) throw new Error(`erlc failed: ${stdout}`);
  });
}

export function missingErlang(distribution?: Distribution): string | undefined {
  const erl = pathOf("erl");
  if (erl === undefined || pathOf("erlc") === undefined) {
    return "erl is not installed (Debian: erlang-base)";
  }
  if (!existsSync("/proc/self/stat")) return "there is no /proc to read its processor time from";
  return distribution === "TLS" && !hasSsl(erl)
    ? "the ssl application of Erlang/OTP is not installed (Debian: erlang-ssl)"
    : undefined;
}

function hasSsl(erl: string): boolean {
  const libraries = join(dirname(realpathSync(erl)), "../lib");
  return existsSync(libraries) && readdirSync(libraries).some((name) => /^ssl-\d/.test(name));
}
