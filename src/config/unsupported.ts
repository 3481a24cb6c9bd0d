// What the format has and this version does not act on: refused where it is written, never silently ignored.
// A version that learns one of them deletes its row.
import type { DocumentKind } from './documents.ts';
import type { ProblemPath } from './problem.ts';
import { otherReceiverKinds } from '../model/receiver-kinds.ts';
import type { Finding } from './source.ts';

interface Row {
  readonly kind: DocumentKind;
  /** `*` stands for any key or index, `**` for any number of them */
  readonly path: string;
  /** only this value is not acted on */
  readonly value?: string | number;
  readonly what: string;
  readonly mend?: string;
  /** with this key at the top of the document it is only a warning */
  readonly unless?: string;
  /** nobody misses an alert without it: only a warning */
  readonly harmless?: true;
}

const leaveOut = 'take it out';

export const unsupported: readonly Row[] = [
  { kind: 'Alerts', path: 'tracing', what: "tracing: it is of Alertmanager's own work", harmless: true },
  ...otherReceiverKinds.map((service): Row => ({
    kind: 'Alerts',
    path: `receivers.*.${service}_configs`,
    what: `the receiver kind ${service}_configs`,
    mend: 'write email_configs, sms_configs or webhook_configs, or unsupportedReceivers: {use: RECEIVER} for all of them',
    unless: 'unsupportedReceivers',
  })),
];

const isOnlyWarned = ({ unless, harmless }: Row, raw: unknown): boolean =>
  harmless === true || (unless !== undefined && typeof raw === 'object' && raw !== null && Object.hasOwn(raw, unless));

/** Every place of the document that names one of them. */
export function unsupportedFindings(kind: DocumentKind, raw: unknown): Finding[] {
  return unsupported
    .filter((row) => row.kind === kind)
    .flatMap((row) =>
      placesOf(raw, row.path.split('.'), [])
        .filter(({ value }) => value !== undefined && (row.value === undefined || row.value === value))
        .filter(({ value }) => !isNothing(value))
        .map(({ path }): Finding => ({
          code: 'NotSupportedYet',
          path,
          ...(isOnlyWarned(row, raw) && { severity: 'warning' as const }),
          at: row.value === undefined ? 'key' : 'value',
          message: `this version does not act on ${row.what}`,
          mend: row.mend ?? leaveOut,
        })),
    );
}

/** Whether this version acts on a key or a value: what is not is left out of the advice given. */
export function isActedOn(kind: DocumentKind, path: ProblemPath, value?: unknown): boolean {
  return !unsupported.some((row) => {
    const pattern = row.path.split('.');
    const fits = pattern.length === path.length && pattern.every((part, index) => part === '*' || part === path[index]);
    return row.kind === kind && fits && row.value === value;
  });
}

/** An empty list asks for nothing: `schedule: []` is the default written out. */
const isNothing = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

interface Place {
  readonly path: ProblemPath;
  readonly value: unknown;
}

function placesOf(value: unknown, pattern: readonly string[], path: ProblemPath): Place[] {
  const [part, ...rest] = pattern;
  if (part === undefined) return [{ path, value }];
  const entries: [string | number, unknown][] = Array.isArray(value)
    ? value.map((item: unknown, index) => [index, item])
    : typeof value === 'object' && value !== null
      ? Object.entries(value)
      : [];
  const deeper = (inner: readonly string[], wanted?: string): Place[] =>
    entries
      .filter(([key]) => wanted === undefined || key === wanted)
      .flatMap(([key, item]) => placesOf(item, inner, [...path, key]));
  switch (part) {
    case '*':
      return deeper(rest);
    case '**':
      return [...placesOf(value, rest, path), ...deeper(pattern)];
    default:
      return deeper(rest, part);
  }
}
