// The runner's words: a line a file, each failure with what was expected and what came, a sum.
import { inspect } from 'node:util';
import type { CaseReport, FileReport } from './vector.ts';

const counted = (cases: readonly CaseReport[]) => {
  const count = (verdict: string): number => cases.filter(({ result }) => result.verdict === verdict).length;
  return { passed: count('passed'), failed: count('failed'), deviates: count('deviates') };
};

const summed = (cases: readonly CaseReport[]): string => {
  const { passed, failed, deviates } = counted(cases);
  return `${passed} passed, ${failed} failed${deviates === 0 ? '' : `, ${deviates} deviates`}`;
};

const shown = (value: unknown): string => inspect(value, { depth: null, breakLength: Infinity, maxStringLength: 500 });

export function linesOf(report: FileReport): readonly string[] {
  if (report.problem !== null && report.cases.length === 0) return [`${report.name} ${report.problem}`];
  return [
    ...(report.problem === null ? [] : [`${report.name} ${report.problem}`]),
    `${report.name} ${summed(report.cases)}`,
    ...report.cases.flatMap(({ id, name, result }) =>
      result.verdict === 'failed'
        ? [`  ${id} ${name}`, `    expected ${shown(result.expected)}`, `    got      ${shown(result.got)}`]
        : [],
    ),
  ];
}

export function sumOf(reports: readonly FileReport[]): string {
  const run = reports.filter((report) => report.problem === null);
  const broken = reports.filter((report) => report.problem !== null).length;
  return [
    `${run.length} files: ${summed(run.flatMap((report) => report.cases))}`,
    ...(broken === 0 ? [] : [`${broken} files could not be judged`]),
  ].join('; ');
}

export const isGood = (reports: readonly FileReport[]): boolean =>
  reports.length > 0 &&
  reports.every(({ problem, cases }) => problem === null && cases.every(({ result }) => result.verdict !== 'failed'));
