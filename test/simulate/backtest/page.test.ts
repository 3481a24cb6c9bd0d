// The page of a backtest, and what it suggests: self-contained, escaped, and with the frontier's own rule.
import { describe, expect, it } from 'vitest';
import { backtest, oracleBill, settingOf } from '../../../src/simulate/backtest/backtest.ts';
import { reportPage } from '../../../src/simulate/backtest/page.ts';
import { reportOf } from '../../../src/simulate/backtest/report.ts';
import { suggestionsFor, variantsOf } from '../../../src/simulate/backtest/suggest.ts';
import { svgOf } from '../../../src/simulate/backtest/svg.ts';
import { usualWorld } from '../../../src/simulate/backtest/world-settings.ts';
import { aSubject, aTrace, byRequests } from './world.ts';

const wave = Array.from({ length: 60 }, (_, minute) => Math.round(200 + 150 * Math.sin(minute / 10)));
const subject = aSubject(byRequests);
const setting = settingOf(subject, { ...aTrace(60, wave), name: '<b>.csv' }, { ...usualWorld, step: 30 }, null);

describe('what is suggested', () => {
  const suggestions = suggestionsFor(setting, subject);

  it('is every target and the forecast, with what each would have cost', () => {
    expect(suggestions.map(({ what, target }) => `${what} ${target}`)).toEqual([
      'target 5',
      'target 6',
      'target 7',
      'target 8',
      'target 9',
      'forecast 10',
    ]);
    const [most, , , , least] = suggestions;
    expect(most?.figures.cost).toBeGreaterThan(least?.figures.cost ?? 9);
    expect(most?.figures.unservedPercent).toBeLessThan(least?.figures.unservedPercent ?? 0);
  });

  it('names the lowest score, which lies on the frontier', () => {
    const best = suggestions.filter((one) => one.best);
    expect(best).toHaveLength(1);
    expect(best[0]?.onFrontier).toBe(true);
    for (const { figures } of suggestions) expect(figures.score).toBeGreaterThanOrEqual(best[0]?.figures.score ?? 9);
  });

  it('is the utilization where only the CPU is known', () => {
    const cpu = aSubject('metrics: [{name: cpu, resource: cpu, target: {utilization: 70}}]');
    expect(variantsOf(cpu, 10).map(({ target }) => target)).toEqual([50, 60, 70, 80, 90]);
  });
});

describe('the page', () => {
  it('needs nothing else, and shows names as they are', () => {
    const run = backtest(setting, subject);
    const oracle = oracleBill(setting, subject);
    const report = reportOf(setting, [run], oracle, { wasDone: null, suggestions: [], notes: [] });
    const page = reportPage(report, [run], { setting, oracle, texts: subject.config.texts });
    expect(page).toContain('&lt;b&gt;.csv');
    expect(page).not.toMatch(/<script|https?:|<b>|src=|@import|NaN|undefined|cli\.simulate/);
    expect(page.match(/<svg/g)?.length).toBeGreaterThanOrEqual(1);
  });

  it('draws steps, leaves gaps where nothing is known, and marks what it is told to', () => {
    const svg = svgOf({
      from: 0,
      until: 4,
      area: null,
      bands: [],
      lines: [{ values: [1, 1, Number.NaN, 4], className: 'ready', pick: 'most' }],
      marks: [{ at: (tick) => tick === 3, className: 'violated' }],
      timeText: String,
      height: 142,
    });
    expect(svg).toContain('class="line ready" d="M56 83H317H578M839 8H1100"');
    expect(svg).toContain('class="violated" d="M839 112V117"');
  });
});
