// What is about to be asked of Magnum, as it is kept before it is sent: a process that dies on the way has not forgotten it.
import { emptyGroupMemory, type GroupMemory, type Memory } from '../model/memory.ts';
import type { Plan } from '../model/plan.ts';
import type { Instant } from '../model/units.ts';

/**
 * null: nothing will be asked. Otherwise each resize stands as sent and not answered: whether Magnum has it, and that it is no
 * stranger's, is then seen in the group. Whoever lives to see the answer remembers that instead.
 */
export function withIntents(memory: Memory, { nodes }: Plan, now: Instant): Memory | null {
  const groups: Record<string, GroupMemory> = {};
  for (const { mode, nodeGroup, current, resize } of nodes) {
    if (mode !== 'act' || resize === null || current === null) continue;
    const { to, remove } = resize;
    groups[nodeGroup] = {
      ...(memory.groups[nodeGroup] ?? emptyGroupMemory),
      sent: { at: now, from: current, to, remove, unanswered: true, begun: false },
    };
  }
  return Object.keys(groups).length === 0 ? null : { ...memory, groups: { ...memory.groups, ...groups } };
}
