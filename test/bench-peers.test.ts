import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ChildProgram, pathOf, usageOfPrograms } from "../bench/child-program.ts";
import { readDone, tlsTerms } from "../bench/erlang.ts";
import { madeOnce } from "../bench/made-once.ts";
import { serverConfig } from "../bench/nats.ts";
import { Tally } from "../bench/tally.ts";
import { processFiles, testNeeding } from "./needs.ts";

const files = { key: "/made/node.key", cert: '/made "so"/node.crt', ca: "/made/ca.crt" };

let temp: string;

beforeAll(() => {
  temp = mkdtempSync(join(tmpdir(), "reign-bench-peers-"));
});

afterAll(() => {
  rmSync(temp, { recursive: true });
});

describe("what an Erlang node says of a round", () => {
  test.each([
    ["done", undefined],
    ["done seconds=0.25", { seconds: 0.25 }],
    ["done seconds=9.2e-2 p50=128.5 p99=251", { seconds: 0.092, p50: 128.5, p99: 251 }],
    ["done seconds=0.3 count=16", { seconds: 0.3, count: 16 }],
    ["done bytes=2688", { seconds: 0, bytes: 2688 }],
  ])("is read from the line %j", (line, expected) => {
    expect(readDone(line)).toEqual(expected);
  });

  test.each(["done seconds=soon", "done seconds", "failed seconds=1", ""])(
    "is refused when it is %j",
    (line) => {
      expect(() => readDone(line)).toThrow(`got ${JSON.stringify(line)}`);
    },
  );
});

describe("what the peers are told of TLS", () => {
  test("both ends of an Erlang connection have to show a certificate of the authority", () => {
    const terms = tlsTerms(files);

    expect(terms).toMatch(
      /^\[\{server, .*\{fail_if_no_peer_cert, true\}\]\},\n \{client, .*\}\]\.\n$/,
    );
    expect(terms.match(/\{verify, verify_peer\}/g)).toHaveLength(2);
    expect(terms.match(/\{versions, \['tlsv1\.3'\]\}/g)).toHaveLength(2);
    expect(terms).toContain(String.raw`{certfile, "/made \"so\"/node.crt"}`);
  });

  test("a NATS server listens on this machine alone and asks for certificates", () => {
    const config = serverConfig(4222, files);

    expect(config).toMatch(/^listen: "127\.0\.0\.1:4222"$/m);
    expect(config).toMatch(/^ {2}verify: true$/m);
    expect(config).toContain(String.raw`cert_file: "/made \"so\"/node.crt"`);
  });
});

describe("a program that a role has started", () => {
  const run = (script: string) => new ChildProgram("it", process.execPath, ["-e", script]);
  const echo = `process.stdin.on("data", (line) => process.stdout.write("noise\\ngot " + line))`;

  test("is asked and answers in lines, and others are passed over", async () => {
    const program = run(echo);
    program.tell("one");

    expect(await program.line("got")).toBe("got one");
    await program.end();
  });

  test("fails who waits for it when it ends, with what it said last", async () => {
    const program = run(`console.log("out of memory"); process.exitCode = 3`);

    await expect(program.line("done")).rejects.toThrow("it: it ended (code 3)\nout of memory");
  });

  test("fails who waits for it when it says that it has failed", async () => {
    const program = run(`process.stdin.on("data", () => console.log("failed to connect"))`);
    program.tell("round 1");

    await expect(program.line("done")).rejects.toThrow("it failed to connect");
    await program.end();
  });

  test("fails who waits for it when it is not there", async () => {
    const program = new ChildProgram("it", join(temp, "absent"), []);

    await expect(program.line("done")).rejects.toThrow("ENOENT");
    await program.end();
  });

  testNeeding(processFiles)("counts to its role, until it is gone", async () => {
    const program = run(echo);
    const { memory, end } = usageOfPrograms([program]);
    program.tell("one");
    await program.line("got");

    expect(await memory()).toBeGreaterThan(1_000_000);
    await end();
    expect(await memory()).toBe(0);
  });

  test("is found by its name, or not", () => {
    expect(pathOf("sh")).toMatch(/\/sh$/);
    expect(pathOf("no-such-program")).toBeUndefined();
  });
});

describe("files that several roles need", () => {
  test("are made by the first who asks, and taken as they are by the others", async () => {
    const asked: string[] = [];
    const make = (text: string) =>
      madeOnce(temp, "made", (draft) => {
        asked.push(text);
        writeFileSync(join(draft, "text"), text);
      });

    const path = await make("first");
    expect(await make("second")).toBe(path);

    expect(asked).toEqual(["first"]);
    expect(readFileSync(join(path, "text"), "utf8")).toBe("first");
    expect(readdirSync(temp)).toEqual(["made"]);
  });
});

describe("a tally", () => {
  test("is complete when all of a round have been taken, and then again", async () => {
    let completed = 0;
    const tally = new Tally(() => {
      completed += 1;
    });

    for (const round of [1, 2]) {
      const all = tally.begin(3);
      tally.take(2);
      expect([tally.taken, completed]).toEqual([2, round - 1]);
      tally.take();
      await all;
      expect(completed).toBe(round);
    }
  });

  test("fails a round with what was wrong", async () => {
    const tally = new Tally(() => {});
    const all = tally.begin(3);
    tally.fail(new Error("not what was sent"));

    await expect(all).rejects.toThrow("not what was sent");
  });
});
