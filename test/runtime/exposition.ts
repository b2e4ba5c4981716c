/**
 * Reads the text format of Prometheus (0.0.4) as its grammar has it, and throws at the first line
 * that is not of it.
 */
export interface MetricFamily {
  readonly type: string;
  readonly help: string;
  readonly samples: { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
}

const name = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const help = new RegExp(`^# HELP (${name}) ((?:[^\\\\]|\\\\[\\\\n])+)$`);
const type = new RegExp(`^# TYPE (${name}) (counter|gauge)$`);
const sample = new RegExp(`^(${name})(?:\\{(.*)\\})? (-?[0-9]+(?:\\.[0-9]+)?(?:e[+-]?[0-9]+)?)$`);
const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[\\"n])*)"(,|$)/y;

export function readExposition(text: string): Map<string, MetricFamily> {
  if (!text.endsWith("\n")) throw new Error("The last line has no end.");
  const families = new Map<string, MetricFamily>();
  const seen = new Set<string>();
  let described: string | undefined;
  let open: string | undefined;
  for (const line of text.slice(0, -1).split("\n")) {
    const [helpLine, typeLine, sampleLine] = [help, type, sample].map((form) => form.exec(line));
    if (helpLine) {
      described = helpLine[1] ?? "";
      if (families.has(described)) throw new Error(`${described} comes twice.`);
      families.set(described, { type: "", help: helpLine[2] ?? "", samples: [] });
    } else if (typeLine) {
      const [, of = "", kind = ""] = typeLine;
      const family = families.get(of);
      if (of !== described || family === undefined) throw new Error(`No help before: ${line}`);
      families.set(of, { ...family, type: kind });
      open = of;
    } else if (sampleLine) {
      const [, of = "", labels = "", value = ""] = sampleLine;
      const family = families.get(of);
      if (of !== open || family === undefined) throw new Error(`Out of its family: ${line}`);
      const series = `${of}{${labels}}`;
      if (seen.has(series)) throw new Error(`Twice: ${line}`);
      seen.add(series);
      family.samples.push({ labels: readLabels(labels), value: Number(value) });
    } else throw new Error(`Not of the format: ${line}`);
  }
  return families;
}

function readLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  label.lastIndex = 0;
  while (label.lastIndex < text.length) {
    const found = label.exec(text);
    const [, key = "", value = ""] = found ?? [];
    if (found === null || key in labels) throw new Error(`Not labels: ${text}`);
    labels[key] = value.replaceAll(/\\(.)/g, (_, after: string) => (after === "n" ? "\n" : after));
  }
  return labels;
}
