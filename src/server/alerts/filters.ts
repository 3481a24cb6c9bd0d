// The query parameters by which amtool and others choose alerts and silences.
import type { Request } from 'express';
import { RE2JS } from 're2js';
import type { AlertView } from '../../alerts/views.ts';
import type { Silence } from '../../alerts/silence.ts';
import { compileMatcher, MatcherError, parseMatchers } from '../../matching/matchers.ts';
import type { CompiledMatcher, Matcher } from '../../matching/matchers.ts';

type Query = Request['query'];

const listOf = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).filter((one): one is string => typeof one === 'string');
/** As Alertmanager reads a truth: what is none of these is no. */
const isTrue = (text: string): boolean => /^(?:true|1|yes|ok|y|on|selected|checked|t|enabled)$/i.test(text);
const isOff = (query: Query, name: string): boolean => {
  const given = listOf(query[name]).at(-1);
  return given !== undefined && given !== '' && !isTrue(given);
};

const matchersOf = (query: Query): CompiledMatcher[] =>
  listOf(query['filter'])
    .flatMap((text) => parseMatchers(text))
    .map((matcher) => compileMatcher(matcher));

interface AlertFilter {
  /** what the alert itself says: cheap, and asked first */
  readonly isMeant: (alert: AlertView['alert']) => boolean;
  readonly isWanted: (view: AlertView) => boolean;
}

/** Throws a MatcherError where a filter cannot be read. */
export function alertFilter(query: Query): AlertFilter {
  const matchers = matchersOf(query);
  const [receiver] = listOf(query['receiver']);
  const receivers = receiver === undefined ? null : anchored(receiver);
  return {
    isMeant: ({ labels }) => matchers.every((matcher) => matcher.matches(labels)),
    isWanted: (view) =>
      (receivers === null || view.receivers.some((name) => receivers.matches(name))) &&
      !(isOff(query, 'active') && view.state === 'active') &&
      !(isOff(query, 'silenced') && view.silencedBy.length > 0) &&
      !(isOff(query, 'inhibited') && view.inhibitedBy.length > 0) &&
      !(isOff(query, 'muted') && view.mutedBy.length > 0),
  };
}

function anchored(pattern: string): RE2JS {
  try {
    return RE2JS.compile(`^(?:${pattern})$`);
  } catch {
    throw new MatcherError(pattern, 0, 'the receiver is no RE2 expression');
  }
}

/** Those that have each of these matchers, as they are written: what is chosen so may be ended next. */
export function silenceFilter(query: Query): (silence: Silence) => boolean {
  const wanted = matchersOf(query);
  return ({ matchers }) => {
    const own = matchers.flat();
    return wanted.every((one) => own.some((other) => isSame(one, other)));
  };
}

const isSame = (one: Matcher, other: Matcher): boolean =>
  one.name === other.name && one.operator === other.operator && one.value === other.value;
