/** What must never be: how a process tells of it, and how the command hears it. */

/** Each is a row of the report: what there must be none of, and where it is looked for. */
export const violationKinds = {
  order: {
    title: "messages out of order, twice, or not whole",
    done:
      "Senders number their messages for each mailbox; number, length and ends of every message " +
      "are looked at where it comes in. The count is that of rests: about once a minute all is " +
      "healed, the load pauses, and everything is looked at.",
  },
  stranger: {
    title: "messages to another mailbox than theirs, and sends to the dead that were true",
    done:
      "Each message says for whom it is; at each rest a send to the addresses of processes that " +
      "are gone has to be false.",
  },
  notice: {
    title: "watches without exactly one notice, and notices before the names were gone",
    done:
      "Of mailboxes that are opened, shown to all others and closed again, and of those in which " +
      "everybody is reached. Some watches are taken back.",
  },
  account: {
    title: "accounts that did not come out",
    done: "At each rest: in the next two figures' bounds, nothing in doubt but with the gone.",
  },
  names: {
    title: "names that differ from what is claimed",
    done:
      "At each rest, on each node: each name has those claimants who claim it and no others, and " +
      "each claimant was told of the others.",
  },
  recovery: {
    title: "faults after which not all met again in time",
    done: "Within 20 s, until each node has had an answer from each.",
  },
  process: {
    title: "processes that ended by themselves or had something to say",
    done: "Wrote to standard error, logged an error, or lost a link to a broken protocol.",
  },
} as const;

export type ViolationKind = keyof typeof violationKinds;

const mark = "VIOLATION";

/** From within a process that the command has started. */
export function tellOf(kind: ViolationKind, text: string): void {
  process.stderr.write(`${mark} ${kind} ${text}\n`);
}

/** A line that such a process has written. What it should not have written is a violation too. */
export function readLine(line: string): { readonly kind: ViolationKind; readonly text: string } {
  const [first, kind = "", ...words] = line.split(" ");
  if (first === mark && isKind(kind)) return { kind, text: words.join(" ") };
  return { kind: "process", text: `wrote ${line}` };
}

function isKind(text: string): text is ViolationKind {
  return Object.hasOwn(violationKinds, text);
}
