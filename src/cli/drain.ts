// springtide drain: a person empties a node, by the daemon's own rules and steps; it stays cordoned, or is given back.
import type { Command } from 'commander';
import { fillText, type Texts } from '../model/texts.ts';
import { judgeDrain } from './operate/checks.ts';
import {
  operate,
  tellChecks,
  tellEnding,
  usage,
  withOperatorOptions,
  type OperatorOptions,
} from './operate/command.ts';
import { drainNodes, undoDrain } from './operate/drains.ts';
import type { Stage } from './operate/stage.ts';

interface DrainOptions extends OperatorOptions {
  readonly remove?: true;
  readonly undo?: true;
  readonly withoutRoom?: true;
}

export function registerDrain(program: Command): void {
  const command = program
    .command('drain')
    .description('empty a node: budgets respected, every step on the node itself; it stays cordoned, or is given back')
    .argument('<node>', 'the name of the node')
    .option('--remove', 'and give its VM back to Magnum, by its server id')
    .option('--undo', 'back to work: uncordon it, whoever began the drain')
    .option('--without-room', 'also where its pods have no other place yet');
  withOperatorOptions(command, '--remove').action(drain);
}

async function undo(stage: Stage, name: string, by: string, dryRun: boolean, texts: Texts): Promise<void> {
  const scene = await stage.look();
  if (dryRun) stage.print(fillText(texts, 'cli.operate.wouldUndo', { node: name }));
  else
    tellEnding(
      stage,
      await undoDrain(stage, scene, name, by),
      fillText(texts, 'cli.operate.undone', { node: name }),
      texts,
    );
}

async function drain(name: string, options: DrainOptions): Promise<void> {
  const { remove = false, withoutRoom = false, wait } = options;
  if (options.undo === true && remove)
    throw usage('--undo', 'it takes a drain back, and --remove ends one', 'leave one of them out');
  await operate(options, async ({ stage, texts, by, dryRun, signal }) => {
    if (options.undo === true) {
      await undo(stage, name, by, dryRun, texts);
      return;
    }
    const scene = await stage.look();
    const then = remove ? 'remove' : 'keep';
    const { checks, group } = judgeDrain(scene, name, { then, withoutRoom });
    stage.print(fillText(texts, `cli.operate.drain.${then}`, { node: name, by }));
    if (!tellChecks(stage, checks, texts, dryRun) || group === null) return;
    const wish = { nodes: [name], nodeGroup: group.policy.name, request: { by, then }, wait } as const;
    const ending = await drainNodes(stage, scene, wish, signal);
    const done = remove ? (wait ? 'removed' : 'taken') : 'drained';
    tellEnding(stage, ending, fillText(texts, `cli.operate.${done}`, { node: name }), texts);
  });
}
