/** The text format in which Prometheus reads figures (version 0.0.4). */

export type Labels = Readonly<Record<string, string>>;

/** The samples of one name. */
export interface Family {
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
  readonly samples: readonly (readonly [value: number, labels?: Labels])[];
}

/** Each sample has the labels of `all` too. A family without samples is left out. */
export function expositionText(families: readonly Family[], all: Labels): string {
  return families
    .filter(({ samples }) => samples.length > 0)
    .map((family) => familyText(family, all))
    .join("");
}

function familyText({ name, type, help, samples }: Family, all: Labels): string {
  const lines = samples.map(([value, own]) => `${name}${labelText({ ...all, ...own })} ${value}`);
  return `${[`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines].join("\n")}\n`;
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return `{${pairs.join(",")}}`;
}

/** The three characters that cannot stand for themselves in the value of a label. */
function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
