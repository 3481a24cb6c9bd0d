// The view: rows, entries worth a line, lists that stay bounded, columns for charts.
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../src/model/outcome.ts';
import { later, rfc3339, seconds } from '../../src/model/units.ts';
import { createGatherer } from '../../src/server/gather.ts';
import { createHistory } from '../../src/server/history.ts';
import { atOnce } from '../../src/slices.ts';
import { entriesOf, keptSummary, maskedRecipient, viewOf } from '../../src/server/view.ts';
import { aNodeDecision, aPlan, aPodDecision, aReport, scaled, start, webKey } from './samples.ts';

const about = { cluster: 'pay-sh-07', version: '1.0.0', interval: 15_000, mode: 'act' } as const;
const nothing = { decisions: [], messages: { kind: 'sent', items: [] } } as const;
const at = (tick: number): string => rfc3339(later(start, seconds(15 * tick)));

describe('viewOf', () => {
  it('joins decisions with what else is known of their targets', () => {
    const view = viewOf(about, aReport(), nothing);
    expect(view).toMatchObject({ cluster: 'pay-sh-07', tick: 1, pendingPods: 3, failures: [] });
    expect(view.pods[0]).toMatchObject({ key: webKey, policy: 'shop/web', ready: 4, min: 2, max: 40, desired: 8 });
    expect(view.nodes[0]).toMatchObject({ group: 'default-worker', policy: 'workers', ready: 3, max: 10 });
    expect(view.nodes[0]?.for).toEqual([{ target: 'shop/web', pods: 3 }]);
  });

  it('is empty, not wrong, before the first tick', () => {
    expect(viewOf(about, null, nothing)).toMatchObject({ tick: null, time: null, pods: [], nodes: [], errors: [] });
  });

  it('shows firing alerts and failed stages', () => {
    const alert = { labels: { alertname: 'SpringtidePoolAtMaximum', severity: 'page' }, annotations: {}, since: at(0) };
    const view = viewOf(
      about,
      aReport({
        plan: aPlan({
          alerts: [
            { ...alert, state: 'firing' },
            { ...alert, state: 'resolved' },
          ],
        }),
        stages: { collect: { milliseconds: 5000, failed: { code: 'Timeout', message: 'no answer' } } },
      }),
      nothing,
    );
    expect(view.alerts).toEqual([
      { name: 'SpringtidePoolAtMaximum', severity: 'page', summary: 'SpringtidePoolAtMaximum', since: at(0) },
    ]);
    expect(view.failures).toEqual([{ stage: 'collect', code: 'Timeout', message: 'no answer' }]);
  });
});

describe('entriesOf', () => {
  it('tells changes and refusals, not what holds', () => {
    const plan = aPlan({
      pods: [aPodDecision(), aPodDecision({ action: 'hold' }), aPodDecision({ action: 'refused' })],
      nodes: [aNodeDecision({ action: 'none' })],
    });
    expect(atOnce(entriesOf(aReport({ plan }))).map((entry) => entry.action)).toEqual(['scale', 'refused']);
  });

  it('tells of drains when they begin, roll back or fail', () => {
    const drain = (step: 'begin' | 'evict' | 'rollBack', status: Outcome['status']): Outcome => ({
      ...{ kind: 'drain', nodeGroup: 'default-worker', node: 'n-2', step, status, at: at(0) },
    });
    const outcomes = [drain('begin', 'succeeded'), drain('evict', 'succeeded'), drain('evict', 'failed')];
    const plan = aPlan({ pods: [], nodes: [aNodeDecision({ action: 'hold', reason: 'DrainUnderWay' })] });
    expect(atOnce(entriesOf(aReport({ plan, outcomes }))).map(({ step, outcome }) => [step, outcome?.status])).toEqual([
      ['begin', 'succeeded'],
      ['evict', 'failed'],
    ]);
  });
});

describe('the last decisions', () => {
  const refused = aPlan({ pods: [aPodDecision({ action: 'refused', reason: 'AmbiguousSelector' })], nodes: [] });

  it('count an unbroken repetition instead of repeating it', () => {
    const gatherer = createGatherer(() => about);
    for (let tick = 1; tick <= 3; tick++)
      atOnce(gatherer.recording(aReport({ number: tick, time: at(tick), plan: refused, outcomes: [] })));
    expect(gatherer.view().decisions).toMatchObject([{ id: 1, times: 3, time: at(1), lastTime: at(3) }]);
    atOnce(gatherer.recording(aReport({ plan: aPlan({ pods: [], nodes: [] }), outcomes: [] })));
    const update = atOnce(gatherer.recording(aReport({ number: 5, time: at(5), plan: refused, outcomes: [] })));
    expect(update.decisions).toMatchObject([{ id: 2, times: 1 }]);
    expect(gatherer.view().decisions.map((entry) => entry.id)).toEqual([2, 1]);
  });

  it('are 200 at most, the newest first', () => {
    const gatherer = createGatherer(() => about);
    for (let tick = 1; tick <= 250; tick++)
      atOnce(
        gatherer.recording(
          aReport({
            plan: aPlan({ pods: [aPodDecision({ current: tick as never })], nodes: [] }),
            outcomes: [scaled()],
          }),
        ),
      );
    const { decisions } = gatherer.view();
    expect(decisions).toHaveLength(200);
    expect(decisions[0]?.from).toBe(250);
  });
});

describe('messages', () => {
  const sms = { at: at(0), channel: 'sms', to: '+8613800001234', text: 'hello', outcome: 'sent' } as const;

  it('that were sent show whose number it is, not the number', () => {
    const gatherer = createGatherer(() => about);
    atOnce(gatherer.recording(aReport({ notifications: [sms] })));
    expect(gatherer.view().messages).toEqual({ kind: 'sent', items: [{ ...sms, to: '+86138••••1234' }] });
  });

  it("come from the demo's own inboxes where there are some", () => {
    const gatherer = createGatherer(
      () => about,
      () => [sms, { ...sms, text: 'newer' }],
    );
    expect(gatherer.view().messages.items.map((item) => item.text)).toEqual(['newer', 'hello']);
  });

  it.each([
    ['ops@bank.example', 'op…@bank.example'],
    ['a@bank.example', '…@bank.example'],
    ['13800001234', '138••••1234'],
    ['https://hooks.example', 'https://hooks.example'],
  ])('to %s show %s', (to, shown) => {
    expect(maskedRecipient(to)).toBe(shown);
  });
});

it('sums up why nodes stay', () => {
  const kept = (reason: 'BlockedByPDB' | 'NotUnderutilized', by: string | null) =>
    ({ node: 'n', reason, by, since: null, until: null }) as const;
  expect(
    keptSummary([kept('BlockedByPDB', 'shop/web'), kept('NotUnderutilized', null), kept('NotUnderutilized', null)]),
  ).toEqual([
    { reason: 'NotUnderutilized', nodes: 2, by: null },
    { reason: 'BlockedByPDB', nodes: 1, by: 'shop/web' },
  ]);
});

describe('history', () => {
  it('keeps the last ticks in order, holes included', () => {
    const history = createHistory({ ticks: 3 });
    for (let tick = 0; tick < 5; tick++)
      atOnce(
        history.recording(
          aReport({
            time: at(tick),
            pendingPods: tick === 3 ? null : tick,
            plan: aPlan({ pods: tick === 2 ? [] : [aPodDecision({ current: tick as never })] }),
          }),
        ),
      );
    const read = history.read({ target: webKey, group: 'default-worker' });
    expect(read.times.map((time) => time - start / 1000)).toEqual([30, 45, 60]);
    expect(read.pendingPods).toEqual([2, null, 4]);
    expect(read.targets[webKey]).toMatchObject({ current: [null, 3, 4], load: [null, 812.4, 812.4] });
    expect(read.groups['default-worker']?.ready).toEqual([3, 3, 3]);
  });

  it('forgets what is gone and takes no more than it may', () => {
    const history = createHistory({ ticks: 3, targets: 1 });
    const other = aPodDecision({ target: { kind: 'Deployment', namespace: 'shop', name: 'queue' } });
    atOnce(history.recording(aReport({ plan: aPlan({ pods: [aPodDecision(), other] }) })));
    expect(Object.keys(history.read().targets)).toEqual([webKey]);
    atOnce(history.recording(aReport({ plan: aPlan({ pods: [other] }) })));
    expect(Object.keys(history.read().targets)).toEqual(['shop/Deployment/queue']);
  });
});
