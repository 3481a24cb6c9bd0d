// The triggers of a ScaledObject: which become metrics, which become windows of the schedule, and which stay behind.
import type { MetricDraft, ScheduleDraft } from './draft.ts';
import type { Notebook } from './note.ts';
import { amountOf, booleanOf, fieldsOf, given, isGiven, numberOf, textOf, wholeOf, type Fields } from './read.ts';

export interface TriggerContext {
  readonly nameOf: (wanted: string) => string;
  readonly windowNameOf: (wanted: string) => string;
  /** a window's floor is never below the first: what runs whenever anything is active */
  readonly floor: { readonly min: number; readonly max: number };
  readonly mayWake: boolean;
  /** triggers feed a formula: they have no target of their own */
  readonly inputsOnly: boolean;
  readonly keepIgnoreNullValues: boolean;
  readonly notebook: Notebook;
}

export type Converted =
  | {
      readonly kind: 'metric';
      readonly trigger: string | null;
      readonly metric: MetricDraft;
      readonly server: string | null;
    }
  | { readonly kind: 'window'; readonly trigger: string | null; readonly window: ScheduleDraft };

export function convertTrigger(written: unknown, index: number, context: TriggerContext): Converted[] {
  const trigger = fieldsOf(written);
  const type = textOf(trigger['type']) ?? '';
  switch (type) {
    case 'prometheus':
      return prometheus(trigger, context);
    case 'cron':
      return cron(trigger, context);
    case 'cpu':
    case 'memory':
      return resource(type, trigger, context);
    default:
      context.notebook.write('TriggerUnknown', { type, field: `triggers[${index}]` });
      return [];
  }
}

const carried = new Set([
  'serverAddress',
  'query',
  'threshold',
  'activationThreshold',
  'metricName',
  'ignoreNullValues',
]);

function prometheus(trigger: Fields, context: TriggerContext): Converted[] {
  const { notebook, inputsOnly } = context;
  const metadata = fieldsOf(trigger['metadata']);
  const query = textOf(metadata['query']);
  const threshold = amountOf(metadata['threshold']);
  const own = textOf(trigger['name']);
  const wanted = own ?? textOf(metadata['metricName']) ?? 'prometheus';
  if (query === null || (threshold === null && !inputsOnly)) {
    const field = query === null ? 'query' : 'threshold';
    notebook.write('TriggerInvalid', { type: 'prometheus', field, value: textOf(metadata[field]) ?? '' });
    return [];
  }
  const name = context.nameOf(wanted);
  if (own !== null && name !== own) notebook.write('MetricRenamed', { metric: name, was: own });
  const leftBehind = [
    ...Object.keys(metadata).filter((key) => !carried.has(key)),
    ...(trigger['useCachedMetrics'] === true ? ['useCachedMetrics'] : []),
  ];
  for (const field of leftBehind) notebook.write('FieldLeft', { field: `triggers.${wanted}.${field}` });
  if (isGiven(trigger['authenticationRef'])) notebook.write('AuthenticationOfTheDaemon', { metric: name });
  const ignores = booleanOf(metadata['ignoreNullValues']) !== false;
  // An input of a formula has no rule of its own: there ?? says what stands in.
  const emptyIsZero = ignores && context.keepIgnoreNullValues && !inputsOnly;
  if (ignores) notebook.write(emptyIsZero ? 'EmptyIsZero' : 'HoldOnEmpty', { metric: name });
  const isValue = trigger['metricType'] === 'Value';
  const metric = given<MetricDraft>({
    name,
    query,
    use: inputsOnly ? 'formula' : undefined,
    target: inputsOnly || threshold === null ? undefined : isValue ? { value: threshold } : { averageValue: threshold },
    unknown: emptyIsZero ? { treatAs: 0 } : undefined,
    activation: context.mayWake && !inputsOnly ? (numberOf(metadata['activationThreshold']) ?? 0) : undefined,
  });
  return [{ kind: 'metric', trigger: own, metric, server: addressOf(metadata['serverAddress']) }];
}

/** Without the credential that an address may carry: it is told, and kept in files. */
const addressOf = (value: unknown): string | null => textOf(value)?.replace(/\/\/[^/]*@/, '//') ?? null;

function resource(type: 'cpu' | 'memory', trigger: Fields, { nameOf, notebook }: TriggerContext): Converted[] {
  const metadata = fieldsOf(trigger['metadata']);
  const container = textOf(metadata['containerName']);
  // before KEDA 2.9 the kind of target was in the metadata
  const isAverage = (trigger['metricType'] ?? metadata['type']) === 'AverageValue';
  const utilization = numberOf(metadata['value']);
  const averageValue = amountOf(metadata['value']);
  const target = isAverage
    ? averageValue === null
      ? null
      : { averageValue }
    : utilization === null || utilization <= 0
      ? null
      : { utilization };
  if (target === null) {
    notebook.write('TriggerInvalid', { type, field: 'value', value: textOf(metadata['value']) ?? '' });
    return [];
  }
  const metric = given<MetricDraft>({
    name: nameOf(container === null ? type : `${type}_${container}`),
    resource: type,
    container: container ?? undefined,
    target,
  });
  return [{ kind: 'metric', trigger: textOf(trigger['name']), metric, server: null }];
}

function cron(trigger: Fields, { floor: { min, max }, windowNameOf, notebook }: TriggerContext): Converted[] {
  const metadata = fieldsOf(trigger['metadata']);
  const [start, end] = [expressionOf(metadata['start']), expressionOf(metadata['end'])];
  const timeZone = textOf(metadata['timezone']);
  const desired = wholeOf(metadata['desiredReplicas']);
  const fault =
    start === null
      ? 'start'
      : end === null || end === start
        ? 'end'
        : timeZone === null || !isTimeZone(timeZone)
          ? 'timezone'
          : desired === null || desired < 1
            ? 'desiredReplicas'
            : null;
  if (fault !== null || start === null || end === null || timeZone === null || desired === null) {
    notebook.write('TriggerInvalid', { type: 'cron', field: fault ?? '', value: textOf(metadata[fault ?? '']) ?? '' });
    return [];
  }
  const own = textOf(trigger['name']);
  const name = windowNameOf(own ?? 'cron');
  if (desired > max) notebook.write('CronClamped', { window: name, desired, max });
  const window: ScheduleDraft = { name, cron: { start, end }, timeZone, min: Math.min(Math.max(desired, min), max) };
  return [{ kind: 'window', trigger: own, window }];
}

/** Five fields; what is in them is checked where the policy is loaded. */
function expressionOf(value: unknown): string | null {
  const text = textOf(value)?.trim() ?? '';
  return /^(?:[\w*/,?-]+\s+){4}[\w*/,?-]+$/.test(text) ? text : null;
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
