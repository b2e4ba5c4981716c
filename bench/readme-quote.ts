/**
 * What the README says of figures: a few of the latest page, and nothing else. `--save` writes it,
 * and a test compares it with the page's figures.
 */
import type { Machine } from "../measure/machine.ts";
import { threeDigits } from "./quantities.ts";
import { type PlainResult, unitOf } from "./report.ts";

const quotedCases = [
  { id: "L1", words: "messages from one sender to one mailbox, each awaited" },
  { id: "L2", words: "ping-pong between two mailboxes" },
  { id: "L5", words: "a token in a ring of 1,000 mailboxes" },
  { id: "L4-idle", words: "memory of an idle mailbox" },
  { id: "R1", words: "100-byte objects between two processes over mutual TLS" },
  { id: "R2", words: "ping-pong over mutual TLS" },
] as const;

const from = "<!-- figures: written by npm run bench -- --save -->";
const to = "<!-- end of figures -->";

/** What stands there as long as there is no page that was taken on a quiet machine. */
export const noQuote: string = `${from}\n${to}`;

/** What of a page's figures is quoted. */
interface QuotedReport {
  readonly machine: Pick<Machine, "processors" | "node">;
  readonly results: readonly PlainResult[];
}

/** `page` is where the figures come from, as a link in the README has it. */
export function quoteOf({ machine, results }: QuotedReport, page: string): string {
  const rows = quotedCases.flatMap(({ id, words }) => {
    const result = results.find((each) => each.case === id);
    return result === undefined ? [] : [rowOf(words, result)];
  });
  return [
    from,
    `Of [one run](${page}) on ${machine.processors}, Node.js ${machine.node.slice(1)}. The last`,
    "columns are the same work by the quickest of the bare loops over rings or sockets, and by",
    "Erlang/OTP:",
    "",
    "| | reign | plain Node.js | Erlang/OTP |",
    "|---|--:|--:|--:|",
    ...rows,
    to,
  ].join("\n");
}

/** The README with this instead of what it quoted before. Throws where it has no place for it. */
export function withQuote(readme: string, quote: string): string {
  const start = readme.indexOf(from);
  const end = readme.indexOf(to);
  if (start < 0 || end < start) {
    throw new Error(`Expected "${from}" and "${to}" in the README, in this order.`);
  }
  return readme.slice(0, start) + quote + readme.slice(end + to.length);
}

function rowOf(words: string, result: PlainResult): string {
  const { rows, measure } = result;
  const best = (begin: string) => {
    // The same work: "await receive()" is compared with a promise and not with a handler, and what
    // goes over TLS not with what goes over TCP.
    const found = rows.filter(({ contestant }) => {
      return contestant.startsWith(begin) && !/handler|TCP/.test(contestant);
    });
    const medians = found.map(({ median }) => median);
    if (medians.length === 0) return "–";
    return threeDigits(measure === "rate" ? Math.max(...medians) : Math.min(...medians));
  };
  const reign = rows[0] === undefined ? "–" : threeDigits(rows[0].median);
  return `| ${words} (${unitOf(result)}) | ${reign} | ${best("raw")} | ${best("Erlang")} |`;
}
