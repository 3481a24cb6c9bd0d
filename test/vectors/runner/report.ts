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
  if (!report.run) return [`${report.name} not run`];
  return [
    ...(report.problem === null ? [] : [`${report.name} ${report.problem}`]),
    `${report.name} ${summed(report.cases)}`,
    ...report.left.map((array) => `  ${array} not run`),
    ...report.cases.flatMap(({ id, name, result }) =>
      result.verdict === 'failed'
        ? [`  ${id} ${name}`, `    expected ${shown(result.expected)}`, `    got      ${shown(result.got)}`]
        : [],
    ),
  ];
}

export function sumOf(reports: readonly FileReport[]): string {
  const run = reports.filter((report) => report.run && report.problem === null);
  const broken = reports.filter((report) => report.problem !== null).length;
  const left = reports.filter((report) => !report.run).length;
  const arrays = reports.flatMap((report) => report.left).length;
  return [
    `${run.length} files: ${summed(run.flatMap((report) => report.cases))}`,
    ...(broken === 0 ? [] : [`${broken} files could not be judged`]),
    ...(left === 0 ? [] : [`${left} files not run`]),
    ...(arrays === 0 ? [] : [`${arrays} arrays not run`]),
  ].join('; ');
}

export const isGood = (reports: readonly FileReport[]): boolean =>
  reports.some((report) => report.run) &&
  reports.every(({ problem, cases }) => problem === null && cases.every(({ result }) => result.verdict !== 'failed'));
