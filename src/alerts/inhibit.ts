// Inhibition: while something graver fires, what follows from it is not told.
import { compileMatcher, parseMatchers } from '../matching/matchers.ts';
import type { CompiledMatcher } from '../matching/matchers.ts';
import type { AlertsDocument } from '../model/config.ts';
import { labelValue } from '../model/label-value.ts';
import type { Instant } from '../model/units.ts';
import type { Alert, LabelSet } from './alert.ts';
import { candidatesIn } from './route-index.ts';

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

const isPresent = (labels: LabelSet, name: string): boolean => labelValue(labels, name) !== '';

type Labelled = Pick<Alert, 'labels' | 'fingerprint'>;
type Source = Labelled & Pick<Alert, 'ended' | 'expires'>;

/** By what must be equal, then by their fingerprints. */
type Sources = Map<string, Map<string, Source>>;

/** A rule, and what inhibits by it: of thousands that are targets as well none is looked at for another such one. */
interface InForce {
  readonly rule: InhibitRule;
  readonly alone: Sources;
  readonly targetsToo: Sources;
}

const side = (rules: readonly InForce[], which: 'source' | 'target') =>
  candidatesIn(rules.map((inForce) => ({ matchers: inForce.rule[which], inForce })));

export class Inhibition {
  readonly #bySource: ReturnType<typeof side>;
  readonly #byTarget: ReturnType<typeof side>;

  constructor(rules: readonly InhibitRule[]) {
    const all = rules.map((rule): InForce => ({ rule, alone: new Map(), targetsToo: new Map() }));
    this.#bySource = side(all, 'source');
    this.#byTarget = side(all, 'target');
  }

  /** Known as it is now. */
  set(alert: Source): void {
    if (alert.ended !== null) {
      this.remove(alert);
      return;
    }
    for (const { sources, key } of this.#placesOf(alert)) {
      const alike = sources.get(key);
      if (alike === undefined) sources.set(key, new Map([[alert.fingerprint, alert]]));
      else alike.set(alert.fingerprint, alert);
    }
  }

  remove(alert: Labelled): void {
    for (const { sources, key } of this.#placesOf(alert)) {
      const alike = sources.get(key);
      alike?.delete(alert.fingerprint);
      if (alike?.size === 0) sources.delete(key);
    }
  }

  /** The fingerprints of what inhibits it, one a rule. */
  mutedBy({ labels }: Labelled, now: Instant): readonly string[] {
    const found: string[] = [];
    for (const { inForce } of this.#byTarget(labels)) {
      const { rule, alone, targetsToo } = inForce;
      if ((alone.size === 0 && targetsToo.size === 0) || !matchesAll(rule.target, labels)) continue;
      const key = keyOf(rule, labels);
      if (key === null) continue;
      // two that are both source and target do not inhibit each other, nor one itself
      const source =
        activeOf(alone.get(key), now) ??
        (matchesAll(rule.source, labels) ? undefined : activeOf(targetsToo.get(key), now));
      if (source !== undefined && !found.includes(source)) found.push(source);
    }
    return found;
  }

  /** Where it stands as a source. */
  *#placesOf({ labels }: Labelled): Generator<{ readonly sources: Sources; readonly key: string }> {
    for (const { inForce } of this.#bySource(labels)) {
      const { rule, alone, targetsToo } = inForce;
      if (!matchesAll(rule.source, labels)) continue;
      const key = keyOf(rule, labels);
      if (key !== null) yield { sources: matchesAll(rule.target, labels) ? targetsToo : alone, key };
    }
  }
}

function activeOf(alike: ReadonlyMap<string, Source> | undefined, now: Instant): string | undefined {
  for (const source of alike?.values() ?? []) if (isActive(source, now)) return source.fingerprint;
  return undefined;
}

const isActive = ({ ended, expires }: Source, now: Instant): boolean =>
  ended === null && (expires === undefined || expires > now);

/** What must be equal, as one text; null where a label that must be there is not. */
function keyOf({ equal, present }: InhibitRule, labels: LabelSet): string | null {
  if (present.some((name) => !isPresent(labels, name))) return null;
  const names = present.length === 0 ? equal : [...new Set([...equal, ...present])];
  return JSON.stringify(names.map((name) => labelValue(labels, name)));
}
