/** Whether all nodes know the same names, and each of them those that are claimed. Pure. */

/** The claimants of names: the ids of their mailboxes. */
export type Claimants = Readonly<Record<string, readonly string[]>>;

/** What one node says, when nobody changes names. */
export interface NamesView {
  readonly node: number;
  /** What its program claims. */
  readonly claims: Claimants;
  /** What `lookupAll` gives, for every name that any node ever heard of. */
  readonly seen: Claimants;
  /** `multipleClaimCount`. */
  readonly contested: number;
  /** Of the names that it claims: the claimants that the last `MultipleClaim` told of. */
  readonly told: Claimants;
}

/** What is wrong with what they say; nothing when it fits together. */
export function namesWrong(views: readonly NamesView[]): readonly string[] {
  const union = unionOf(views.map(({ claims }) => claims));
  const contested = [...union.values()].filter((ids) => ids.length > 1).length;
  return views.flatMap((view) => {
    const of = (name: string): string => (union.get(name) ?? []).join(" and ") || "nobody";
    const seen = Object.entries(view.seen)
      .filter(([name, ids]) => sorted(ids).join(" and ") !== (union.get(name) ?? []).join(" and "))
      .map(([name, ids]) => {
        const found = ids.join(" and ") || "nobody";
        return `node ${view.node} finds ${found} under ${name}, claimed by ${of(name)}`;
      });
    const told = Object.keys(view.claims)
      .filter((name) => (union.get(name) ?? []).length > 1)
      .filter((name) => sorted(view.told[name] ?? []).join(" and ") !== of(name))
      .map(
        (name) => `node ${view.node} was last told of other claimants of ${name} than there are`,
      );
    const count = `node ${view.node} counts ${view.contested} contested names of ${contested}`;
    return [...seen, ...told, ...(view.contested === contested ? [] : [count])];
  });
}

function unionOf(all: readonly Claimants[]): ReadonlyMap<string, readonly string[]> {
  const union = new Map<string, readonly string[]>();
  for (const [name, ids] of all.flatMap((claims) => Object.entries(claims))) {
    union.set(name, sorted([...(union.get(name) ?? []), ...ids]));
  }
  return union;
}

function sorted(ids: readonly string[]): readonly string[] {
  return [...ids].sort();
}
