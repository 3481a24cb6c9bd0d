// What a benchmark found: figures with their units, and beside them the bar that each is held to.
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: 'ms' | 'MB' | 's' | '';
  /** the most that is allowed, where there is such a bar */
  readonly bar?: number;
  /** the least that is asked for, where more is better */
  readonly least?: number;
}

export interface Report {
  readonly bench: string;
  readonly node: string;
  readonly figures: readonly Figure[];
}

const rounded = (value: number): number => (Math.abs(value) >= 100 ? Math.round(value) : +value.toPrecision(3));

/** Nearest rank; of nothing: NaN. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

const held = (value: number, by: number, isMet: boolean, otherwise: string): string =>
  `${isMet ? 'within' : otherwise} ${by} ${by === 0 ? '' : `(${((100 * value) / by).toFixed(0)} %)`}`;

function verdict({ value, bar, least }: Figure): string {
  if (bar !== undefined) return held(value, bar, value <= bar, 'ABOVE');
  return least === undefined ? '' : held(value, least, value >= least, 'BELOW').replace('within', 'at least');
}

export function tableOf({ bench, node, figures }: Report): string {
  const width = Math.max(...figures.map(({ name }) => name.length));
  const rows = figures.map((figure) =>
    `  ${figure.name.padEnd(width)}  ${String(rounded(figure.value)).padStart(8)} ${figure.unit.padEnd(2)}  ${verdict(figure)}`.trimEnd(),
  );
  return [`${bench} on Node ${node}`, ...rows].join('\n');
}
