// One chart: lines over time on a canvas, with a legend and a text in its place for those who cannot see it.
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { useWords } from './words.ts';

export interface Line {
  readonly name: string;
  /** a class of the stylesheet, which knows the colours of both themes */
  readonly look: 'line-a' | 'line-b' | 'line-c';
  readonly values: readonly (number | null)[];
  readonly step?: boolean;
  readonly area?: boolean;
}

interface Props {
  readonly title: string;
  readonly times: readonly number[];
  readonly lines: readonly Line[];
}

const height = 150;
const twoDigits = (value: number): string => String(value).padStart(2, '0');
const clockOf = (seconds: number): string => {
  const at = new Date(seconds * 1000);
  return `${twoDigits(at.getHours())}:${twoDigits(at.getMinutes())}`;
};
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });

/** Seconds: nothing below a minute, or the same minute would stand at the axis twice. */
const wholeMinutes = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440].map((minutes) => minutes * 60);

/** Replicas, VMs and requests are counted in whole numbers. */
const wholeSteps = [1, 2, 5]
  .flatMap((step) => Array.from({ length: 8 }, (_, power) => step * 10 ** power))
  .sort((a, b) => a - b);

function optionsFor(place: HTMLElement, lines: readonly Line[]): uPlot.Options {
  // The canvas cannot read the stylesheet's variables: it asks elements that carry them.
  const colour = (selector: string): string => getComputedStyle(place.querySelector(selector) ?? place).color;
  const axis: uPlot.Axis = {
    stroke: () => colour('.axis'),
    grid: { stroke: () => colour('.grid'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui, sans-serif',
  };
  const step = uPlot.paths.stepped?.({ align: 1 });
  return {
    width: place.clientWidth,
    height,
    legend: { show: false },
    cursor: { x: false, y: false, points: { show: false }, drag: { x: false, y: false } },
    padding: [8, 16, 0, 0],
    scales: { y: { range: (_chart, _low, high) => [0, Math.max(1, (high ?? 0) * 1.1)] } },
    axes: [
      { ...axis, size: 24, space: 70, incrs: wholeMinutes, values: (_chart, splits) => splits.map(clockOf) },
      {
        ...axis,
        size: 44,
        space: 36,
        incrs: wholeSteps,
        values: (_chart, splits) => splits.map((value) => short.format(value)),
      },
    ],
    series: [
      {},
      ...lines.map(({ look, step: stepped, area }): uPlot.Series => ({
        stroke: () => colour(`.${look}`),
        width: look === 'line-b' ? 1.5 : 2,
        ...(look === 'line-b' ? { dash: [5, 4] } : {}),
        ...(area === true ? { fill: () => colour(`.${look}`).replace(/^rgb\((.*)\)$/, 'rgba($1, 0.16)') } : {}),
        ...(stepped === true && step !== undefined ? { paths: step } : {}),
        points: { show: false },
      })),
    ],
  };
}

export function Chart({ title, times, lines }: Props) {
  const { say, number } = useWords();
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);

  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const drawn = new uPlot(optionsFor(element, lines), [[], ...lines.map(() => [])], element);
    chart.current = drawn;
    const sizes = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height }));
    sizes.observe(element);
    const redraw = (): void => drawn.redraw(false);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', redraw);
    const theme = new MutationObserver(redraw);
    theme.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    return () => {
      sizes.disconnect();
      theme.disconnect();
      dark.removeEventListener('change', redraw);
      drawn.destroy();
    };
  }, []);

  useEffect(() => {
    chart.current?.setData([[...times], ...lines.map((line) => [...line.values])]);
  }, [times, lines]);

  const latest = lines.map((line) => `${line.name} ${number(line.values.at(-1))}`).join(', ');
  return (
    <figure>
      <figcaption>
        <h3>{title}</h3>
        <ul class="legend">
          {lines.map((line) => (
            <li key={line.name}>
              <span class={`swatch ${line.look}`} aria-hidden="true" />
              {line.name} <b>{number(line.values.at(-1))}</b>
            </li>
          ))}
        </ul>
      </figcaption>
      <div ref={place} class="chart" role="img" aria-label={say('page.chart.now', { title, latest })}>
        {lines.map((line) => (
          <span key={line.look} class={line.look} />
        ))}
        <span class="axis" />
        <span class="grid" />
      </div>
    </figure>
  );
}
