/**
 * A chart of lines over logarithmic axes, as the text of an SVG.
 *
 * The same data give the same text, so that a page changes where its figures do. The background is
 * light whatever the reader's is, and no text is placed by what a browser would measure: widths are
 * estimated, generously.
 */
export interface Chart {
  readonly title: string;
  /** What is drawn, and what it is drawn over. */
  readonly y: Axis;
  readonly x: Axis;
  readonly series: readonly Series[];
}

export interface Axis {
  readonly label: string;
  /** What stands at a line of the grid. */
  readonly format: (value: number) => string;
}

export interface Series {
  readonly name: string;
  /** In the order of x, which may begin with 0: it has a place of its own, left of the axis. */
  readonly points: readonly Point[];
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

const width = 760;
const height = 430;
const plot = { left: 78, right: 736, bottom: 366 } as const;
const colours = ["#0969da", "#bc4c00", "#1a7f37", "#8250df", "#bf3989", "#57606a"];
/** More than any letter of the title's font takes on average, in parts of its size. */
const letterWidth = 0.58;
const legendSize = 13;
const legendStep = 20;

/** Throws a `RangeError` for a chart without points, and for points that have no place in it. */
export function drawChart(chart: Chart): string {
  const points = chart.series.flatMap((series) => series.points);
  const wrong = points.find(({ x, y }) => !(x >= 0 && x < Infinity && y > 0 && y < Infinity));
  if (points.length === 0) throw new RangeError(`Expected points in "${chart.title}", got none.`);
  if (wrong !== undefined) {
    const got = `(${wrong.x}, ${wrong.y})`;
    throw new RangeError(`Expected x >= 0 and y > 0 in "${chart.title}", got ${got}.`);
  }
  const legend = legendOf(chart.series);
  const top = legend.bottom + 18;
  const xs = [...new Set(points.map(({ x }) => x))].sort((a, b) => a - b);
  const across = xScale(xs);
  const up = yScale(
    points.map(({ y }) => y),
    top,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" ` +
      `width="${width}" height="${height}" role="img" aria-label="${escaped(chart.title)}" ` +
      `font-family="system-ui, 'Segoe UI', Helvetica, Arial, sans-serif" fill="#1f2328">`,
    `<rect width="${width}" height="${height}" rx="8" fill="#ffffff"/>`,
    text(24, 32, chart.title, `font-size="17" font-weight="600"`),
    text(24, 53, chart.y.label, `font-size="${legendSize}" fill="#57606a"`),
    ...legend.lines,
    ...up.ticks.flatMap((tick) => yTick(up.place(tick), chart.y.format(tick))),
    ...xTicks(xs, across).flatMap((tick) => xTick(across(tick), top, chart.x.format(tick))),
    line(plot.left, plot.bottom, plot.right, plot.bottom, "#8c959f"),
    ...chart.series.flatMap(({ points: own }, i) => curve(own, colourOf(i), across, up.place)),
    text(
      (plot.left + plot.right) / 2,
      height - 18,
      chart.x.label,
      `font-size="${legendSize}" fill="#57606a" text-anchor="middle"`,
    ),
    "</svg>",
    "",
  ].join("\n");
}

type Scale = (value: number) => number;

/** From the least to the greatest; 0 stands one step left of the first that has a logarithm. */
function xScale(xs: readonly number[]): Scale {
  const positive = xs.filter((x) => x > 0);
  const least = Math.log10(positive[0] ?? 1);
  const greatest = Math.log10(positive.at(-1) ?? 1);
  const zero = xs[0] === 0 ? least - 1 : least;
  const span = greatest - zero || 1;
  const at = (x: number) => (x === 0 ? zero : Math.log10(x));
  return (x) => plot.left + 14 + ((at(x) - zero) / span) * (plot.right - plot.left - 28);
}

/** Whole decades, at least two, so that what is flat looks flat. */
function yScale(ys: readonly number[], top: number): { ticks: readonly number[]; place: Scale } {
  const greatest = Math.ceil(Math.log10(Math.max(...ys)) - 1e-9);
  const least = Math.min(Math.floor(Math.log10(Math.min(...ys)) + 1e-9), greatest - 2);
  const ticks = Array.from({ length: greatest - least + 1 }, (_, i) => 10 ** (least + i));
  const span = greatest - least;
  const place = (y: number) => plot.bottom - ((Math.log10(y) - least) / span) * (plot.bottom - top);
  return { ticks, place };
}

/** Of the values of x those whose labels stand clear of each other. */
function xTicks(xs: readonly number[], across: Scale): readonly number[] {
  const apart = 56;
  const shown: number[] = [];
  for (const x of xs) {
    const last = shown.at(-1);
    if (last === undefined || across(x) - across(last) >= apart) shown.push(x);
  }
  return shown;
}

function yTick(y: number, label: string): readonly string[] {
  return [
    line(plot.left, y, plot.right, y, "#d8dee4"),
    text(plot.left - 10, y + 4, label, `font-size="12" text-anchor="end"`),
  ];
}

function xTick(x: number, top: number, label: string): readonly string[] {
  return [
    line(x, top, x, plot.bottom, "#eaeef2"),
    text(x, plot.bottom + 19, label, `font-size="12" text-anchor="middle"`),
  ];
}

function curve(points: readonly Point[], colour: string, across: Scale, up: Scale): string[] {
  const places = points.map(({ x, y }) => [place(across(x)), place(up(y))] as const);
  const path = places.map((each) => each.join(",")).join(" ");
  return [
    `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2.2" ` +
      `stroke-linejoin="round"/>`,
    ...places.map(([x, y]) => `<circle cx="${x}" cy="${y}" r="3.4" fill="${colour}"/>`),
  ];
}

/** Names with a stroke of their colour, in as many lines as they need. */
function legendOf(series: readonly Series[]): { lines: readonly string[]; bottom: number } {
  let x = 24;
  let y = 78;
  const lines = series.flatMap(({ name }, i) => {
    const taken = 24 + name.length * legendSize * letterWidth + 22;
    if (x > 24 && x + taken > plot.right) {
      x = 24;
      y += legendStep;
    }
    const at = x;
    x += taken;
    return [
      `<line x1="${place(at)}" y1="${y - 4}" x2="${place(at + 18)}" y2="${y - 4}" ` +
        `stroke="${colourOf(i)}" stroke-width="3.5" stroke-linecap="round"/>`,
      text(at + 25, y, name, `font-size="${legendSize}"`),
    ];
  });
  return { lines, bottom: y };
}

function colourOf(index: number): string {
  return colours[index % colours.length] ?? "#000000";
}

function line(x1: number, y1: number, x2: number, y2: number, colour: string): string {
  const [a, b, c, d] = [x1, y1, x2, y2].map(place);
  return `<line x1="${a}" y1="${b}" x2="${c}" y2="${d}" stroke="${colour}"/>`;
}

function text(x: number, y: number, content: string, style: string): string {
  return `<text x="${place(x)}" y="${place(y)}" ${style}>${escaped(content)}</text>`;
}

/** Tenths of a pixel: more would be different text for the same picture. */
function place(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
