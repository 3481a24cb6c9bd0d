// One rule's alerts from evaluation to evaluation: pending, firing, kept firing, resolved, as Prometheus has it. Pure.
import { later, minutes, rfc3339, since } from '../../model/units.ts';
import type { Instant, Milliseconds } from '../../model/units.ts';
import { atOnce } from '../../slices.ts';
import type { LabelSet } from '../alert.ts';
import { byCodeUnit } from '../fingerprint.ts';
import type { PushedAlert } from '../ingest.ts';

/** What was learnt of a series, for the templates. */
export type RuleFacts =
  | { readonly kind: 'usual'; readonly low: number; readonly high: number }
  | {
      readonly kind: 'forecast';
      readonly probability: number;
      readonly expected: number;
      /** when it crosses, and how far that is ahead */
      readonly at: Instant;
      readonly ahead: Milliseconds;
    };

export interface RuleSample {
  readonly labels: LabelSet;
  readonly value: number;
  readonly facts?: RuleFacts;
}

export type RuleAnswer =
  | {
      readonly kind: 'vector';
      readonly samples: readonly RuleSample[];
      /** answers to what the templates ask themselves */
      readonly asked?: ReadonlyMap<string, RuleAnswer>;
    }
  | { readonly kind: 'error'; readonly message: string };

/** `unknown`: the past is being read, and nothing can be said yet. */
export type JudgedAnswer = RuleAnswer | { readonly kind: 'unknown' };

export interface Asking {
  readonly at: Instant;
  readonly asked: ReadonlyMap<string, RuleAnswer>;
  /** takes what was asked and is not answered */
  readonly missing: Set<string>;
}

/** A template ready to be filled; what goes wrong in it is said in the text. */
export type Fill = (sample: RuleSample, asking: Asking) => string;

/** A rule with its templates read. */
export interface ReadyRule {
  readonly alert: string;
  readonly for: Milliseconds;
  readonly keepFiringFor: Milliseconds;
  readonly labels: readonly (readonly [name: string, fill: Fill])[];
  readonly annotations: readonly (readonly [name: string, fill: Fill])[];
  /** its templates may ask queries of their own */
  readonly asks: boolean;
  readonly generatorURL: string;
}

interface Known {
  readonly labels: LabelSet;
  readonly annotations: LabelSet;
  readonly activeAt: Instant;
}

export interface Pending extends Known {
  readonly state: 'pending';
}

export interface Firing extends Known {
  readonly state: 'firing';
  readonly firedAt: Instant;
  /** since when only keep_firing_for holds it; null: its condition is true */
  readonly keptSince: Instant | null;
  readonly sentAt: Instant | null;
}

/** Was firing; it is spoken of for a while, so that whoever missed its end hears it. */
export interface Resolved extends Known {
  readonly state: 'resolved';
  readonly firedAt: Instant;
  readonly resolvedAt: Instant;
  readonly sentAt: Instant | null;
}

export type RuleAlert = Pending | Firing | Resolved;

/** By the text of their labels. */
export type RuleStates = ReadonlyMap<string, RuleAlert>;

export interface EvaluationTerms {
  readonly interval: Milliseconds;
  readonly resendDelay: Milliseconds;
  /** 0 and below: any number of alerts */
  readonly limit: number;
}

export interface Evaluated {
  readonly states: RuleStates;
  /** those to speak of now */
  readonly alerts: readonly PushedAlert[];
  readonly error: string | null;
}

const resolvedIsToldFor = minutes(15);

export const evaluateRule = (...given: Parameters<typeof evaluating>): Evaluated => atOnce(evaluating(...given));

/** Samples between two breaths: each has templates to fill. */
const stride = 32;

/** An error of the query changes no state: what fires is still spoken of, so that a Prometheus that is away ends nothing. */
export function* evaluating(
  rule: ReadyRule,
  answer: JudgedAnswer,
  previous: RuleStates,
  now: Instant,
  terms: EvaluationTerms,
): Generator<undefined, Evaluated> {
  const unchanged = (error: string | null): Evaluated => ({ ...tellDue(rule, previous, now, terms), error });
  if (answer.kind === 'unknown') return unchanged(null);
  if (answer.kind === 'error') return unchanged(answer.message);
  const found = yield* foundBy(rule, answer, now);
  if (found === null) return unchanged('vector contains metrics with the same labelset after applying alert labels');
  const states = new Map<string, RuleAlert>();
  let active = 0;
  for (const [key, fresh] of found) {
    const known = previous.get(key);
    const alert =
      known === undefined || known.state === 'resolved'
        ? fresh
        : known.state === 'firing'
          ? { ...known, annotations: fresh.annotations, keptSince: null }
          : { ...known, annotations: fresh.annotations };
    states.set(key, held(alert, rule, now));
    active += 1;
  }
  for (const [key, known] of previous) {
    if (found.has(key)) continue;
    const alert = withoutCondition(known, rule, now);
    if (alert === null) continue;
    states.set(key, alert.state === 'firing' ? held(alert, rule, now) : alert);
    if (alert.state === 'firing') active += 1;
  }
  if (terms.limit > 0 && active > terms.limit)
    return { states: new Map(), alerts: [], error: `exceeded limit of ${terms.limit} with ${active} alerts` };
  return { ...tellDue(rule, states, now, terms), error: null };
}

/** The alerts of a vector, as they are when they are new; null where two of them have the same labels. */
function* foundBy(
  rule: ReadyRule,
  { samples, asked = new Map() }: RuleAnswer & { kind: 'vector' },
  now: Instant,
): Generator<undefined, Map<string, Pending> | null> {
  const found = new Map<string, Pending>();
  const asking: Asking = { at: now, asked, missing: new Set() };
  for (const [index, sample] of samples.entries()) {
    if (index % stride === 0) yield;
    const labels = labelsOf(rule, sample, asking);
    const annotations = Object.fromEntries(rule.annotations.map(([name, fill]) => [name, fill(sample, asking)]));
    const key = keyOf(labels);
    if (found.has(key)) return null;
    found.set(key, { state: 'pending', labels, annotations, activeAt: now });
  }
  return found;
}

function labelsOf(rule: ReadyRule, sample: RuleSample, asking: Asking): LabelSet {
  const labels = new Map(Object.entries(sample.labels));
  labels.delete('__name__');
  for (const [name, fill] of rule.labels) labels.set(name, fill(sample, asking));
  labels.set('alertname', rule.alert);
  return Object.fromEntries([...labels].filter(([, value]) => value !== '').sort(([a], [b]) => byCodeUnit(a, b)));
}

/** The labels of an alert are sorted when it is made. */
export const keyOf = (labels: LabelSet): string => JSON.stringify(Object.entries(labels));

/** `for` may have been reached, or raised above what has passed. */
function held(alert: RuleAlert, rule: ReadyRule, now: Instant): RuleAlert {
  const reached = since(alert.activeAt, now) >= rule.for;
  switch (alert.state) {
    case 'pending':
      return reached ? { ...alert, state: 'firing', firedAt: now, keptSince: null, sentAt: null } : alert;
    case 'firing': {
      const { labels, annotations, activeAt } = alert;
      return reached ? alert : { state: 'pending', labels, annotations, activeAt };
    }
    case 'resolved':
      return alert;
  }
}

/** null: forgotten. */
function withoutCondition(alert: RuleAlert, rule: ReadyRule, now: Instant): RuleAlert | null {
  switch (alert.state) {
    case 'pending':
      return null;
    case 'resolved':
      return since(alert.resolvedAt, now) > resolvedIsToldFor ? null : alert;
    case 'firing': {
      const keptSince = alert.keptSince ?? now;
      if (since(keptSince, now) < rule.keepFiringFor) return { ...alert, keptSince };
      return ended(alert, now);
    }
  }
}

const ended = ({ labels, annotations, activeAt, firedAt, sentAt }: Firing, now: Instant): Resolved => ({
  state: 'resolved',
  labels,
  annotations,
  activeAt,
  firedAt,
  resolvedAt: now,
  sentAt,
});

/** The rule is gone: what it has announced ends with it. */
export const tellEnd = (generatorURL: string, states: RuleStates, now: Instant): readonly PushedAlert[] =>
  [...states.values()].flatMap((alert) =>
    alert.state === 'firing' ? [pushed(generatorURL, ended(alert, now), now)] : [],
  );

/** Firing and resolved alerts are spoken of at once and then again, each time with an end that outlasts two lost words. */
export function tellDue(
  { generatorURL }: Pick<ReadyRule, 'generatorURL'>,
  states: RuleStates,
  now: Instant,
  { interval, resendDelay }: Pick<EvaluationTerms, 'interval' | 'resendDelay'>,
): Pick<Evaluated, 'states' | 'alerts'> {
  const validUntil = later(now, (4 * Math.max(interval, resendDelay)) as Milliseconds);
  const alerts: PushedAlert[] = [];
  const told = new Map<string, RuleAlert>();
  for (const [key, alert] of states) {
    const due = isDue(alert, now, resendDelay);
    told.set(key, due && alert.state !== 'pending' ? { ...alert, sentAt: now } : alert);
    if (due) alerts.push(pushed(generatorURL, alert, validUntil));
  }
  return { states: told, alerts };
}

function isDue(alert: RuleAlert, now: Instant, resendDelay: Milliseconds): boolean {
  if (alert.state === 'pending') return false;
  if (alert.sentAt === null || (alert.state === 'resolved' && alert.resolvedAt > alert.sentAt)) return true;
  return later(alert.sentAt, resendDelay) < now;
}

function pushed(generatorURL: string, alert: RuleAlert, validUntil: Instant): PushedAlert {
  const { labels, annotations } = alert;
  return {
    labels,
    annotations,
    startsAt: rfc3339(alert.state === 'pending' ? alert.activeAt : alert.firedAt),
    endsAt: rfc3339(alert.state === 'resolved' ? alert.resolvedAt : validUntil),
    generatorURL,
  };
}
