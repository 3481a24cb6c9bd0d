// Pods on chosen nodes of a group that may all move within it: the others are cordoned while each of them is placed.
import { listAt } from '../servers/json.ts';
import { nameOf } from '../support/stage.ts';
import { podsPath } from '../support/workloads.ts';
import type { NodeStage } from './stage.ts';

/** Too much for a node to be given back, and bound to it by its name. */
const ballast = '2500m';

/** `pods`: a Deployment of one small pod for each node that it names. */
export async function placePods(
  stage: NodeStage,
  group: string,
  { pods, kept }: { readonly pods: Readonly<Record<string, string>>; readonly kept: string },
): Promise<void> {
  const names = stage.servers(group).map(({ name }) => name);
  await stage.deploy({
    name: `ballast-${group}`,
    replicas: 1,
    cpu: ballast,
    on: { 'kubernetes.io/hostname': kept },
  });
  await stage.runs(`ballast-${group}`, 1);
  for (const [name, node] of Object.entries(pods)) {
    for (const other of names) await stage.cordon(other, other !== node);
    await stage.deploy({ name, replicas: 1, cpu: '200m', on: { pool: group } });
    await stage.runs(name, 1);
  }
  for (const name of names) await stage.cordon(name, false);
}

/** A pod that was evicted has a successor of another name. */
export async function podNames(stage: NodeStage, app: string): Promise<readonly string[]> {
  const { body } = await stage.kubernetes().request('GET', `${podsPath}?labelSelector=app%3D${app}`);
  return listAt(body, 'items').map(nameOf);
}
