// What nodes use, as it is asked: one query a resource for all nodes, and the age of what it reads, node by node.
import type { AskedUse, UsageRules } from '../model/config.ts';
import type { QueryText } from '../model/units.ts';
import { ageQuestionsOf } from '../promql/batch.ts';
import { labelText } from '../promql/selectors.ts';
import type { WrittenUsage } from './schema/node-policy.ts';

/** What every kubelet says by itself: all containers of a node together, as a share of the machine. */
const usual: Readonly<Record<'cpu' | 'memory', (label: string) => string>> = {
  cpu: (label) =>
    `sum by (${label}) (rate(container_cpu_usage_seconds_total{container!="",container!="POD"}[5m])) / sum by (${label}) (machine_cpu_cores)`,
  memory: (label) =>
    `sum by (${label}) (container_memory_working_set_bytes{container!="",container!="POD"}) / sum by (${label}) (machine_memory_bytes)`,
};

export function compileUsage({ cpu, memory, ...rules }: WrittenUsage): UsageRules {
  const asked = (resource: 'cpu' | 'memory', written: WrittenUsage['cpu']): AskedUse | null => {
    if (written === undefined) return null;
    const query = written.query ?? usual[resource](labelText(rules.label));
    return {
      query: query as QueryText,
      ages: ageQuestionsOf(query, { [rules.label]: 'name' }),
      holdAbove: written.holdAbove,
    };
  };
  return { ...rules, cpu: asked('cpu', cpu), memory: asked('memory', memory) };
}
