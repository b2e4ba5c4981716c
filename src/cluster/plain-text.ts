/** Text that others have a say in, made fit for a line of a log: bounded, and one line. */

const longestText = 128;
const longestStack = 1_000;

/** Visible characters, cut at 128: nothing that could end or recolour a line. */
export function plain(text: string, limit: number = longestText): string {
  const cut = text.length > limit ? `${text.slice(0, limit - 1)}…` : text;
  return cut.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, "\u{fffd}");
}

export interface ThrownText {
  readonly type: string;
  readonly message: string;
  /** Where it came from, innermost first. */
  readonly stack?: string;
}

/** What somebody's code threw, which may be anything, and throw again when it is looked at. */
export function describeThrown(thrown: unknown): ThrownText {
  try {
    if (!(thrown instanceof Error)) return { type: typeof thrown, message: plain(String(thrown)) };
    const { name, message, stack } = thrown;
    const places = String(stack ?? "").match(/(?<=^ +at ).*$/gm) ?? [];
    return {
      type: plain(String(name)),
      message: plain(String(message)),
      ...(places.length === 0 ? {} : { stack: plain(places.join(" < "), longestStack) }),
    };
  } catch {
    return { type: typeof thrown, message: "something that cannot be shown" };
  }
}
