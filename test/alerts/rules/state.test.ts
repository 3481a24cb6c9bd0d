// One rule over time, as Prometheus's own tests have it, and what they leave open.
import { describe, expect, it } from 'vitest';
import { readyRule } from '../../../src/alerts/rules/fill.ts';
import { evaluateRule, type RuleAnswer, type RuleStates } from '../../../src/alerts/rules/state.ts';
import { minutes, seconds, type Instant } from '../../../src/model/units.ts';
import { activeOf, play, ruleOf, surroundings, usualTerms, type WrittenRule } from './timeline.ts';

const minute = (count: number): Instant => minutes(count) as number as Instant;
const vector = (...values: readonly (readonly [labels: Record<string, string>, value: number])[]): RuleAnswer => ({
  kind: 'vector',
  samples: values.map(([labels, value]) => ({ labels, value })),
});
const failing: RuleAnswer = { kind: 'error', message: 'no answer' };
const one = vector([{ __name__: 'up', job: 'a' }, 1]);
const none = vector();

/** Evaluated once a minute. */
function evaluated(rule: Partial<WrittenRule>, answers: readonly RuleAnswer[], terms = usualTerms) {
  const ready = readyRule(ruleOf({ alert: 'A', expr: 'up', ...rule }), surroundings);
  let states: RuleStates = new Map();
  return answers.map((answer, index) => {
    const result = evaluateRule(ready, answer, states, minute(index), terms);
    ({ states } = result);
    return result;
  });
}

const statesOf = (rule: Partial<WrittenRule>, answers: readonly RuleAnswer[]): string[] =>
  evaluated(rule, answers).map(({ states }) => [...states.values()].map(({ state }) => state).join() || '-');

describe('the states of a rule', () => {
  it.each<[string, Partial<WrittenRule>, string, string]>([
    ['fire at once without for', {}, '1 1 0 0', 'firing firing resolved resolved'],
    ['wait for `for`', { for: '2m' }, '1 1 1 1', 'pending pending firing firing'],
    ['begin anew after one false evaluation', { for: '2m' }, '1 1 0 1 1 1', 'pending pending - pending pending firing'],
    ['stay through errors', { for: '2m' }, '1 e e 1', 'pending pending pending firing'],
    ['stay firing through errors', {}, '1 e e 0', 'firing firing firing resolved'],
    ['are kept by keep_firing_for', { keep_firing_for: '2m' }, '1 0 0 0 1', 'firing firing firing resolved firing'],
    [
      'are kept anew each time',
      { keep_firing_for: '2m' },
      '1 0 1 0 0 0',
      'firing firing firing firing firing resolved',
    ],
    ['come back pending', { for: '1m' }, '1 1 0 1 1', 'pending firing resolved pending firing'],
  ])('%s', (_, rule, truth, expected) => {
    const answers = truth.split(' ').map((word) => (word === '1' ? one : word === '0' ? none : failing));
    expect(statesOf(rule, answers)).toEqual(expected.split(' '));
  });

  it('forget what is resolved after fifteen minutes', () => {
    const states = statesOf({}, [one, ...Array<RuleAnswer>(18).fill(none)]);
    expect(states.indexOf('-')).toBe(17);
  });

  it('fall back to pending when `for` is raised', () => {
    const [first] = evaluated({ for: '0' }, [one]);
    const raised = readyRule(ruleOf({ alert: 'A', expr: 'up', for: '5m' }), surroundings);
    const second = evaluateRule(raised, one, first?.states ?? new Map(), minute(1), usualTerms);
    expect([...second.states.values()]).toMatchObject([{ state: 'pending', activeAt: 0 }]);
    expect(second.alerts).toEqual([]);
  });
});

describe('what a rule tells', () => {
  it('has the labels of the series under those of the rule, without its name', () => {
    const rule = {
      labels: { severity: 'page', job: '{{ $labels.job }}-x', gone: '', empty: '{{ $labels.nothing }}' },
      annotations: { summary: '{{ $labels.job }} is {{ $value }}', plain: 'text' },
    };
    const [result] = evaluated(rule, [vector([{ __name__: 'up', job: 'a', gone: 'yes', alertname: 'x' }, 1.5])]);
    expect(result?.alerts).toEqual([
      {
        labels: { alertname: 'A', job: 'a-x', severity: 'page' },
        annotations: { summary: 'a is 1.5', plain: 'text' },
        startsAt: '1970-01-01T00:00:00Z',
        endsAt: '1970-01-01T00:04:00Z',
        generatorURL: 'http://prometheus:9090/graph?g0.expr=up&g0.tab=1',
      },
    ]);
  });

  it('says what is wrong with a template instead of keeping silent', () => {
    const [result] = evaluated({ annotations: { summary: '{{ $value | printf "%d" | toDuration }}' } }, [one]);
    expect(result?.alerts[0]?.annotations?.['summary']).toMatch(/^<error expanding template: .+>$/);
  });

  it('is told anew after the resend delay, by errors too, and its end at once', () => {
    const terms = { ...usualTerms, resendDelay: seconds(90) };
    const told = evaluated({}, [one, one, one, failing, failing, none, none, none], terms).map(({ alerts }) =>
      alerts.map(({ endsAt }) => endsAt?.slice(14, 19)),
    );
    expect(told).toEqual([['06:00'], [], ['08:00'], [], ['10:00'], ['05:00'], [], ['05:00']]);
  });

  it('starts when it fires, not when it was pending', () => {
    const [, , third] = evaluated({ for: '2m' }, [one, one, one]);
    expect(third?.alerts[0]?.startsAt).toBe('1970-01-01T00:02:00Z');
  });
});

describe('a rule that cannot be evaluated', () => {
  it('has the same labels twice: nothing changes', () => {
    const twice = vector([{ job: 'a' }, 1], [{ job: 'b' }, 1]);
    const results = evaluated({ labels: { job: 'x' } }, [one, twice]);
    expect(results[1]).toMatchObject({ error: expect.stringContaining('same labelset') as string });
    expect([...(results[1]?.states.values() ?? [])]).toMatchObject([{ state: 'firing' }]);
  });

  it('has more alerts than its limit: all are forgotten', () => {
    const two = vector([{ job: 'a' }, 1], [{ job: 'b' }, 1]);
    const results = evaluated({}, [one, two], { ...usualTerms, limit: 1 });
    expect(results[1]).toEqual({ states: new Map(), alerts: [], error: 'exceeded limit of 1 with 2 alerts' });
  });
});

it('a timeline in promtool’s notation is played by the embedded PromQL', () => {
  const steps = [
    ...play({
      rule: { alert: 'Low', expr: 'x < 3', for: '1m' },
      series: { 'x{n="1"}': '1+1x4', 'x{n="2"}': '2 _ stale 2x2' },
      interval: minutes(1),
      every: minutes(1),
      until: minutes(5),
    }),
  ].map(({ evaluated: { states } }) => activeOf(states).map(({ labels, state }) => `${labels['n']} ${state}`));
  expect(steps).toEqual([
    ['1 pending', '2 pending'],
    ['1 firing', '2 firing'],
    [],
    ['2 pending'],
    ['2 firing'],
    ['2 firing'],
  ]);
});
