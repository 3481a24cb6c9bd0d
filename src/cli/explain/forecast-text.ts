// What is expected of a target's load, explained: how far it is believed, and what each horizon is worth in replicas.
import type { ForecastReading } from '../../model/plan.ts';
import { columns, paragraph, type Row } from './page.ts';
import { number, type Voice } from './voice.ts';

export function forecastLines(forecast: ForecastReading | undefined, { say, times }: Voice): readonly string[] {
  if (forecast === undefined) return [];
  const { metric, mode, state, doubt, coverage, historySeconds, trouble } = forecast;
  const believed = [
    say(`forecast.${state}`),
    ...(doubt === null ? [] : [say(`forecast.${doubt}`)]),
    ...(mode === 'preview' ? [say('forecast.preview')] : []),
    ...(coverage === null ? [] : [say('forecast.coverage', { percent: Math.round(coverage * 100) })]),
    say('forecast.history', { span: times.span(historySeconds * 1000) }),
  ];
  const rows: Row[] = (['pods', 'nodes', 'keep'] as const).flatMap((horizon): Row[] => {
    const load = forecast[horizon];
    if (load === null) return [];
    const { aheadSeconds, expected, upper, by, replicas } = load;
    const span = times.span(aheadSeconds * 1000);
    const facts = { span, expected: number(expected), upper: number(upper), by, count: replicas };
    return [['', say(`forecast.${horizon}`, facts)]];
  });
  return [
    ...columns([[metric, believed.join(say('comma'))], ...rows]),
    ...(trouble === undefined ? [] : paragraph(say('forecast.trouble', { why: trouble }))),
  ];
}
