// What a decision over 20,000 targets costs, and the queries that it takes, for each shape of policies.
import { emptyMemory, type Memory } from '../dist/model/memory.js';
import type { Outcome } from '../dist/model/outcome.js';
import { decide } from '../dist/policies/decide.js';
import { record } from '../dist/policies/record.js';
import { appsEach, collectGarbage, cpuOf, instant, look, namespaces } from './pods-look.ts';
import { configOf, type Shape } from './pods-policies.ts';
import { BenchWorld } from './pods-world.ts';
import { percentile, type Figure } from './report.ts';

const bars = { cpu: 300, queries: 80 };
const warm = 5;
const measured = 40;

export function decisionsOf(shape: Shape): readonly Figure[] {
  const { answer: config, cpu: compiling } = cpuOf(() => configOf(shape, namespaces, appsEach));
  const world = new BenchWorld(namespaces, appsEach);
  let memory: Memory = emptyMemory();
  const deciding: number[] = [];
  const asking: number[] = [];
  let [queries, scaled] = [0, 0];
  for (let tick = 0; tick < warm + measured; tick++) {
    const now = instant(tick);
    const seen = look(world, config, now, 'text');
    collectGarbage({ type: 'minor' });
    const { answer: decided, cpu } = cpuOf(() => decide(seen.snapshot, config, memory, now));
    const outcomes: Outcome[] = [];
    for (const decision of decided.plan.pods)
      if (decision.action === 'scale' && decision.mode === 'act') outcomes.push(world.carryOut(decision, now));
    memory = record(decided.memory, outcomes, now);
    if (tick < warm) continue;
    deciding.push(cpu);
    asking.push(seen.cpu);
    queries = Math.max(queries, seen.queries);
    scaled += outcomes.length;
  }
  return [
    { name: `${shape}: policies`, value: config.podPolicies.length, unit: '' },
    { name: `${shape}: compiling them, CPU`, value: compiling, unit: 'ms' },
    {
      name: `${shape}: decide(), CPU, p50 of ${measured}`,
      value: percentile(deciding, 0.5),
      unit: 'ms',
      bar: bars.cpu,
    },
    { name: `${shape}: decide(), CPU, p95`, value: percentile(deciding, 0.95), unit: 'ms' },
    { name: `${shape}: finding targets and queries, CPU, p50`, value: percentile(asking, 0.5), unit: 'ms' },
    { name: `${shape}: finding targets and queries, CPU, p95`, value: percentile(asking, 0.95), unit: 'ms' },
    { name: `${shape}: distinct queries`, value: queries, unit: '', bar: bars.queries },
    { name: `${shape}: targets scaled a tick`, value: scaled / measured, unit: '' },
  ];
}
