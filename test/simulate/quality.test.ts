// A slice of bench/quality, so that it cannot rot: the others decide as they do elsewhere, and ours plays both tiers.
import { describe, expect, it } from 'vitest';
import { holtWintersPlayer, hpaPlayer, type World } from '../../bench/quality/baselines.ts';
import { policyText } from '../../bench/quality/policy.ts';
import { benchTrace, traceNames } from '../../bench/quality/traces.ts';
import { loadFiles } from '../../src/config/load.ts';
import { backtest, judge, oracleFor, playOf, settingOf } from '../../src/simulate/backtest/backtest.ts';
import { Model, type Player } from '../../src/simulate/backtest/model.ts';
import { subjectOf } from '../../src/simulate/backtest/subject.ts';
import { quantileOf, readTrace, ticksOf } from '../../src/simulate/backtest/trace.ts';
import { usualWorld } from '../../src/simulate/backtest/world-settings.ts';

const daemon =
  'apiVersion: springtide/v1\nkind: Daemon\nspec: {cluster: x, prometheus: {url: "http://127.0.0.1:9090"}, openstack: {cloud: x}}\n';

/** `values`: so many of the trace only. */
function theWorld(name: string, values = Infinity) {
  const whole = readTrace(benchTrace(name).csv, name);
  const capacity = quantileOf(ticksOf(whole, 15), 0.99) / 80;
  const { config } = loadFiles({
    files: [
      { path: 'policy.yaml', bytes: Buffer.from(policyText(capacity)) },
      { path: 'springtide.yaml', bytes: Buffer.from(daemon) },
    ],
    problems: [],
  });
  if (config === null) throw new Error('the policy of the bench is refused');
  const subject = subjectOf(config, { file: 'policy.yaml' });
  const trace = { ...whole, values: whole.values.slice(0, values) };
  const setting = settingOf(subject, trace, { ...usualWorld, capacity }, null);
  const world: World = { ...playOf(setting, subject), podsPerNode: 8 };
  return { setting, subject, world, oracle: oracleFor(setting, world) };
}

const nasa = theWorld('nasa_jul95');
const made: Readonly<Record<string, (world: World) => Player>> = {
  'HPA on rate': (world) => hpaPlayer(world, { target: 0.7, metric: 'rate' }),
  'Holt-Winters, both tiers': (world) => holtWintersPlayer(world, { target: 0.7, ownNodes: true }),
};

describe('the world of the bench', () => {
  /** By another simulator of the same model. */
  it.each([
    ['HPA on rate', 2.04],
    ['Holt-Winters, both tiers', 1.9],
  ])('finds of %s what was found elsewhere', (name, score) => {
    const { setting, world, oracle } = nasa;
    const { figures } = new Model(world).play(made[name]?.(world) ?? { decide: () => ({ replicas: 1, nodes: 1 }) });
    expect(judge(setting, world, figures, oracle).score).toBeCloseTo(score, 2);
  });

  it('has every trace that its list names', () => {
    for (const name of traceNames()) expect(benchTrace(name).csv.slice(0, 16)).toBe('t_seconds,value\n');
  });
});

it('lets ours play both tiers', () => {
  const { setting, subject } = theWorld('crane_09', 24);
  const { judged, foreseen } = backtest(setting, subject);
  expect(judged.cost).toBeGreaterThanOrEqual(1);
  expect(judged.cost).toBeLessThan(2.5);
  expect(judged.unservedPercent).toBeLessThan(3);
  expect(judged.nodeHours).toBeGreaterThan(0);
  expect(foreseen).not.toBeNull();
});
