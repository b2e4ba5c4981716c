/** The figures that a node lives by: their defaults, and what may be given for them. */

/** Limits and times of a node. All times are milliseconds. */
export interface ServiceSettings {
  /**
   * A ping is sent when nothing else was sent to a peer for so long. Default 5,000. Shorter finds a
   * silent peer sooner and costs a few bytes more. The seed's `DefaultPingInterval` (30 s there).
   */
  readonly pingInterval: number;
  /**
   * A link is closed when so many pings in a row got no byte in return. Default 4. The seed's
   * `MaxSequentialPingFailures` (5 there).
   */
  readonly maxSequentialPingFailures: number;
  /**
   * A link is closed when nothing was read from it for so long. Default 20,000, as four times
   * `pingInterval`; at least twice that. The seed's `DeadlineInterval` (5 minutes there) and
   * Erlang's `net_ticktime`.
   */
  readonly deadlineInterval: number;
  /** How long two nodes may take to agree on a link, from the connection on. Default 5,000. */
  readonly handshakeTimeout: number;
  /**
   * The longest wait between two tries to reach a node. Waits are drawn at random below a ceiling
   * that doubles from 100 up to this. Default 10,000.
   */
  readonly maxReconnectDelay: number;
  /**
   * The largest message, encoded, that is sent or taken. Default 16 MiB. Peers agree on the
   * smaller.
   */
  readonly maxMessageBytes: number;
  /** How many bytes may wait for one peer before `send` refuses. Default 8 MiB. */
  readonly maxPendingBytes: number;
  /**
   * What becomes of a peer that does not take what waits for it. `refuse`, the default: `send` is
   * `false` while too much waits, and the link stays as long as the peer shows signs of life.
   * `disconnect`: the same, but the link is closed when bytes wait and the system has taken none of
   * them for `writeDeadline`. It takes them in pieces of 64 KiB.
   */
  readonly overload: "refuse" | "disconnect";
  /** See `overload`. Default 10,000. NATS has the same figure for its write deadline. */
  readonly writeDeadline: number;
  /**
   * What the receiver of a message shares with its sender, where both are on this node; to another
   * node goes a copy in any case. `share`, the default: the message itself, which the sender gives
   * up. `copy`: nothing, as in Erlang. The message is encoded and decoded by the first codec, so
   * that the same is refused, and arrives, as on another node. `freeze`: the message itself, frozen
   * with all that is in it, so that changing it throws: for development.
   */
  readonly isolation: "share" | "copy" | "freeze";
  /**
   * How many connections that came in may wait at once without having proven to be a node. Default
   * 64. More let more nodes come up at once through a flood of strangers, each of whom costs up to
   * 100 KiB.
   */
  readonly maxPendingHandshakes: number;
  /**
   * How many of them may be of one IP address without having said a whole TLS hello. Default 8.
   * More help nodes that are far away behind an address from which a flood comes.
   */
  readonly maxPendingPerAddress: number;
}

export const defaultSettings: ServiceSettings = Object.freeze({
  pingInterval: 5_000,
  maxSequentialPingFailures: 4,
  deadlineInterval: 20_000,
  handshakeTimeout: 5_000,
  maxReconnectDelay: 10_000,
  maxMessageBytes: 16 * 1024 * 1024,
  maxPendingBytes: 8 * 1024 * 1024,
  overload: "refuse",
  writeDeadline: 10_000,
  isolation: "share",
  maxPendingHandshakes: 64,
  maxPendingPerAddress: 8,
});

export const settingKeys: readonly string[] = Object.freeze(Object.keys(defaultSettings));

const words = {
  overload: ["refuse", "disconnect"],
  isolation: ["share", "copy", "freeze"],
} as const;

type WordSetting = keyof typeof words;
type NumberSetting = Exclude<keyof ServiceSettings, WordSetting>;

const ranges: { readonly [K in NumberSetting]: readonly [least: number, most: number] } = {
  pingInterval: [10, 2 ** 31 - 1],
  maxSequentialPingFailures: [1, 1_000],
  deadlineInterval: [20, 2 ** 31 - 1],
  handshakeTimeout: [10, 2 ** 31 - 1],
  maxReconnectDelay: [1, 2 ** 31 - 1],
  maxMessageBytes: [64, 2 ** 30],
  maxPendingBytes: [1, 2 ** 40],
  writeDeadline: [10, 2 ** 31 - 1],
  maxPendingHandshakes: [1, 65_536],
  maxPendingPerAddress: [1, 65_536],
};

/**
 * Fills in the defaults. A `RangeError` names the setting that is out of range or contradicts
 * another.
 */
export function resolveSettings(given: Partial<ServiceSettings>): ServiceSettings {
  const settings = {
    ...defaultSettings,
    overload: wordOf("overload", given),
    isolation: wordOf("isolation", given),
  };
  for (const key of Object.keys(ranges) as NumberSetting[]) {
    const value = given[key];
    if (value === undefined) continue;
    const [least, most] = ranges[key];
    if (!Number.isInteger(value) || value < least || value > most) {
      throw new RangeError(
        `Expected ${key} to be a whole number from ${least} to ${most}, got ${shown(value)}.`,
      );
    }
    settings[key] = value;
  }
  if (given.deadlineInterval === undefined && given.pingInterval !== undefined) {
    settings.deadlineInterval = Math.min(4 * settings.pingInterval, 2 ** 31 - 1);
  }
  if (settings.deadlineInterval < 2 * settings.pingInterval) {
    throw new RangeError(
      `Expected deadlineInterval to be at least twice pingInterval, got ` +
        `${settings.deadlineInterval} and ${settings.pingInterval}: healthy links would be closed.`,
    );
  }
  return Object.freeze(settings);
}

function wordOf<K extends WordSetting>(
  key: K,
  given: Partial<ServiceSettings>,
): (typeof words)[K][number] {
  const { [key]: word = defaultSettings[key] }: Readonly<Record<string, unknown>> = { ...given };
  const known = words[key].find((each) => each === word);
  if (known !== undefined) return known;
  const wanted = words[key].map((each) => `"${each}"`).join(" or ");
  throw new RangeError(`Expected ${key} to be ${wanted}, got ${shown(word)}.`);
}

/** Whatever somebody gave, in a word or two. */
function shown(value: unknown): string {
  if (typeof value === "number") return String(value);
  return typeof value === "string" ? JSON.stringify(value) : `a value of type ${typeof value}`;
}
