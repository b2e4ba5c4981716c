/**
 * `reign chat`: runs `examples/chat.ts` of this package.
 *
 * What the command does and what people are told to copy is one program, so that it cannot be right
 * in one place and wrong in the other. An example imports `reign` by its name, as any program does,
 * and nothing in `src` may do that; so it is compiled by itself, after `src`
 * (`tsconfig.examples.json`), and found through `imports` in package.json. A name, and not a path
 * put together here: what is imported can be read, by people and by the checks.
 */
import { Command } from "commander";

interface ChatFlags {
  readonly clusterspec: string;
}

const description =
  "Chat with the other nodes of a cluster. What you type goes to all that run; with two nodes,\n" +
  "to the other one. Ctrl-D ends it. The program is examples/chat.ts of this package, to copy.";

export function chatCommand(): Command {
  return new Command("chat")
    .summary("chat with the other nodes of a cluster")
    .description(description)
    .argument("<id>", "which node of the cluster this is, such as 1")
    .option("--clusterspec <file>", "the cluster's spec", "cluster.json")
    .action(async (id: string, { clusterspec }: ChatFlags) => {
      const { main } = await import("#examples/chat");
      await main(id, clusterspec);
    });
}
