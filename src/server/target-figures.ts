// Figures of each target, written out of the newest report when they are asked for: 20,000 targets cost a tick nothing.
import type { PodDecision } from '../model/plan.ts';
import type { TargetReport, TickReport } from '../model/report.ts';
import { targetKey, type TargetRef } from '../model/target.ts';

type Add = (value: number | null, label?: string) => void;

export interface TargetFigure {
  readonly name: string;
  readonly help: string;
  /** an unknown number is no number, least of all the old one: null gives no series */
  readonly read: (decision: PodDecision, bounds: TargetReport | undefined, add: Add) => void;
}

const horizons = ['pods', 'nodes', 'keep'] as const;

const label = (name: string, value: string): string =>
  `${name}="${value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')}"`;

export const targetFigures: readonly TargetFigure[] = [
  { name: 'desired_replicas', help: 'Replicas that are wanted.', read: ({ desired }, _, add) => add(desired) },
  {
    name: 'current_replicas',
    help: 'Replicas that the target asks for now.',
    read: ({ current }, _, add) => add(current),
  },
  { name: 'min_replicas', help: "The policy's minimum.", read: (_, bounds, add) => add(bounds?.min ?? null) },
  { name: 'max_replicas', help: "The policy's maximum.", read: (_, bounds, add) => add(bounds?.max ?? null) },
  {
    name: 'policy_mode',
    help: 'Always 1; the mode in force is a label.',
    read: ({ mode }, _, add) => add(1, label('mode', mode)),
  },
  {
    name: 'query_lag_seconds',
    help: 'Age of the newest sample behind a metric.',
    read: ({ metrics }, _, add) => {
      for (const { name, ageSeconds } of metrics) add(ageSeconds, label('metric', name));
    },
  },
  {
    name: 'metric_unknown',
    help: '1 while a metric has no usable value.',
    read: ({ metrics }, _, add) => {
      for (const { name, state } of metrics) add(state === 'ok' ? 0 : 1, label('metric', name));
    },
  },
  {
    name: 'forecast_expected',
    help: 'The load that is expected at its highest until pods, or VMs, that are asked for now serve, and twice as far.',
    read: ({ forecast }, _, add) => {
      for (const horizon of horizons) add(forecast?.[horizon]?.expected ?? null, label('horizon', horizon));
    },
  },
  {
    name: 'forecast_upper',
    help: 'What the load stays below until then, as decisions take it.',
    read: ({ forecast }, _, add) => {
      for (const horizon of horizons) add(forecast?.[horizon]?.upper ?? null, label('horizon', horizon));
    },
  },
  {
    name: 'forecast_coverage',
    help: 'The share of its own bounds that held of late.',
    read: ({ forecast }, _, add) => add(forecast?.coverage ?? null),
  },
  {
    name: 'forecast_trusted',
    help: '1 while the forecast is trusted, 0 while it is not; the state is a label.',
    read: ({ forecast }, _, add) => {
      if (forecast !== undefined) add(forecast.state === 'trusted' ? 1 : 0, label('state', forecast.state));
    },
  },
  {
    name: 'direction_changes',
    help: 'Changes of direction within the flap budget.',
    read: ({ facts: { directionChanges: changes } }, _, add) => add(typeof changes === 'number' ? changes : null),
  },
];

/** Not plain `namespace` and `name`: Prometheus puts its own `namespace` on what it scrapes. */
const targetLabels = new WeakMap<TargetRef, string>();

function labelsOf(target: TargetRef): string {
  let labels = targetLabels.get(target);
  if (labels === undefined) {
    const { namespace, kind, name } = target;
    labels = `${label('target_namespace', namespace)},${label('target_kind', kind)},${label('target_name', name)}`;
    targetLabels.set(target, labels);
  }
  return labels;
}

const targetsAPiece = 256;

/** As Prometheus reads it, some targets at a time. */
export function* figurePieces(
  { help, read }: TargetFigure,
  name: string,
  { plan, targets = {} }: Pick<TickReport, 'plan' | 'targets'>,
  cluster: string,
): Generator<string, undefined> {
  let text = `# HELP ${name} ${help}\n# TYPE ${name} gauge\n`;
  const common = label('cluster', cluster);
  let labels = '';
  const add: Add = (value, more) => {
    if (value !== null) text += `${name}{${labels},${more === undefined ? '' : `${more},`}${common}} ${value}\n`;
  };
  let count = 0;
  for (const decision of plan.pods) {
    labels = labelsOf(decision.target);
    read(decision, targets[targetKey(decision.target)], add);
    if (++count % targetsAPiece !== 0) continue;
    yield text;
    text = '';
  }
  yield `${text}\n`;
  return undefined;
}
