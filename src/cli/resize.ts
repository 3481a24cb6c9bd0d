// springtide resize: a person sets the size of a group, within the daemon's own checks; who leaves is chosen, drained and named.
import { InvalidArgumentError, type Command } from 'commander';
import { resizeGroup } from '../actuators/node-pool.ts';
import { fillText, type Texts } from '../model/texts.ts';
import { resizedOver } from '../policies/nodes/foreign-update.ts';
import type { GroupState } from '../policies/nodes/group-state.ts';
import { podChecks, removalChecks, switchCheck, type Check } from './operate/checks.ts';
import {
  exitCodes,
  operate,
  tellChecks,
  tellEnding,
  withOperatorOptions,
  type OperatorOptions,
} from './operate/command.ts';
import { drainNodes } from './operate/drains.ts';
import { growthChecks } from './operate/growth-checks.ts';
import type { Scene } from './operate/scene.ts';
import { sayWhoResizes } from './operate/say-who-resizes.ts';
import { clusterOf, personsDecision, type Stage } from './operate/stage.ts';
import { chooseVictims } from './operate/victims.ts';

interface ResizeOptions extends OperatorOptions {
  readonly drain?: true;
}

function nodeCount(text: string): number {
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('a whole number of nodes');
}

export function registerResize(program: Command): void {
  const command = program
    .command('resize')
    .description('set the size of a node group: limits and quota asked before, nobody removed without a name')
    .argument('<group>', 'the node group')
    .argument('<nodes>', 'how many nodes it is to have', nodeCount)
    .option('--drain', 'below the current size: drain those that may go, the emptiest first, and give them back');
  withOperatorOptions(command, '--drain').action(resize);
}

async function grow(
  stage: Stage,
  scene: Scene,
  group: GroupState,
  to: number,
  by: string,
  dryRun: boolean,
): Promise<void> {
  const { texts } = scene.config;
  const { name } = group.policy;
  if (!tellChecks(stage, growthChecks(scene, group, to), texts, dryRun) || stage.magnum === null) return;
  const decision = personsDecision(group, group.magnum.node_count, `asked for by ${by} (springtide resize)`, {
    to,
    remove: [],
    over: resizedOver(group, scene.snapshot.magnum.cluster),
  });
  const moment = { now: scene.now, signal: new AbortController().signal, cluster: clusterOf(scene) };
  await sayWhoResizes(stage.writes, group, { nodeGroup: group.magnum.name, to, by, at: scene.now });
  const {
    status,
    code = '',
    message = '',
  } = await resizeGroup({ magnum: stage.magnum, nodes: stage.writes }, decision, moment);
  const facts = { group: name, from: group.count, to, node: '', why: `${code} ${message}`.trim() };
  stage.print(fillText(texts, status === 'succeeded' ? 'cli.operate.grown' : 'cli.operate.resizeNotSent', facts));
  if (status !== 'succeeded') process.exitCode = exitCodes.unfinished;
}

/** Why there are too few who may leave is said node by node. */
function victimsCheck(
  scene: Scene,
  group: GroupState,
  count: number,
  texts: Texts,
): { readonly nodes: readonly string[]; readonly check: Check } {
  const { nodes, kept } = chooseVictims(scene, group, count);
  if (nodes.length === count) return { nodes, check: { name: 'victims', state: 'ok', what: nodes.join(', ') } };
  const why = kept.map(({ node, reason, by }) => `${node} ${reason}${by === '' ? '' : ` ${by}`}`).join('; ');
  const what = fillText(texts, 'cli.operate.tooFew', { count: nodes.length, of: count, why });
  return { nodes, check: { name: 'victims', state: 'refused', what } };
}

interface Shrink {
  readonly to: number;
  readonly by: string;
  readonly dryRun: boolean;
  readonly drain: boolean;
  readonly wait: boolean;
}

async function shrink(
  stage: Stage,
  scene: Scene,
  group: GroupState,
  wanted: Shrink,
  signal: AbortSignal,
): Promise<void> {
  const { texts } = scene.config;
  const { to, by, dryRun, drain, wait } = wanted;
  const count = group.count - to;
  const { nodes, check } = victimsCheck(scene, group, count, texts);
  const checks = [
    switchCheck(group, 'shrink'),
    ...removalChecks(scene, group, count),
    check,
    ...nodes.flatMap((node) =>
      podChecks(scene, group, node, true).map((one) => ({ ...one, what: `${node}: ${one.what}` })),
    ),
  ];
  const goes = tellChecks(stage, checks, texts, dryRun);
  if (!goes) return;
  if (!drain) {
    stage.print(fillText(texts, 'cli.operate.sayDrain', { node: nodes.join(', ') }));
    process.exitCode = exitCodes.refused;
    return;
  }
  const request = { by, then: 'remove' } as const;
  const ending = await drainNodes(stage, scene, { nodes, nodeGroup: group.policy.name, request, wait }, signal);
  const done = fillText(texts, wait ? 'cli.operate.removed' : 'cli.operate.taken', { node: nodes.join(', ') });
  tellEnding(stage, ending, done, texts);
}

async function resize(name: string, to: number, options: ResizeOptions): Promise<void> {
  const { drain = false, wait } = options;
  await operate(options, async ({ stage, texts, by, dryRun, signal }) => {
    const scene = await stage.look();
    const group = scene.groups.find(({ policy }) => policy.name === name);
    if (group === undefined) {
      const unusable = scene.unusable.find(({ policy }) => policy.name === name);
      const what =
        unusable === undefined ? `${name}: NodePolicy -` : `${name}: ${unusable.reason} ${unusable.why}`.trim();
      tellChecks(stage, [{ name: 'group', state: 'refused', what }], texts, dryRun);
      return;
    }
    stage.print(fillText(texts, 'cli.operate.resize', { group: name, from: group.count, to, by }));
    if (to === group.count) stage.print(fillText(texts, 'cli.operate.already', { group: name, to }));
    else if (to > group.count) await grow(stage, scene, group, to, by, dryRun);
    else await shrink(stage, scene, group, { to, by, dryRun, drain, wait }, signal);
  });
}
