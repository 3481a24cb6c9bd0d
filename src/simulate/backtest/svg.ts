// Draws what happened over time as one SVG: load, what was ready, what was expected, and where it was not enough.

export interface Line {
  readonly values: ArrayLike<number>;
  readonly className: string;
  /** where several ticks share a place: the most, or the least, of them */
  readonly pick: 'most' | 'least';
}

export interface Band {
  readonly from: ArrayLike<number>;
  readonly to: ArrayLike<number>;
  readonly className: string;
}

export interface Plot {
  /** ticks: the first, and the one after the last */
  readonly from: number;
  readonly until: number;
  readonly area: ArrayLike<number> | null;
  readonly bands: readonly Band[];
  readonly lines: readonly Line[];
  /** ticks that get a mark below the plot */
  readonly marks: readonly { readonly at: (tick: number) => boolean; readonly className: string }[];
  /** what is written below: by tick */
  readonly timeText: (tick: number) => string;
  readonly height: number;
}

const width = 1_100;
const left = 56;
const bottom = 34;
const top = 8;
const mostPlaces = 1_000;
const gridLines = 4;
const timeTexts = 6;

/** 1, 2 or 5 and zeros: the least above the value. */
function roundAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1e-9)));
  return ([1, 2, 5, 10].find((factor) => factor * power >= value) ?? 10) * power;
}

/** The ticks of a plot shared out to the places that can be told apart. */
class Places {
  readonly #plot: Plot;
  readonly count: number;

  constructor(plot: Plot) {
    this.#plot = plot;
    this.count = Math.max(1, Math.min(mostPlaces, plot.until - plot.from));
  }

  begin(place: number): number {
    const { from, until } = this.#plot;
    return from + Math.floor(((until - from) * place) / this.count);
  }

  x(place: number): number {
    return left + ((width - left) * place) / this.count;
  }

  /** NaN: nothing is known there. */
  value(values: ArrayLike<number>, place: number, pick: Line['pick']): number {
    let found = Number.NaN;
    for (let tick = this.begin(place); tick < this.begin(place + 1); tick++) {
      const value = values[tick] ?? Number.NaN;
      if (Number.isNaN(value)) continue;
      if (Number.isNaN(found) || (pick === 'most' ? value > found : value < found)) found = value;
    }
    return found;
  }

  some(place: number, at: (tick: number) => boolean): boolean {
    for (let tick = this.begin(place); tick < this.begin(place + 1); tick++) if (at(tick)) return true;
    return false;
  }
}

const short = (value: number): string => String(Math.round(value * 10) / 10);

export function svgOf(plot: Plot): string {
  const { area, bands, lines, marks, height } = plot;
  const places = new Places(plot);
  const each = [...Array(places.count).keys()];
  const series = [...(area === null ? [] : [area]), ...lines.map(({ values }) => values), ...bands.map(({ to }) => to)];
  const highest = Math.max(
    1e-9,
    ...each.map((place) => Math.max(0, ...series.map((one) => places.value(one, place, 'most') || 0))),
  );
  const scale = roundAbove(highest / gridLines) * gridLines;
  const floor = height - bottom;
  const y = (value: number): string => short(floor - ((floor - top) * Math.min(value, scale)) / scale);

  /** As steps: it stays until it changes. Gaps begin a new piece. */
  const path = (values: ArrayLike<number>, pick: Line['pick']): string => {
    const parts: string[] = [];
    let drawn: string | null = null;
    for (const place of each) {
      const value = places.value(values, place, pick);
      if (Number.isNaN(value)) {
        drawn = null;
        continue;
      }
      const height = y(value);
      if (drawn === null) parts.push(`M${short(places.x(place))} ${height}`);
      else if (drawn !== height) parts.push(`V${height}`);
      parts.push(`H${short(places.x(place + 1))}`);
      drawn = height;
    }
    return parts.join('');
  };
  const closed = (values: ArrayLike<number>): string => `${path(values, 'most')}L${width} ${floor}L${left} ${floor}Z`;
  const bandPath = ({ from, to }: Band): string =>
    each
      .map((place) => [places.value(from, place, 'least'), places.value(to, place, 'most')] as const)
      .map(([low, high], place) =>
        Number.isNaN(low) || Number.isNaN(high)
          ? ''
          : `M${short(places.x(place))} ${y(low)}V${y(high)}H${short(places.x(place + 1))}V${y(low)}Z`,
      )
      .join('');
  const grid = [...Array(gridLines + 1).keys()].map((line) => {
    const value = (scale * line) / gridLines;
    return `<path class="grid" d="M${left} ${y(value)}H${width}"/><text class="axis" x="${left - 6}" y="${Number(y(value)) + 4}" text-anchor="end">${Number(value.toPrecision(3))}</text>`;
  });
  const times = [...Array(timeTexts).keys()].map((number) => {
    const place = Math.floor((places.count * number) / timeTexts);
    return `<text class="axis" x="${short(places.x(place))}" y="${height - 4}">${plot.timeText(places.begin(place))}</text>`;
  });
  const marked = marks.map(({ at, className }, row) => {
    const from = floor + 4 + row * 6;
    const d = each
      .filter((place) => places.some(place, at))
      .map((place) => `M${short(places.x(place))} ${from}V${from + 5}`);
    return `<path class="${className}" d="${d.join('')}"/>`;
  });
  return [
    `<svg viewBox="0 0 ${width} ${height}" role="img">`,
    ...grid,
    ...(area === null ? [] : [`<path class="area" d="${closed(area)}"/>`]),
    ...bands.map((band) => `<path class="${band.className}" d="${bandPath(band)}"/>`),
    ...lines.map(({ values, className, pick }) => `<path class="line ${className}" d="${path(values, pick)}"/>`),
    ...marked,
    ...times,
    '</svg>',
  ].join('');
}
