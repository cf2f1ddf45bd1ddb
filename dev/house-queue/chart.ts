/** Lines over two logarithmic axes, as SVG: three panels below each other, readable in a dark page too. */
export interface Panel {
  title: string;
  x: Axis;
  y: Axis;
  lines: { name: string; points: [x: number, y: number][] }[];
}

interface Axis {
  label: string;
  /** Powers of ten. */
  from: number;
  to: number;
}

const WIDTH = 760;
const HEIGHT = 300;
const LEFT = 70;
const RIGHT = 120;
const TOP = 40;
const BOTTOM = 50;
/** Told apart by people who do not see all colours (Okabe and Ito), and by their marks. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7'];
/** Names of lines are at least so far from each other. */
const NAME_HEIGHT = 14;

export function chart(panels: readonly Panel[]): string {
  const height = panels.length * HEIGHT;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    ...panels.map((panel, n) => `<g transform="translate(0 ${n * HEIGHT})">\n${draw(panel)}\n</g>`),
    '</svg>\n',
  ].join('\n');
}

function draw({ title, x, y, lines }: Panel): string {
  const across = scale(x, LEFT, WIDTH - RIGHT);
  const up = scale(y, HEIGHT - BOTTOM, TOP);
  const ends = spread(lines.map(({ points }) => points.at(-1)!).map(([px, py]) => [across(px), up(py)]));
  return [
    `<text x="${LEFT}" y="22" font-size="14" font-weight="bold">${title}</text>`,
    ...ticks(x).map((at) => gridLine(across(at), TOP, across(at), HEIGHT - BOTTOM)),
    ...ticks(y).map((at) => gridLine(LEFT, up(at), WIDTH - RIGHT, up(at))),
    ...ticks(x).map((at) => text(across(at), HEIGHT - BOTTOM + 16, label(at), 'middle')),
    ...ticks(y).map((at) => text(LEFT - 8, up(at) + 4, label(at), 'end')),
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 14, x.label, 'middle'),
    `<text transform="translate(16 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">${y.label}</text>`,
    ...lines.map(({ name, points }, n) => {
      const colour = COLOURS[n % COLOURS.length]!;
      const path = points.map(([px, py]) => `${round(across(px))},${round(up(py))}`);
      const marks = path
        .map((at) => at.split(','))
        .map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="2.5"/>`);
      const [endX] = points.at(-1)!;
      return [
        `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${path.join(' ')}"/>`,
        `<g fill="${colour}">${marks.join('')}${text(across(endX) + 8, ends[n]! + 4, name, 'start')}</g>`,
      ].join('\n');
    }),
  ].join('\n');
}

/** Where a value lies between two places; what is beyond the axis lies at its end. */
function scale({ from, to }: Axis, start: number, end: number): (value: number) => number {
  const decades = Math.log10(to / from);
  return (value) => {
    const share = Math.log10(Math.min(to, Math.max(from, value)) / from) / decades;
    return start + share * (end - start);
  };
}

const ticks = ({ from, to }: Axis): number[] =>
  Array.from({ length: Math.round(Math.log10(to / from)) + 1 }, (_, n) => from * 10 ** n);

/** Heights of names, moved apart where lines end at one place. */
function spread(places: readonly [x: number, y: number][]): number[] {
  const heights = places.map(([, y]) => y);
  const lowest = new Map<number, number>();
  for (const n of places.map((_, each) => each).toSorted((a, b) => heights[a]! - heights[b]!)) {
    const [x, y] = places[n]!;
    heights[n] = Math.max(y, (lowest.get(x) ?? -Infinity) + NAME_HEIGHT);
    lowest.set(x, heights[n]);
  }
  return heights;
}

const gridLine = (x1: number, y1: number, x2: number, y2: number) =>
  `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="#ddd"/>`;

const text = (x: number, y: number, what: string, anchor: string) =>
  `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${what}</text>`;

const round = (value: number) => String(Math.round(value * 10) / 10);
const label = (value: number) => value.toLocaleString('en-US');
