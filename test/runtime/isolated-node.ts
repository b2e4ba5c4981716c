/** A node by itself under some isolation, and a mailbox of it. */
import { expect } from "vitest";
import { noClustering } from "../../src/cluster/create.ts";
import { nullLogger } from "../../src/cluster/logger.ts";
import type { ServiceSettings } from "../../src/runtime/settings.ts";
import { createRecordingTelemetry } from "../../src/testing/recording-telemetry.ts";

export class Order {
  id: number;
  note: unknown;

  constructor(id: number, note?: unknown) {
    this.id = id;
    this.note = note;
  }
}

export function openNode(isolation: ServiceSettings["isolation"], more: object = {}) {
  const telemetry = createRecordingTelemetry();
  const service = noClustering({ isolation, logger: nullLogger, telemetry, ...more });
  const { address, mailbox } = service.newMailbox();
  return { service, telemetry, address, mailbox };
}

export type Node = ReturnType<typeof openNode>;

export function passed({ address, mailbox }: Node, message: unknown): Promise<unknown> {
  expect(address.send(message)).toBe(true);
  return mailbox.receive();
}
