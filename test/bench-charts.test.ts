/** The charts of `npm run bench`, and what the README quotes of its page. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { Timing } from "../bench/case.ts";
import { type Chart, drawChart, type Point } from "../bench/chart.ts";
import { summarize } from "../bench/figures.ts";
import { costOf, type Growth } from "../bench/growth.ts";
import { growths } from "../bench/growths.ts";
import { asBytes, asCount, asSize, asTime } from "../bench/quantities.ts";
import { noQuote, quoteOf, withQuote } from "../bench/readme-quote.ts";
import { growthText, type PlainReport } from "../bench/report.ts";
import { chartsOf } from "../bench/run-growth.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

function chartOf(...lines: readonly (readonly Point[])[]): Chart {
  return {
    title: "Cost & size",
    x: { label: "messages", format: asCount },
    y: { label: "time for each", format: asTime },
    series: lines.map((points, i) => ({ name: `line ${i}`, points })),
  };
}

const growing = [0, 1, 10, 100, 1000].map((x) => ({ x, y: 1e-6 * (x + 1) }));
const flat = growing.map(({ x }) => ({ x, y: 2e-7 }));

/** The numbers of an attribute, in order. */
function numbers(svg: string, pattern: RegExp): number[] {
  return [...svg.matchAll(pattern)].map(([, value]) => Number(value));
}

describe("charts", () => {
  test("the same data are the same text, and another value is another", () => {
    const other = flat.map((point, i) => (i === 2 ? { ...point, y: 9e-7 } : point));

    expect(drawChart(chartOf(growing, flat))).toBe(drawChart(chartOf(growing, flat)));
    expect(drawChart(chartOf(growing, other))).not.toBe(drawChart(chartOf(growing, flat)));
  });

  test("equal factors are equal distances, and 0 stands left of the least by one of them", () => {
    const across = numbers(drawChart(chartOf(growing)), /<circle cx="([\d.]+)"/g);
    const steps = across.slice(1).map((x, i) => x - (across[i] ?? 0));

    expect(steps).toHaveLength(4);
    for (const step of steps) expect(step).toBeCloseTo(steps[0] ?? 0, 0);
  });

  test("what is flat is drawn flat, and what is more is drawn higher", () => {
    const [first] = numbers(drawChart(chartOf(flat)), /<circle [^>]*cy="([\d.]+)"/g);
    const up = numbers(drawChart(chartOf(growing)), /<circle [^>]*cy="([\d.]+)"/g);

    expect(numbers(drawChart(chartOf(flat)), /cy="([\d.]+)"/g)).toEqual(flat.map(() => first));
    expect(up).toEqual([...up].sort((a, b) => b - a));
    expect(new Set(up).size).toBe(up.length);
  });

  test("labels of the axis stand clear of each other, however many values there are", () => {
    const many = Array.from({ length: 200 }, (_, i) => ({ x: i + 1, y: 1 }));
    const labels = numbers(drawChart(chartOf(many)), /<text x="([\d.]+)" y="385"/g);
    const gaps = labels.slice(1).map((x, i) => x - (labels[i] ?? 0));

    expect(labels.length).toBeGreaterThan(3);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(56);
  });

  test("all that is drawn lies within the picture, and a long legend takes a second line", () => {
    const lines = Array.from({ length: 12 }, () => flat);
    const svg = drawChart(chartOf(...lines));
    const entries = numbers(svg, /<text x="[\d.]+" y="([\d.]+)" font-size="13">line/g);

    expect(new Set(entries).size).toBeGreaterThan(1);
    expect(Math.max(...numbers(svg, / x2?="([\d.]+)"/g))).toBeLessThan(760);
    expect(Math.max(...numbers(svg, / [cy]?y2?="([\d.]+)"/g))).toBeLessThan(430);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  test("text is text, whatever is in it, and the background is light", () => {
    const svg = drawChart({ ...chartOf(flat), title: 'a < b & "c"' });

    expect(svg).toContain('aria-label="a &lt; b &amp; &quot;c&quot;"');
    expect(svg).toMatch(/<rect [^>]*fill="#ffffff"/);
  });

  test.each([
    ["got none", []],
    ["got (1, 0)", [{ x: 1, y: 0 }]],
    ["got (-1, 1)", [{ x: -1, y: 1 }]],
    ["got (1, NaN)", [{ x: 1, y: Number.NaN }]],
  ])("points that have no place in it are refused: %s", (expected, points) => {
    expect(() => drawChart(chartOf(points))).toThrow(expected);
  });

  test("quantities are written with their units", () => {
    expect([4e-8, 2e-6, 0.0365, 2].map(asTime)).toEqual(["40 ns", "2 µs", "36.5 ms", "2 s"]);
    expect([16, 4096, 16 * 1024 ** 2].map(asSize)).toEqual(["16 B", "4 KiB", "16 MiB"]);
    expect([94, 1500, 2e6].map(asBytes)).toEqual(["94 B", "1.5 kB", "2 MB"]);
    expect([0, 32, 10_000, 1e6].map(asCount)).toEqual(["0", "32", "10k", "1M"]);
  });
});

describe("growth", () => {
  const rounds = (...seconds: number[]): Timing[] =>
    seconds.map((each) => ({ seconds: each, count: 10 }));
  const growth: Growth = {
    id: "some",
    x: { label: "things", format: asCount },
    sizes: { full: [1, 10], quick: [1] },
    contestants: [],
    charts: [
      { id: "cost", title: "Cost", y: { label: "each", format: asTime }, value: costOf },
      {
        id: "memory",
        title: "Memory",
        y: { label: "each", format: asBytes },
        value: ({ bytes }) => bytes,
      },
    ],
  };

  test("a point is the median of its rounds, and a line without points is not drawn", () => {
    const withBytes = rounds(1).map((each) => ({ ...each, bytes: 94 }));
    const lines = [
      { name: "a", sizes: [{ size: 1, rounds: rounds(30, 10, 20) }] },
      { name: "b", sizes: [{ size: 1, rounds: withBytes }] },
    ];

    const [cost, memory] = chartsOf({ growth, lines });

    expect(cost?.series).toEqual([
      { name: "a", points: [{ x: 1, y: 2 }] },
      { name: "b", points: [{ x: 1, y: 0.1 }] },
    ]);
    expect(memory?.series).toEqual([{ name: "b", points: [{ x: 1, y: 94 }] }]);
    expect(growthText([{ growth, lines }])).toMatch(/Cost: each\nthings +a +b\n +1 +2 s +100 ms/);
  });

  test("each chart has a file of its own, and the sizes grow as far as they are to", () => {
    const ids = growths.flatMap(({ charts }) => charts.map(({ id }) => id));
    const greatest = Object.fromEntries(growths.map(({ id, sizes }) => [id, sizes.full.at(-1)]));

    expect(new Set(ids).size).toBe(ids.length);
    expect(greatest).toEqual({
      backlog: 1_000_000,
      mailboxes: 1_000_000,
      size: 16 * 1024 ** 2,
      peers: 32,
    });
  });
});

describe("what the README quotes", () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const pageAt = (path: string) =>
    JSON.parse(readFileSync(join(root, `${path}.json`), "utf8")) as PlainReport;

  test("is what the page says that it names, or nothing at all", () => {
    const [, page] = /\((bench\/results\/[\d-]+)\.md\)/.exec(readme) ?? [];
    const quote = page === undefined ? noQuote : quoteOf(pageAt(page), `${page}.md`);

    expect(withQuote(readme, quote)).toBe(readme);
  });

  test("is the first contestant, the quickest bare one and Erlang, as far as they were there", () => {
    const figure = (name: string, median: number) => ({
      ...summarize("p50", name, [{ seconds: 1, count: 1, usage: [], p50: median }], []),
    });
    const rows = [figure("reign", 50), figure("raw one", 40), figure("raw two", 30)];
    const result = { case: "R2", title: "", unit: "round trips", measure: "p50" as const };
    const rest = { count: 1, onOneProcessor: true, leftOut: [] };
    const page = { machine: { processors: "2 × X", node: "v20.1.0" } };
    const plain = { ...page, results: [{ ...result, ...rest, rows }] };
    const erlang = [figure("Erlang TLS", 100), figure("Erlang TCP", 20)];
    const beside = { ...page, results: [{ ...result, ...rest, rows: [...rows, ...erlang] }] };

    expect(quoteOf(plain, "page.md")).toContain("[one run](page.md) on 2 × X, Node.js 20.1.0.");
    expect(quoteOf(plain, "page.md")).toContain("(µs p50) | 50 | 30 | – |");
    expect(quoteOf(beside, "page.md")).toContain("(µs p50) | 50 | 30 | 100 |");
  });

  test("has a place, and nothing else of the README is touched", () => {
    const quoted = withQuote(readme, "<figures>");

    expect(quoted.split("<figures>")).toHaveLength(2);
    for (const part of quoted.split("<figures>")) expect(readme).toContain(part);
    expect(() => withQuote("nothing", "<figures>")).toThrow('Expected "<!-- figures');
  });
});
