/**
 * `reign init`: what a first cluster needs, in one folder. `initCluster` has what it does and why.
 */
import { relative } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { initCluster } from "../carriers/tls/init-cluster.ts";

interface InitFlags {
  readonly nodes?: number;
  readonly organization: string;
  readonly days: number;
  readonly dir: string;
  readonly cluster: string;
  readonly renew?: true;
}

const description =
  "Make a certificate authority, a certificate for each node and a cluster.json.\n" +
  "Files that are there already are used, so that running it again adds what is missing.";

/** Writes one line for each file it makes, then what to type next. */
export function initCommand(
  write: (text: string) => void = (text) => process.stdout.write(text),
): Command {
  return new Command("init")
    .summary("make certificates and a cluster.json")
    .description(description)
    .addOption(
      new Option(
        "--nodes <count>",
        "certificates for nodes 1 to this number (default: those of the cluster.json, else 2)",
      ).argParser(wholeNumber),
    )
    .addOption(new Option("--organization <name>", "shown in them").default("reign_user"))
    .addOption(
      new Option("--days <days>", "how long they are valid").default(365).argParser(wholeNumber),
    )
    .addOption(new Option("--dir <folder>", "where the files go").default(".", "this folder"))
    .addOption(new Option("--cluster <name>", "the name of the cluster").default("reign"))
    .option("--renew", "make certificates and keys of nodes anew, keeping the old as *.old")
    .action(async (flags: InitFlags) => {
      const { made, specFile, nodes } = await initCluster(flags);
      for (const file of made) write(`Made ${file}\n`);
      if (made.length === 0) write("Everything was there already; nothing was made.\n");
      write(`\n${nextSteps(nodes, specFile)}`);
    });
}

function nextSteps(nodes: number, specFile: string): string {
  const isDefault = relative(".", specFile) === "cluster.json";
  const spec = isDefault ? "" : ` --clusterspec ${quoted(specFile)}`;
  const first = `Next, in this shell:     npx reign chat 1${spec}\n`;
  return nodes < 2 ? first : `${first}and in another shell:    npx reign chat 2${spec}\n`;
}

function quoted(path: string): string {
  return /[\s"'$&()<>|;`\\*?]/.test(path) ? JSON.stringify(path) : path;
}

function wholeNumber(text: string): number {
  if (!/^[0-9]{1,6}$/.test(text)) throw new InvalidArgumentError("Expected a whole number.");
  return Number(text);
}
