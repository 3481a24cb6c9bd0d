// Inhibition: the index answers as a look at every pair of alerts would; what has ended, gone or lacks a label inhibits nothing.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fingerprintOf } from '../../src/alerts/fingerprint.ts';
import { compileInhibitRules, Inhibition } from '../../src/alerts/inhibit.ts';
import { later, seconds } from '../../src/model/units.ts';
import { anAlertsDocument, start } from './builders.ts';

type Labels = Readonly<Record<string, string>>;

const rulesOf = (rules: readonly object[]): ReturnType<typeof compileInhibitRules> =>
  compileInhibitRules(
    anAlertsDocument(JSON.stringify({ route: { receiver: 'any' }, receivers: [{ name: 'any' }], inhibit_rules: rules }))
      .inhibit_rules,
  );
const labelled = (labels: Labels): { labels: Labels; fingerprint: string } => ({
  labels,
  fingerprint: fingerprintOf(labels),
});

const name = fc.constantFrom('a', 'b', 'c');
const labels = fc.dictionary(name, fc.constantFrom('', '1', '2'));
const matchers = fc.array(
  fc
    .tuple(name, fc.constantFrom('=', '!=', '=~'), fc.constantFrom('1', '2', ''))
    .map(([label, sign, value]) => `${label}${sign}"${value}"`),
  { minLength: 1, maxLength: 2 },
);
const rule = fc.record({
  source_matchers: matchers,
  target_matchers: matchers,
  equal: fc.uniqueArray(name, { maxLength: 2 }),
  equalPresent: fc.uniqueArray(name, { maxLength: 1 }),
});
const source = fc.record({
  labels,
  state: fc.constantFrom('fires', 'expires later', 'has expired', 'ended', 'gone'),
});

describe('what inhibits', () => {
  it('is every active source that the rule means, and nothing else', () => {
    fc.assert(
      fc.property(
        fc.array(rule, { maxLength: 3 }),
        fc.array(source, { maxLength: 6 }),
        labels,
        (written, sources, target) => {
          const rules = rulesOf(written);
          const inhibition = new Inhibition(rules);
          const known = new Map<string, { labels: Labels; active: boolean }>();
          for (const { labels: own, state } of sources) {
            const alert = labelled(own);
            const expires = state.includes('expire')
              ? later(start, seconds(state === 'expires later' ? 1 : 0))
              : undefined;
            inhibition.set({
              ...alert,
              ended: state === 'ended' ? start : null,
              ...(expires !== undefined && { expires }),
            });
            known.set(alert.fingerprint, { labels: own, active: state === 'fires' || state === 'expires later' });
            if (state === 'gone') inhibition.remove(alert);
          }
          const all = (of: readonly { matches: (labels: Labels) => boolean }[], set: Labels): boolean =>
            of.every((matcher) => matcher.matches(set));
          const isMuted = rules.some((one) =>
            [...known.values()].some(
              ({ labels: own, active }) =>
                active &&
                all(one.source, own) &&
                all(one.target, target) &&
                !(all(one.source, target) && all(one.target, own)) &&
                [...one.equal, ...one.present].every((label) => (own[label] ?? '') === (target[label] ?? '')) &&
                one.present.every((label) => (target[label] ?? '') !== ''),
            ),
          );
          expect(inhibition.mutedBy(labelled(target), start).length > 0).toBe(isMuted);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('is named', () => {
    const inhibition = new Inhibition(
      rulesOf([{ source_match: { severity: 'page' }, target_match_re: { severity: 'w.*' }, equal: ['cluster'] }]),
    );
    const page = labelled({ severity: 'page', cluster: 'one' });
    inhibition.set({ ...page, ended: null, expires: later(start, seconds(60)) });
    const warning = labelled({ severity: 'warning', cluster: 'one' });
    expect(inhibition.mutedBy(warning, start)).toEqual([page.fingerprint]);
    expect(inhibition.mutedBy(warning, later(start, seconds(60)))).toEqual([]);
    expect(inhibition.mutedBy(labelled({ severity: 'warning', cluster: 'two' }), start)).toEqual([]);
  });

  it('is found quickly among many', () => {
    const inhibition = new Inhibition(
      rulesOf([{ source_match: { severity: 'page' }, target_match: { severity: 'warning' }, equal: ['node'] }]),
    );
    const of = (severity: string, node: number): { labels: Labels; fingerprint: string } =>
      labelled({ severity, node: `n${node}` });
    for (let node = 0; node < 5000; node += 1) inhibition.set({ ...of('page', node * 2), ended: null });
    const muted = Array.from({ length: 5000 }, (_, node) => inhibition.mutedBy(of('warning', node), start));
    expect(muted.filter((by) => by.length > 0)).toHaveLength(2500);
  });

  it('is not looked for among thousands that are targets as it is', () => {
    const inhibition = new Inhibition(
      rulesOf([{ source_match: { alertname: 'NodeDown' }, target_match_re: { alertname: '.+' }, equal: ['cluster'] }]),
    );
    let reads = 0;
    const counted = (labels: Labels): Labels =>
      new Proxy(labels, { get: (all, name) => ((reads += 1), Reflect.get(all, name)) as unknown });
    const down = Array.from({ length: 300 }, (_, node) => {
      const alert = labelled({ alertname: 'NodeDown', cluster: 'c1', node: `n${node}` });
      return { ...alert, labels: counted(alert.labels), ended: null };
    });
    for (const alert of down) inhibition.set(alert);
    for (const alert of down) expect(inhibition.mutedBy(alert, start)).toEqual([]);
    expect(reads).toBeLessThan(10 * down.length);
    // an end takes it out
    const other = labelled({ alertname: 'PodDown', cluster: 'c1' });
    expect(inhibition.mutedBy(other, start)).toEqual([down[0]?.fingerprint]);
    for (const alert of down) inhibition.set({ ...alert, ended: start });
    expect(inhibition.mutedBy(other, start)).toEqual([]);
  });

  it.each(['constructor', 'toString', '__proto__'])('needs a label %s where it must be there', (name) => {
    const inhibition = new Inhibition(
      rulesOf([
        { source_match: { severity: 'page' }, target_match: { severity: 'warning' }, equal: [], equalPresent: [name] },
      ]),
    );
    inhibition.set({ ...labelled({ severity: 'page' }), ended: null });
    expect(inhibition.mutedBy(labelled({ severity: 'warning' }), start)).toEqual([]);
    const named = { [name]: 'a' };
    inhibition.set({ ...labelled({ severity: 'page', ...named }), ended: null });
    expect(inhibition.mutedBy(labelled({ severity: 'warning', ...named }), start)).toHaveLength(1);
  });
});
