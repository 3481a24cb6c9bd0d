// Formulas over metrics within a PodPolicy: refused at the character that is wrong, or where they name what is not there.
import type { Formula } from '../formula/formula.ts';
import { parseFormula } from '../formula/parse.ts';
import { coalescesToNumber, metricPlaces } from '../formula/walk.ts';
import { nearestKey } from './documents.ts';
import type { ProblemPath } from './problem.ts';
import { valueAt } from './shape.ts';
import type { Finding } from './source.ts';

interface Written {
  readonly path: ProblemPath;
  readonly metric: unknown;
  readonly name: string | null;
  readonly text: string | null;
}

const has = (metric: unknown, key: string): boolean => valueAt(metric, [key]) !== undefined;
const isInput = ({ metric, text }: Written): boolean => text === null && valueAt(metric, ['use']) === 'formula';

/** Of all metrics of a policy: a formula is judged beside what it reads. */
export function formulaFindings(raw: unknown): Finding[] {
  const list = valueAt(raw, ['spec', 'metrics']);
  const metrics = (Array.isArray(list) ? list : []).map((metric: unknown, index): Written => {
    const [name, text] = [valueAt(metric, ['name']), valueAt(metric, ['formula'])];
    return {
      path: ['spec', 'metrics', index],
      metric,
      name: typeof name === 'string' ? name : null,
      text: typeof text === 'string' ? text : null,
    };
  });
  const readings = metrics.flatMap((one) =>
    one.text === null ? [] : [{ place: [...one.path, 'formula'], reading: parseFormula(one.text) }],
  );
  const readable = readings.every(({ reading }) => reading.kind === 'formula');
  const used = readings.flatMap(({ reading }) => (reading.kind === 'formula' ? reading.formula.inputs : []));
  return [
    ...readings.flatMap(({ place, reading }) =>
      reading.kind === 'formula'
        ? contentFindings(place, reading.formula, metrics)
        : [{ code: 'WrongFormula' as const, path: place, offset: reading.offset, message: reading.message }],
    ),
    ...metrics.flatMap((one) => [
      ...(one.text === null ? [] : formulaKeys(one)),
      ...(isInput(one) ? inputFindings(one) : []),
      ...(isInput(one) && readable && !used.includes(one.name ?? '') ? [unused(one)] : []),
      ...(one.name === 'last' && readings.length > 0 ? [namedLast(one)] : []),
    ]),
    ...nothingDecides(raw, metrics),
  ];
}

function contentFindings(path: ProblemPath, formula: Formula, metrics: readonly Written[]): Finding[] {
  const measured = metrics.flatMap(({ name, text }) => (name === null || text !== null ? [] : [name]));
  const formulas = metrics.flatMap(({ name, text }) => (name === null || text === null ? [] : [name]));
  const names = metricPlaces(formula).flatMap(({ offset, text }): Finding[] => {
    if (measured.includes(text)) return [];
    const wrong = { code: 'WrongFormula' as const, path, offset };
    if (formulas.includes(text)) {
      const message = `"${text}" is a formula itself: a formula reads metrics that are measured`;
      return [{ ...wrong, message, mend: 'write the text of that formula in its place, in parentheses' }];
    }
    const near = nearestKey(text, measured);
    const message = `there is no metric "${text}"${near === null ? '' : `, did you mean "${near}"?`}`;
    return [{ ...wrong, message, mend: `metrics of this policy that it can read: ${measured.join(', ') || 'none'}` }];
  });
  const constant: Finding[] =
    formula.inputs.length > 0
      ? []
      : [{ code: 'WrongFormula', path, message: 'the formula reads no metric', mend: 'name at least one' }];
  return [
    ...names,
    ...constant,
    ...coalescesToNumber(formula).map(({ offset, text }): Finding => ({
      code: 'NumberForUnknown',
      severity: 'warning',
      path,
      offset,
      message: `"${text}" decides with a made-up number whenever there is no answer`,
      mend: 'write ?? last for the last known value, or leave it out: unknown then never lowers',
    })),
  ];
}

const wrongKey = (path: ProblemPath, key: string, message: string, mend: string): Finding => ({
  code: 'WrongValue',
  path: [...path, key],
  at: 'key',
  message,
  mend,
});

/** What only makes sense of something that Prometheus is asked for. */
const formulaKeys = ({ path, metric }: Written): Finding[] =>
  ['use', 'split', 'by']
    .filter((key) => has(metric, key))
    .map((key) =>
      key === 'use'
        ? wrongKey(path, key, 'a formula is read by no other formula', 'take use out and give the formula a target')
        : wrongKey(path, key, `${key} goes with query only`, 'write it where the formula reads from'),
    );

/** What would have no effect: an input has no say of its own. */
function inputFindings({ path, metric }: Written): Finding[] {
  const mends: Readonly<Record<string, string>> = {
    target: 'take target out, or take use out: a metric with a target can be read by formulas too',
    activation: 'write activation with the formula',
    by: 'put the pods together in the query: sum(…) or avg(…)',
    unknown: 'say in the formula what stands in, NAME ?? last, or write unknown with the formula',
  };
  const idle = Object.entries(mends)
    // the default, written out, asks for nothing
    .filter(([key]) => has(metric, key) && valueAt(metric, [key]) !== 'hold')
    .map(([key, mend]) => wrongKey(path, key, `use: formula makes it an input only, ${key} has no effect there`, mend));
  if (!has(metric, 'resource') || has(metric, 'target')) return idle;
  const message = 'without a target a resource counts in nothing: in percent of the requests or as it is?';
  const mend = 'write target: instead of use: formula; a metric with a target can be read by formulas too';
  return [wrongKey(path, 'use', message, mend), ...idle];
}

const unused = ({ path, name }: Written): Finding => ({
  code: 'UnusedMetric',
  severity: 'warning',
  path: [...path, 'use'],
  at: 'key',
  message: `no formula reads ${name === null ? 'this metric' : `"${name}"`}: it is asked for in vain`,
  mend: 'name it in a formula, or take it out',
});

const namedLast = ({ path }: Written): Finding => ({
  code: 'WrongValue',
  path: [...path, 'name'],
  message: '"last" is a word of formulas: no metric beside a formula can have this name',
  mend: 'give it another name',
});

function nothingDecides(raw: unknown, metrics: readonly Written[]): Finding[] {
  if (metrics.length === 0 || !metrics.every(isInput) || valueAt(raw, ['spec', 'schedule']) !== undefined) return [];
  return [
    {
      code: 'WrongValue',
      path: ['spec', 'metrics'],
      at: 'key',
      message: 'nothing decides: every metric is only an input of formulas',
      mend: "add {name: load, formula: '…', target: {averageValue: 100}}",
    },
  ];
}
