import { expect, test } from "vitest";
import { DecodeError } from "../../src/core/errors.ts";
import { Monitors } from "../../src/runtime/monitors.ts";
import type { PeerChannel } from "../../src/runtime/peer-channel.ts";

function quietChannel(): PeerChannel {
  return {
    peer: "2",
    epoch: "00000000000000aa",
    maxMessageBytes: 1_000,
    full: false,
    idle: true,
    refusedBytes: undefined,
    pendingNameChanges: 0,
    sendMessage: () => undefined,
    sendMonitor: () => {},
    sendDemonitor: () => {},
    sendDown: () => {},
    sendClaim: () => {},
    sendRelease: () => {},
    sync: () => () => {},
  };
}

test("a peer may hold a million monitors, and not one more", () => {
  const monitors = new Monitors({ nodeId: "1", epoch: "00000000000000bb" }, () => {});
  const channel = quietChannel();
  for (let ref = 1; ref <= 1_000_000; ref++) monitors.onMonitor(channel, ref, 7, true);

  expect(() => monitors.onMonitor(channel, 1_000_001, 7, true)).toThrow(DecodeError);
  monitors.onDemonitor(channel, 1);
  expect(() => monitors.onMonitor(channel, 1_000_001, 7, true)).not.toThrow();
});

test("what a peer had asked is forgotten with its link, and no notice is sent into the void", () => {
  const sent: number[] = [];
  const monitors = new Monitors({ nodeId: "1", epoch: "00000000000000bb" }, () => {});
  const channel = { ...quietChannel(), sendDown: (ref: number) => sent.push(ref) };
  monitors.onMonitor(channel, 1, 7, true);
  monitors.onMonitor(channel, 2, 8, true);
  monitors.onMailboxClosed(8);
  monitors.onLinkDown(channel);
  monitors.onMailboxClosed(7);

  expect(sent).toEqual([2]);
});
