// A backtest for people: one table, the worst moment of each, and what could not be played.
import { fillText, type Texts } from '../../model/texts.ts';
import type { PlayedPolicy, PrintedFigures, Report } from './report.ts';
import type { Note } from './subject.ts';

const wide = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]/g;

/** Chinese characters take two places. */
const widthOf = (text: string): number => text.length + (text.match(wide)?.length ?? 0);
const padStart = (text: string, width: number): string => ' '.repeat(Math.max(0, width - widthOf(text))) + text;
const padEnd = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)));

/** The first column to the left, the others to the right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => widthOf(row[column] ?? ''))));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? padEnd(cell, widths[column] ?? 0) : padStart(cell, widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

const nothing = '–';
const fixed = (value: number | null, digits: number): string => (value === null ? nothing : value.toFixed(digits));
const percent = (value: number): string => `${value < 1 ? value.toFixed(3) : value.toFixed(2)} %`;

const figureColumns = [
  'violated',
  'unserved',
  'replicaHours',
  'nodeHours',
  'cost',
  'score',
  'changes',
  'nodeChanges',
] as const;

const cellsOf = (figures: PrintedFigures): string[] => [
  percent(figures.violatedPercent),
  percent(figures.unservedPercent),
  fixed(figures.replicaHours, 0),
  fixed(figures.nodeHours, 0),
  fixed(figures.cost, 2),
  fixed(figures.score, 2),
  fixed(figures.replicaActionsPerDay, 0),
  fixed(figures.nodeActionsPerDay, 0),
];

export const headings = (texts: Texts): string[] =>
  figureColumns.map((column) => fillText(texts, `cli.simulate.column.${column}`));

export interface Row {
  readonly name: string;
  readonly cells: readonly string[];
}

/** What was played, what was done, and what could have been done. */
export function rowsOf({ policies, wasDone, oracle }: Report, texts: Texts): Row[] {
  const say = (code: string): string => fillText(texts, `cli.simulate.${code}`);
  return [
    ...policies.map(({ name, figures }) => ({ name, cells: cellsOf(figures) })),
    ...(wasDone === null ? [] : [{ name: say('wasDone'), cells: cellsOf(wasDone) }]),
    {
      name: say('oracle'),
      cells: [
        percent(0),
        percent(0),
        fixed(oracle.replicaHours, 0),
        fixed(oracle.nodeHours, 0),
        '1.00',
        '1.00',
        nothing,
        nothing,
      ],
    },
  ];
}

export function noteText({ code, facts }: Note, texts: Texts): string {
  const { why } = facts;
  const told = why === undefined ? facts : { ...facts, why: fillText(texts, `cli.simulate.why.${why}`) };
  return fillText(texts, `cli.simulate.note.${code}`, told);
}

export function headingOf({ trace, world }: Report, texts: Texts): string {
  const facts = {
    name: trace.name,
    days: trace.days.toFixed(1),
    judged: trace.judgedDays.toFixed(1),
    since: trace.judgedFrom,
    step: world.step,
    capacity: world.capacity,
  };
  return fillText(texts, 'cli.simulate.heading', facts);
}

export function worstText({ name, figures }: Pick<PlayedPolicy, 'name' | 'figures'>, texts: Texts): string {
  const worst = figures.largestShortfall;
  return worst === null
    ? fillText(texts, 'cli.simulate.noShortfall', { policy: name })
    : fillText(texts, 'cli.simulate.shortfall', {
        policy: name,
        count: worst.replicas,
        load: worst.load,
        at: worst.at,
      });
}

/** The frontier: of settings that cost less and serve more there are none. */
export function suggestionRows({ suggestions }: Report, texts: Texts): Row[] {
  return suggestions.map(({ what, target, utilizationPercent, onFrontier, best, figures }) => {
    const facts = { target, percent: Math.round(utilizationPercent) };
    const mark = best
      ? fillText(texts, 'cli.simulate.best')
      : onFrontier
        ? fillText(texts, 'cli.simulate.frontier')
        : '';
    return {
      name: `${fillText(texts, `cli.simulate.suggest.${what}`, facts)} ${mark}`.trimEnd(),
      cells: cellsOf(figures),
    };
  });
}

const tableOf = (rows: readonly Row[], texts: Texts): string[] =>
  table([['', ...headings(texts)], ...rows.map(({ name, cells }) => [name, ...cells])]);

export function reportText(report: Report, texts: Texts): string {
  const suggestions = suggestionRows(report, texts);
  const lines = [
    headingOf(report, texts),
    '',
    ...tableOf(rowsOf(report, texts), texts),
    '',
    ...report.policies.map((one) => worstText(one, texts)),
    ...(report.wasDone === null
      ? []
      : [worstText({ name: fillText(texts, 'cli.simulate.wasDone'), figures: report.wasDone }, texts)]),
    ...(suggestions.length === 0
      ? []
      : ['', fillText(texts, 'cli.simulate.suggestions'), ...tableOf(suggestions, texts)]),
    ...(report.notes.length === 0 ? [] : ['']),
    ...report.notes.map((note) => `- ${noteText(note, texts)}`),
  ];
  return `${lines.join('\n')}\n`;
}
