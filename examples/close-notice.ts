/**
 * Asks a question and does not wait for ever: an answer, or a notice that none can come.
 *
 * Watching before asking, and then waiting for whichever of the two is first, is how a safe call is
 * made. It is the same whether the other mailbox is closed, its process is killed, or the network
 * to it is lost; `reason` tells which of these is known.
 *
 * Erlang: what `gen_server:call` does with a monitor.
 */
import { type Address, type ConnectionService, MailboxClosed, noClustering } from "reign";

interface Question {
  readonly text: string;
  readonly replyTo: Address<Answer>;
}
interface Answer {
  readonly answer: string;
}

async function ask(
  service: ConnectionService,
  server: Address<Question>,
  text: string,
): Promise<string> {
  const { address, mailbox } = service.newMailbox<Answer | MailboxClosed>();
  server.onCloseNotify(address);
  server.send({ text, replyTo: address });
  const reply = await mailbox.receive();
  // It was for this question alone. What comes late finds it closed, and is dropped.
  mailbox.close();
  if (reply instanceof MailboxClosed) return `no answer: ${reply.reason}`;
  return reply.answer;
}

export async function main(print: (line: string) => void = console.log): Promise<void> {
  const service = noClustering();
  const { address, mailbox } = service.newMailbox<Question>();
  const serving = serve();

  print(await ask(service, address, "are you there?"));
  print(await ask(service, address, "please stop"));
  print(await ask(service, address, "and now?"));

  await serving;
  await service.terminate();

  async function serve(): Promise<void> {
    for await (const { text, replyTo } of mailbox) {
      if (text === "please stop") mailbox.close();
      else replyTo.send({ answer: `yes, you asked: ${text}` });
    }
  }
}

// By itself: `node examples/close-notice.ts`, from Node 22.18 on.
if (process.argv[1] === import.meta.filename) await main();
