/**
 * A node in a process of its own: `node-process.mjs SPEC ID`. Its mailbox `echo_<ID>` answers each
 * `{ reply, … }` through the address in it. Told "stop" by its parent, or left by it, it
 * terminates.
 */
import { createFromSpecFile, nullLogger } from "reign";

const [, , path, id] = process.argv;
const service = await createFromSpecFile(path, id, { logger: nullLogger });
await service.start();

const { address, mailbox } = service.newMailbox();
const many = Array.from({ length: 1_000 }, () => service.newMailbox().address);
service.names.register(`echo_${id}`, address);

async function stop() {
  await service.terminate();
  if (process.connected) process.disconnect();
}
process.on("message", () => void stop());
process.on("disconnect", () => void service.terminate());
process.send?.("ready");

for await (const message of mailbox) {
  message.reply?.send({ from: id, self: address, many, echo: message });
}
