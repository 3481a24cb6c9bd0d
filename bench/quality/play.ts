// Plays one trace for all: ours by the product's own decide, the others beside it in the same world.
import { loadFiles } from '../../dist/config/load.js';
import { instantOf } from '../../dist/model/units.js';
import { backtest, judge, oracleFor, playOf, settingOf, type Judged } from '../../dist/simulate/backtest/backtest.js';
import { Model, type Player } from '../../dist/simulate/backtest/model.js';
import { subjectOf, type Subject } from '../../dist/simulate/backtest/subject.js';
import { quantileOf, readTrace, ticksOf } from '../../dist/simulate/backtest/trace.js';
import type { WorldSettings } from '../../dist/simulate/backtest/world-settings.js';
import { holtWintersPlayer, hpaPlayer, staticPlayer, type World } from './baselines.ts';
import { policyText } from './policy.ts';
import { benchTrace } from './traces.ts';

export interface Row {
  readonly policy: string;
  readonly trace: string;
  /** the knob that it was played with; null: it has none */
  readonly target: number | null;
  readonly judged: Judged;
}

type Baseline = (world: World, target: number) => Player;

const baselines: Readonly<Record<string, Baseline>> = {
  'static peak': staticPlayer,
  'HPA on CPU + cluster-autoscaler': (world, target) => hpaPlayer(world, { target, metric: 'cpu' }),
  'HPA on request rate + cluster-autoscaler': (world, target) => hpaPlayer(world, { target, metric: 'rate' }),
  'KEDA + cluster-autoscaler': (world, target) => hpaPlayer(world, { target, metric: 'rate', poll: 30 }),
  'predictive HPA with Holt-Winters': (world, target) => holtWintersPlayer(world, { target, ownNodes: false }),
  'Holt-Winters over both tiers': (world, target) => holtWintersPlayer(world, { target, ownNodes: true }),
};
const targets = [0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
const withoutTarget = 'static peak';
export const ours = 'springtide';
export const policies = [...Object.keys(baselines), ours];

const daemon =
  'apiVersion: springtide/v1\nkind: Daemon\nspec: {cluster: bench, mode: act, prometheus: {url: "http://127.0.0.1:9090"}, openstack: {cloud: bench}}\n';

function ourSubject(capacity: number): Subject {
  const { config, problems } = loadFiles({
    files: [
      { path: 'policy.yaml', bytes: Buffer.from(policyText(capacity)) },
      { path: 'springtide.yaml', bytes: Buffer.from(daemon) },
    ],
    problems: [],
  });
  if (config?.podPolicies.length !== 1) throw new Error(problems.map(({ message }) => message).join('; '));
  return subjectOf(config, { file: 'policy.yaml' });
}

/** The 99th percentile of the load is 80 replicas on 10 VMs, whatever its unit. */
const usualReplicas = 80;

export function playTrace(name: string, given: WorldSettings): readonly Row[] {
  const { csv, start } = benchTrace(name);
  const trace = readTrace(csv, name);
  const capacity = (quantileOf(ticksOf(trace, given.step), 0.99) || 1) / usualReplicas;
  const subject = ourSubject(capacity);
  const setting = settingOf(subject, trace, { ...given, capacity }, instantOf(start));
  const play: World = { ...playOf(setting, subject), podsPerNode: given.podsPerNode };
  const oracle = oracleFor(setting, play);
  const rows = Object.entries(baselines).flatMap(([policy, make]) =>
    (policy === withoutTarget ? [null] : targets).map((target): Row => {
      const { figures } = new Model(play).play(make(play, target ?? 1));
      return { policy, trace: name, target, judged: judge(setting, play, figures, oracle) };
    }),
  );
  return [...rows, { policy: ours, trace: name, target: null, judged: backtest(setting, subject).judged }];
}
