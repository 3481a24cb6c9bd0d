// How ticks are merged into what the page shows.
import { describe, expect, it } from 'vitest';
import { createGatherer } from '../../src/server/gather.ts';
import { aPlan, aPodDecision, aReport, start, webKey } from '../server/samples.ts';
import { later, rfc3339, seconds } from '../../src/model/units.ts';
import { atOnce } from '../../src/slices.ts';
import { appendPoint, emptyState, isStale, nextState, type PageState } from '../../src/web/state.ts';

const about = () => ({ cluster: 'pay-sh-07', version: '1', interval: 15_000, mode: 'act' }) as const;
const at = (tick: number): string => rfc3339(later(start, seconds(15 * tick)));

describe('ticks', () => {
  it('leave the page with the same view that a new page gets', () => {
    const gatherer = createGatherer(about);
    let state: PageState = nextState(emptyState, { kind: 'view', view: gatherer.view(), at: 0 });
    for (let tick = 1; tick <= 230; tick++) {
      const over =
        tick % 3 === 0 ? ({ action: 'refused', reason: 'AmbiguousSelector' } as const) : { current: tick as never };
      const report = aReport({ number: tick, time: at(tick), plan: aPlan({ pods: [aPodDecision(over)] }) });
      state = nextState(state, { kind: 'tick', update: atOnce(gatherer.recording(report)), at: tick });
    }
    expect(state.view).toEqual(gatherer.view());
    expect(state.heard).toBe(230);
  });

  it('read out what is new, not what merely goes on', () => {
    const gatherer = createGatherer(about);
    const refused = aPlan({ pods: [aPodDecision({ action: 'refused' })], nodes: [] });
    const news = [1, 2].map((tick) => {
      const update = atOnce(gatherer.recording(aReport({ number: tick, time: at(tick), plan: refused, outcomes: [] })));
      return nextState(emptyState, { kind: 'tick', update, at: tick }).news.length;
    });
    expect(news).toEqual([1, 0]);
  });

  it('continue the columns of the charts exactly as the server keeps them', () => {
    const gatherer = createGatherer(about);
    atOnce(gatherer.recording(aReport({ time: at(1) })));
    const wanted = { target: webKey, group: 'default-worker' };
    const before = gatherer.history.read(wanted);
    const update = atOnce(gatherer.recording(aReport({ number: 2, time: at(2), pendingPods: null })));
    const appended = appendPoint(before, update);
    expect(appended).toEqual(gatherer.history.read(wanted));
    expect(appendPoint(appended, update)).toBe(appended);
  });
});

describe('a silent stream', () => {
  it('is stale after three ticks and a grace, never before there was a view', () => {
    const view = createGatherer(about).view();
    const state = nextState(emptyState, { kind: 'view', view, at: 1_000 });
    expect(isStale(emptyState, 1e12)).toBe(false);
    expect(isStale(state, 51_000)).toBe(false);
    expect(isStale(state, 51_001)).toBe(true);
  });
});

it('forgets what it showed when the server wants a token', () => {
  const gatherer = createGatherer(about);
  const shown = nextState(emptyState, { kind: 'view', view: gatherer.view(), at: 0 });
  expect(nextState(shown, { kind: 'connection', connection: 'lost' }).view).not.toBeNull();
  expect(nextState(shown, { kind: 'connection', connection: 'locked' })).toEqual({
    ...emptyState,
    connection: 'locked',
  });
});
