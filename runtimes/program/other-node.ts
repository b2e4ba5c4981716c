/** The other process: node 2 of the cluster in this folder. It does as it is asked. */
import { createFromSpecFile, MultipleClaim, type NewMailbox, nullLogger } from "reign";
import { codecMakers, isCodecName } from "./codec-makers.ts";
import type { Request } from "./request.ts";

// Its input ends when the process that started it is gone, however that came.
process.stdin.on("close", () => process.exit(1));
process.stdin.resume().unref();

const [, , codec] = process.argv;
if (!isCodecName(codec)) throw new TypeError(`Expected the name of a codec, got ${codec}.`);
const codecs = [codecMakers[codec]()];
const service = await createFromSpecFile("cluster.json", "2", { logger: nullLogger, codecs });
const { address, mailbox } = service.newMailbox<Request | MultipleClaim>();
const claims = new Map<string, NewMailbox<unknown>>();
service.names.register("other", address);
await service.start();

for await (const request of mailbox) {
  if (request instanceof MultipleClaim) continue;
  if (request.type === "end") break;
  if (request.type === "echo") {
    request.from.send({ type: "answer", value: request.value, about: address });
    continue;
  }
  const claim = claims.get(request.name) ?? service.newMailbox();
  claims.set(request.name, claim);
  if (request.type === "claim") service.names.register(request.name, claim.address);
  else claim.mailbox.close();
  request.from.send({ type: "answer", value: undefined, about: claim.address });
}
await service.terminate();
