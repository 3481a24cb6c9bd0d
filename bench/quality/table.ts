// What all traces together say: one line a policy, one a trace, and who is best at which price of unserved work.
import { ours, policies, type Row } from './play.ts';

/** As most people run them. */
const usualTarget = 0.7;
/** 1 % of unserved work costs so many hundredths of what the oracle pays. */
const prices = [20, 60, 100, 300, 1000];

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const geometric = (values: readonly number[]): number => Math.exp(mean(values.map(Math.log)));

export interface Summary {
  readonly policy: string;
  readonly score: number;
  readonly violated: number;
  readonly violatedWorst: number;
  readonly cost: number;
  readonly replicaActions: number;
  readonly nodeActions: number;
}

export function summaryOf(policy: string, rows: readonly Row[]): Summary {
  const judged = rows
    .filter((row) => row.policy === policy && (row.target === null || row.target === usualTarget))
    .map((row) => row.judged);
  return {
    policy,
    score: geometric(judged.map(({ score }) => score)),
    violated: mean(judged.map(({ violatedPercent }) => violatedPercent)),
    violatedWorst: Math.max(...judged.map(({ violatedPercent }) => violatedPercent)),
    cost: mean(judged.map(({ cost }) => cost)),
    replicaActions: mean(judged.map(({ replicaActionsPerDay }) => replicaActionsPerDay)),
    nodeActions: mean(judged.map(({ nodeActionsPerDay }) => nodeActionsPerDay ?? 0)),
  };
}

/** The best single target for all traces at that price. */
function bestAt(
  policy: string,
  price: number,
  rows: readonly Row[],
): { readonly score: number; readonly target: number | null } {
  const own = rows.filter((row) => row.policy === policy);
  const found = [...new Set(own.map(({ target }) => target))].map((target) => ({
    target,
    score: geometric(
      own
        .filter((row) => row.target === target)
        .map(({ judged }) => judged.cost + (price * judged.unservedPercent) / 100),
    ),
  }));
  return found.reduce((best, one) => (one.score < best.score ? one : best));
}

const line = (name: string, cells: readonly string[]): string =>
  `  ${name.padEnd(42)}${cells.map((cell) => cell.padStart(13)).join('')}`;
const percent = (value: number): string => `${value.toFixed(2)} %`;

const summaryLine = (one: Summary): string =>
  line(one.policy, [
    one.score.toFixed(2),
    percent(one.violated),
    percent(one.violatedWorst),
    one.cost.toFixed(2),
    one.replicaActions.toFixed(0),
    one.nodeActions.toFixed(0),
  ]);

/** A dense policy of research, played once in the same world: not a product, and what there is to beat. */
const reference: Summary = {
  policy: 'reference: experts chosen by cost (recorded)',
  score: 1.966,
  violated: 0.765,
  violatedWorst: 1.23,
  cost: 1.68,
  replicaActions: 479,
  nodeActions: 172,
};

export function qualityTable(rows: readonly Row[], withReference: boolean): string {
  const traces = [...new Set(rows.map(({ trace }) => trace))];
  const price = (policy: string): string =>
    line(
      policy,
      prices.map((one) => {
        const { score, target } = bestAt(policy, one, rows);
        return `${score.toFixed(2)}${target === null ? '' : ` (${target})`}`;
      }),
    );
  const ofTrace = (trace: string): string[] =>
    rows.flatMap(({ policy, trace: of, judged }) =>
      policy === ours && of === trace
        ? line(trace, [
            judged.score.toFixed(2),
            percent(judged.violatedPercent),
            percent(judged.unservedPercent),
            judged.cost.toFixed(2),
            judged.replicaActionsPerDay.toFixed(0),
            (judged.nodeActionsPerDay ?? 0).toFixed(0),
          ])
        : [],
    );
  return [
    `over ${traces.length} traces, targets at ${usualTarget}`,
    line('', ['J (geo-mean)', 'violated', 'worst', 'cost', 'pods/day', 'nodes/day']),
    ...policies.map((policy) => summaryLine(summaryOf(policy, rows))),
    ...(withReference ? [summaryLine(reference)] : []),
    '',
    'ours, trace by trace',
    line('', ['J', 'violated', 'unserved', 'cost', 'pods/day', 'nodes/day']),
    ...traces.flatMap(ofTrace),
    '',
    'J by the price of unserved work, each with its best single target',
    line('', prices.map(String)),
    ...policies.map(price),
  ].join('\n');
}
