import { expect, test } from "vitest";
import { createTlsServices } from "./tls-services.ts";

const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

test.each([true, false])(
  "a trace context goes with a message over TLS, if the other node has the option: %s",
  async (has) => {
    await using services = await createTlsServices(["1", "2"]);
    const one = await services.start("1", { traceContext: () => traceparent });
    const two = await services.start("2", has ? { traceContext: () => undefined } : {});
    await one.connected(2, { timeout: 10_000 });
    const { mailbox, address } = two.newMailbox<{ size: number; bytes: Uint8Array }>();
    const there = one.address<{ size: number; bytes: Uint8Array }>(address.id);
    for (const size of [1, 200_000]) {
      there.send({ size, bytes: new Uint8Array(size).fill(9) });
      const message = await mailbox.receive();

      expect([message.size, message.bytes.length, message.bytes.at(-1)]).toEqual([size, size, 9]);
      expect(two.traceparentOf(message)).toBe(has ? traceparent : undefined);
    }
  },
);
