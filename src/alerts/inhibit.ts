// Inhibition: while something graver fires, what follows from it is not told.
import { compileMatcher, parseMatchers } from '../matching/matchers.ts';
import type { CompiledMatcher } from '../matching/matchers.ts';
import type { AlertsDocument } from '../model/config.ts';
import type { Instant } from '../model/units.ts';
import type { Alert, LabelSet } from './alert.ts';

export interface InhibitRule {
  readonly source: readonly CompiledMatcher[];
  readonly target: readonly CompiledMatcher[];
  readonly equal: readonly string[];
  /** of `equal`: labels that both must have, else two absent ones are equal */
  readonly present: readonly string[];
}

type Written = AlertsDocument['inhibit_rules'][number];

export const compileInhibitRules = (rules: readonly Written[]): InhibitRule[] =>
  rules.map((rule) => ({
    source: matchersOf(rule.source_matchers, rule.source_match, rule.source_match_re),
    target: matchersOf(rule.target_matchers, rule.target_match, rule.target_match_re),
    equal: rule.equal,
    present: rule.equalPresent,
  }));

function matchersOf(texts: readonly string[], equal: LabelSet, pattern: LabelSet): CompiledMatcher[] {
  return [
    ...texts.flatMap((text) => parseMatchers(text)),
    ...Object.entries(equal).map(([name, value]) => ({ name, operator: '=' as const, value })),
    ...Object.entries(pattern).map(([name, value]) => ({ name, operator: '=~' as const, value })),
  ].map((matcher) => compileMatcher(matcher));
}

const matchesAll = (matchers: readonly CompiledMatcher[], labels: LabelSet): boolean =>
  matchers.every((matcher) => matcher.matches(labels));

const isPresent = (labels: LabelSet, name: string): boolean => (labels[name] ?? '') !== '';

type Labelled = Pick<Alert, 'labels' | 'fingerprint'>;
type Source = Labelled & Pick<Alert, 'ended' | 'expires'>;

export class Inhibition {
  readonly #rules: readonly { readonly rule: InhibitRule; readonly sources: Map<string, Map<string, Source>> }[];

  constructor(rules: readonly InhibitRule[]) {
    this.#rules = rules.map((rule) => ({ rule, sources: new Map() }));
  }

  /** Known as it is now. */
  set(alert: Source): void {
    for (const { rule, sources } of this.#rules) {
      const key = keyOf(rule, alert.labels);
      if (key === null || !matchesAll(rule.source, alert.labels)) continue;
      const alike = sources.get(key);
      if (alike === undefined) sources.set(key, new Map([[alert.fingerprint, alert]]));
      else alike.set(alert.fingerprint, alert);
    }
  }

  remove(alert: Labelled): void {
    for (const { rule, sources } of this.#rules) {
      const key = keyOf(rule, alert.labels);
      const alike = key === null ? undefined : sources.get(key);
      if (key === null || alike === undefined) continue;
      alike.delete(alert.fingerprint);
      if (alike.size === 0) sources.delete(key);
    }
  }

  /** The fingerprints of what inhibits it, one a rule. */
  mutedBy(target: Labelled, now: Instant): readonly string[] {
    const found: string[] = [];
    for (const { rule, sources } of this.#rules) {
      if (sources.size === 0 || !matchesAll(rule.target, target.labels)) continue;
      const key = keyOf(rule, target.labels);
      const source = key === null ? undefined : sourceFor(rule, sources.get(key), target, now);
      if (source !== undefined && !found.includes(source)) found.push(source);
    }
    return found;
  }
}

/** Two that are both source and target do not inhibit each other, nor one itself. */
function sourceFor(
  rule: InhibitRule,
  alike: ReadonlyMap<string, Source> | undefined,
  target: Labelled,
  now: Instant,
): string | undefined {
  if (alike === undefined) return undefined;
  const isBoth = matchesAll(rule.source, target.labels);
  for (const source of alike.values())
    if (isActive(source, now) && !(isBoth && matchesAll(rule.target, source.labels))) return source.fingerprint;
  return undefined;
}

const isActive = ({ ended, expires }: Source, now: Instant): boolean =>
  ended === null && (expires === undefined || expires > now);

/** What must be equal, as one text; null where a label that must be there is not. */
function keyOf({ equal, present }: InhibitRule, labels: LabelSet): string | null {
  if (present.some((name) => !isPresent(labels, name))) return null;
  const names = present.length === 0 ? equal : [...new Set([...equal, ...present])];
  return JSON.stringify(names.map((name) => labels[name] ?? ''));
}
