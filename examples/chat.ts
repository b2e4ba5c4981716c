/**
 * People chat from processes that find each other by name. Copy this file and start from it.
 *
 *     npx reign init         once: makes certificates and a cluster.json
 *     npx reign chat 1       in one shell
 *     npx reign chat 2       in another
 *
 * Each process has one mailbox, which it registers as `chatter_ID`. What is typed goes to the
 * mailboxes of the others, looked up by name each time; what arrives is shown. Whoever is there is
 * watched, so that everybody sees it when somebody leaves, were it by pulling the plug.
 */
import { clearScreenDown, createInterface, cursorTo, moveCursor } from "node:readline";
import {
  type Address,
  type ConnectionService,
  createFromSpecFile,
  isAddress,
  type Mailbox,
  MailboxClosed,
  MultipleClaim,
  nullLogger,
} from "reign";

/** One line of the conversation. The address in it is alive: it could be answered. */
interface Line {
  readonly from: Address<Line>;
  readonly text: string;
}

/** Everything that may come to a chatter's mailbox, the two notices of the library among it. */
type ChatMessage = Line | MailboxClosed | MultipleClaim;

/** Chats as node `id` of the cluster until the input ends, or until Ctrl-C. */
export async function main(id: string, clusterspec = "cluster.json"): Promise<void> {
  const leaving = new AbortController();
  const leave = () => leaving.abort();
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, leave);
  // Whoever read our output may have had enough of it.
  process.stdout.on("error", leave);

  const screen = openScreen(leaving.signal);
  // Only what keeps nodes apart until somebody mends it, as a wrong certificate does.
  const logger = { ...nullLogger, error: (_: object, text: string) => screen.complain(text) };
  try {
    const service = await createFromSpecFile(clusterspec, id, { logger });
    try {
      await new Chat(service, screen, leaving.signal).run();
    } finally {
      await service.terminate();
    }
  } finally {
    screen.close();
    for (const signal of signals) process.off(signal, leave);
    process.stdout.off("error", leave);
  }
}

class Chat {
  readonly #service: ConnectionService;
  readonly #screen: Screen;
  readonly #signal: AbortSignal;
  readonly #others: readonly string[];
  readonly #address: Address<ChatMessage>;
  readonly #mailbox: Mailbox<ChatMessage>;
  /** Who is watched: the node of a mailbox by the mailbox's id, which is what a notice has. */
  readonly #watched = new Map<string, string>();
  /** How long lines that are piped in still wait for somebody to come, all together. */
  #patienceMs: number;

  constructor(service: ConnectionService, screen: Screen, signal: AbortSignal) {
    this.#service = service;
    this.#screen = screen;
    this.#signal = signal;
    this.#others = [...service.cluster.nodes.keys()].filter((other) => other !== service.nodeId);
    const { address, mailbox } = service.newMailbox<ChatMessage>();
    this.#address = address;
    this.#mailbox = mailbox;
    this.#patienceMs = screen.isTerminal ? 0 : 10_000;
  }

  async run(): Promise<void> {
    const { names, nodeId } = this.#service;
    names.register(nameOf(nodeId), this.#address);
    await this.#service.start();
    const received = this.#receive();
    for (const other of this.#others) this.#watchInBackground(other);
    try {
      await this.#sendLines();
    } catch (error) {
      // Leaving ends every wait, each with an error.
      if (!this.#signal.aborted) throw error;
    } finally {
      // Tells whoever watches us, and ends `#receive`.
      this.#mailbox.close();
    }
    await received;
  }

  async #sendLines(): Promise<void> {
    this.#screen.prompt();
    for await (const line of this.#screen.lines) {
      await this.#send(line);
      this.#screen.prompt();
    }
  }

  async #send(text: string): Promise<void> {
    if (this.#present().length === 0 && this.#patienceMs > 0) await this.#waitForSomebody();
    let sent = 0;
    for (const other of this.#present()) {
      // Whoever pipes in a novel is faster than the network.
      await other.ready({ signal: this.#signal });
      if (other.send({ from: this.#address, text })) sent += 1;
    }
    if (sent === 0) this.#screen.complain(`${this.#absence()}, so nobody got that`);
  }

  /** Looked up anew for each line: an address that was kept could be of somebody who left. */
  #present(): Address<Line>[] {
    const { names } = this.#service;
    return this.#others.flatMap((other) => names.lookup<Line>(nameOf(other)) ?? []);
  }

  async #waitForSomebody(): Promise<void> {
    this.#screen.complain(`${this.#absence()}: waiting`);
    const began = Date.now();
    const options = { signal: this.#signal, timeout: this.#patienceMs };
    const waits = this.#others.map((other) => this.#service.names.wait(nameOf(other), options));
    await Promise.any(waits).catch(() => {});
    this.#patienceMs = Math.max(0, this.#patienceMs - (Date.now() - began));
  }

  #watchInBackground(nodeId: string): void {
    // It fails in one way only: we are leaving.
    this.#watch(nodeId).catch(() => {});
  }

  /** Waits for somebody to come, and asks to be told when they leave. */
  async #watch(nodeId: string): Promise<void> {
    const other = await this.#service.names.wait(nameOf(nodeId), { signal: this.#signal });
    this.#watched.set(other.id, nodeId);
    // Read it as: you over there, upon your closing notify me.
    other.onCloseNotify(this.#address);
    this.#screen.show(`* node ${nodeId} is here`);
  }

  /** Takes everything until the mailbox is closed. What nobody takes would stay in it. */
  async #receive(): Promise<void> {
    for await (const message of this.#mailbox) {
      if (message instanceof MailboxClosed) {
        this.#onClosed(message);
      } else if (message instanceof MultipleClaim) {
        const nodes = message.claimants.map(({ nodeId }) => nodeId).join(", ");
        this.#screen.show(`* the name ${message.name} is claimed by nodes ${nodes}`);
      } else if (isLine(message)) {
        this.#screen.show(`node ${message.from.nodeId}: ${message.text}`);
      }
    }
  }

  #onClosed({ id, reason }: MailboxClosed): void {
    const nodeId = this.#watched.get(id);
    if (nodeId === undefined) return;
    this.#watched.delete(id);
    this.#screen.show(`* node ${nodeId} has left (${reason})`);
    this.#watchInBackground(nodeId);
  }

  #absence(): string {
    const [first, ...more] = this.#others;
    if (first === undefined) return "this cluster has no other node";
    if (more.length === 0) return `node ${first} is not running yet`;
    return `nodes ${this.#others.join(", ")} are not running yet`;
  }
}

function nameOf(nodeId: string): string {
  return `chatter_${nodeId}`;
}

/** The types hold what this program sends. What others send is looked at. */
function isLine(message: unknown): message is Line {
  if (typeof message !== "object" || message === null) return false;
  const { from, text } = message as Partial<Line>;
  return isAddress(from) && typeof text === "string";
}

type Screen = ReturnType<typeof openScreen>;

/** A terminal with a prompt that nothing tears, or plain standard input and output. */
function openScreen(signal: AbortSignal) {
  const { stdin: input, stdout: output, stderr: errors } = process;
  const isTerminal = Boolean(input.isTTY && output.isTTY);
  const terminal = isTerminal ? { output, prompt: "> ", terminal: true } : { terminal: false };
  const editor = createInterface({ input, signal, ...terminal });
  // Asked for at once: lines that come before anybody asks are lost.
  const lines = editor[Symbol.asyncIterator]();
  let open = true;
  editor.once("close", () => {
    open = false;
    if (isTerminal) output.write("\n");
  });

  function write(stream: NodeJS.WriteStream, text: string): void {
    // No character that came from elsewhere may move the cursor.
    const line = `${text.replaceAll(/\p{Cc}/gu, " ")}\n`;
    if (!isTerminal || !open) {
      stream.write(line);
      return;
    }
    // Takes away what is being typed, cursor at its end, and puts it back below the new line.
    const behindCursor = Array.from(editor.line.slice(editor.cursor));
    editor.write(null, { ctrl: true, name: "e" });
    const { rows, cols } = editor.getCursorPos();
    moveCursor(output, 0, -rows);
    cursorTo(output, 0);
    clearScreenDown(output);
    stream.write(line);
    // A row that is just full ends with a blank in the next one, as readline has it.
    output.write(`${editor.getPrompt()}${editor.line}${cols === 0 ? " " : ""}`);
    cursorTo(output, cols);
    for (const _ of behindCursor) editor.write(null, { name: "left" });
  }

  return {
    isTerminal,
    lines,
    show: (text: string) => write(output, text),
    complain: (text: string) => write(errors, `* ${text}`),
    prompt: () => {
      if (isTerminal && open) editor.prompt();
    },
    close: () => editor.close(),
  };
}

// `reign chat` calls `main`. A copy of this file runs by itself: `node chat.ts 1`, from Node 22.18
// on.
if (process.argv[1] === import.meta.filename) {
  const [id = "1", clusterspec] = process.argv.slice(2);
  await main(id, clusterspec);
}
