// One document judged on its own: what it is, whether it may be used, and everything that is wrong with it.
import type { ScheduleWindow } from '../model/schedule.ts';
import type { AlertsDocument } from './schema/alerts.ts';
import type { CalendarDocument, DaemonDocument } from './schema/daemon.ts';
import type { NodePolicyDocument } from './schema/node-policy.ts';
import type { PodPolicyDocument } from './schema/pod-policy.ts';
import type { RulesDocument } from './schema/rules.ts';
import { alertPeopleFindings } from './check-alert-people.ts';
import { mailInsteadFindings } from './check-mail-instead.ts';
import { alertReachFindings } from './check-alert-reach.ts';
import { alertRouteFindings } from './check-alert-routes.ts';
import { alertsFindings } from './check-alerts.ts';
import { nodePolicyFindings, podPolicyFindings } from './check-policies.ts';
import { calendarFindings } from './check-schedules.ts';
import { cronProblem } from './cron.ts';
import { documentSchemas, isDocumentKind, nearestKey, type DocumentKind } from './documents.ts';
import type { Problem, ProblemPath } from './problem.ts';
import { resourceQueryFindings } from './queries.ts';
import { rulesFindings } from './rules.ts';
import type { ResolvedNodeWindows } from './schedules.ts';
import { shapeFindings, shown, valueAt } from './shape.ts';
import { problemAt, type Finding, type Source } from './source.ts';
import { unsupportedFindings } from './unsupported.ts';

/** A document that may be used, typed by its kind. */
export type Accepted =
  | { readonly kind: 'Daemon'; readonly value: DaemonDocument }
  /** the schedule is filled in where the calendars are known */
  | { readonly kind: 'PodPolicy'; readonly value: PodPolicyDocument; readonly schedule: readonly ScheduleWindow[] }
  /** and so are its windows */
  | { readonly kind: 'NodePolicy'; readonly value: NodePolicyDocument; readonly windows: NodeWindows }
  | { readonly kind: 'Calendar'; readonly value: CalendarDocument }
  | { readonly kind: 'Alerts'; readonly value: AlertsDocument }
  | { readonly kind: 'Rules'; readonly file: string; readonly value: RulesDocument };

export interface Judgement {
  /** null: refused */
  readonly accepted: Accepted | null;
  readonly problems: readonly Problem[];
}

export type NodeWindows = Omit<ResolvedNodeWindows, 'findings'>;

/** What has to wait for the calendars of the whole directory, and the place of what has no name. */
function unresolved(kind: DocumentKind, { file }: Source): object {
  switch (kind) {
    case 'Rules':
      return { file };
    case 'PodPolicy':
      return { schedule: [] };
    case 'NodePolicy':
      return {
        windows: { shrink: { only: undefined, never: undefined }, groups: [], schedule: [] } satisfies NodeWindows,
      };
    default:
      return {};
  }
}

type Env = Readonly<Record<string, string | undefined>>;

export type DocumentRole = 'alerts' | 'rules' | 'documents';

/** Files in a format of others say no kind: their place tells. */
const kindsByRole = { alerts: 'Alerts', rules: 'Rules' } as const;

export function judge(source: Source, role: DocumentRole, env: Env | null): Judgement {
  if (source.raw === undefined) return { accepted: null, problems: [] };
  const kind = role === 'documents' ? kindOf(source.raw) : mappingOr(source, kindsByRole[role]);
  if (typeof kind !== 'string') return { accepted: null, problems: [problemAt(source, kind)] };

  const unsupported = unsupportedFindings(kind, source.raw);
  const result = documentSchemas[kind].safeParse(source.raw);
  // versionFindings says it in a better sentence
  const shape = result.success
    ? []
    : shapeFindings(kind, source.raw, result.error.issues).filter(({ path }) => path[0] !== 'apiVersion');
  const checks = checksOf(kind, source.raw);
  const isCovered = ({ path }: Finding): boolean => unsupported.some((one) => startsWith(path, one.path));
  // a check that knows the key says it in a better sentence
  const isExplained = ({ code, path }: Finding): boolean =>
    code === 'UnknownKey' && checks.some((one) => one.path.length === path.length && startsWith(one.path, path));
  const findings = withoutEchoes([
    ...unsupported,
    ...[
      ...shape.filter((finding) => !isExplained(finding)),
      ...versionFindings(kind, source.raw),
      ...checks,
      ...secretFindings(source.raw, env),
    ].filter((finding) => !isCovered(finding)),
  ]);
  const problems = findings.map((finding) => problemAt(source, finding));
  const refused = !result.success || problems.some(({ severity }) => severity === 'error');
  if (refused) return { accepted: null, problems };
  return { accepted: { kind, value: result.data, ...unresolved(kind, source) } as Accepted, problems };
}

const startsWith = (path: ProblemPath, beginning: ProblemPath): boolean =>
  beginning.every((part, index) => path[index] === part);

/** The schema and a check may find the same, and a misspelt key is also a missing one: the first is told, once. */
function withoutEchoes(findings: readonly Finding[]): Finding[] {
  const seen = new Set<string>();
  const misspelt = new Set(
    findings.flatMap(({ code, path, meant }) =>
      code === 'UnknownKey' && meant !== undefined ? [JSON.stringify([...path.slice(0, -1), meant])] : [],
    ),
  );
  return findings.filter(({ path, code, offset }) => {
    if (code === 'MissingKey' && misspelt.has(JSON.stringify(path))) return false;
    const key = JSON.stringify([path, code, offset]);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function mappingOr(source: Source, kind: DocumentKind): DocumentKind | Finding {
  return isMapping(source.raw) ? kind : notADocument(source.raw);
}

const isMapping = (raw: unknown): raw is Readonly<Record<string, unknown>> =>
  typeof raw === 'object' && raw !== null && !Array.isArray(raw);

const notADocument = (raw: unknown): Finding => ({
  code: 'NotADocument',
  path: [],
  message: `the document is ${shown(raw)}, expected a mapping of keys to values`,
  mend: 'a document begins with apiVersion: springtide/v1 and kind:',
});

const kinds = ['PodPolicy', 'NodePolicy', 'Daemon', 'Calendar'];

/** Kinds of others that people bring along, and where their content goes here. */
const foreign: Readonly<Record<string, string>> = {
  HorizontalPodAutoscaler:
    'write a PodPolicy: scaleTargetRef becomes target, minReplicas and maxReplicas become replicas: {min, max}, behavior stays as it is; then delete the HorizontalPodAutoscaler, two must not scale one target',
  ScaledObject:
    'write a PodPolicy: scaleTargetRef becomes target, minReplicaCount and maxReplicaCount become replicas: {min, max}, each trigger becomes a metric',
  ConfigMap: "what is in the ConfigMap's data goes into files of its own in this directory",
  List: 'write its items as documents of their own, with --- between them',
};

function kindOf(raw: unknown): DocumentKind | Finding {
  if (!isMapping(raw)) return notADocument(raw);
  const { kind } = raw;
  if (isDocumentKind(kind) && kind !== 'Alerts' && kind !== 'Rules') return kind;
  if (kind === undefined)
    return {
      code: 'UnknownKind',
      path: ['kind'],
      message: '"kind" is missing',
      mend: `add kind: one of ${kinds.join(', ')}`,
    };
  const text = typeof kind === 'string' ? kind : '';
  const near = nearestKey(text, kinds);
  const hint = foreign[text];
  return {
    code: 'UnknownKind',
    path: ['kind'],
    message:
      hint !== undefined
        ? `${text} is no kind of springtide's`
        : `unknown kind ${text === '' ? shown(kind) : `"${text}"`}${near === null ? '' : `, did you mean ${near}?`}`,
    mend: hint ?? `write one of ${kinds.join(', ')}`,
  };
}

function versionFindings(kind: DocumentKind, raw: unknown): Finding[] {
  const version = valueAt(raw, ['apiVersion']);
  if (kind === 'Alerts' || kind === 'Rules' || version === 'springtide/v1') return [];
  const message =
    version === undefined
      ? '"apiVersion" is missing'
      : `apiVersion is ${shown(version)}, this version reads springtide/v1`;
  return [{ code: 'UnknownApiVersion', path: ['apiVersion'], message, mend: 'write apiVersion: springtide/v1' }];
}

function checksOf(kind: DocumentKind, raw: unknown): Finding[] {
  switch (kind) {
    case 'PodPolicy':
      return podPolicyFindings(raw);
    case 'NodePolicy':
      return nodePolicyFindings(raw);
    case 'Alerts':
      return [
        ...alertsFindings(raw),
        ...alertRouteFindings(raw),
        ...alertPeopleFindings(raw),
        ...alertReachFindings(raw),
        ...mailInsteadFindings(raw),
      ];
    case 'Daemon':
      return [
        ...['cpu', 'memory'].flatMap((resource) => {
          const path = ['spec', 'prometheus', 'resourceQueries', resource];
          return resourceQueryFindings(path, valueAt(raw, path));
        }),
        ...checkTimeFindings(raw),
      ];
    case 'Calendar':
      return calendarFindings(raw);
    case 'Rules':
      return rulesFindings(raw);
  }
}

function checkTimeFindings(raw: unknown): Finding[] {
  const path = ['spec', 'checks', 'at'];
  const at = valueAt(raw, path);
  const message = typeof at === 'string' ? cronProblem(at) : null;
  return message === null
    ? []
    : [{ code: 'WrongValue', path, message, mend: 'write "30 7 * * *": each day at half past seven' }];
}

/** `{env: NAME}` anywhere; asked only where the daemon itself is going to read it. */
function secretFindings(raw: unknown, env: Env | null, path: ProblemPath = []): Finding[] {
  if (env === null || typeof raw !== 'object' || raw === null) return [];
  const entries: [string | number, unknown][] = Array.isArray(raw)
    ? raw.map((item, index) => [index, item])
    : Object.entries(raw);
  const name = valueAt(raw, ['env']);
  const missing = typeof name === 'string' && entries.length === 1 && (env[name] ?? '') === '';
  return [
    ...(missing
      ? [
          {
            code: 'SecretMissing' as const,
            severity: 'warning' as const,
            path: [...path, 'env'],
            message: `the environment variable ${name} is not set`,
            mend: 'set it for the daemon',
          },
        ]
      : []),
    ...entries.flatMap(([key, value]) => secretFindings(value, env, [...path, key])),
  ];
}
