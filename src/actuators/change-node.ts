// One change of a node that others write all the time as well: read, changed on that very version, and read anew where somebody was faster.
import { ClientError } from '../clients/http/error.ts';
import type { KubernetesWrites, NodePatch } from '../clients/kubernetes/writes.ts';
import type { Node } from '../model/kubernetes.ts';
import type { DrainOutcome } from '../model/outcome.ts';

export type Parts = Pick<DrainOutcome, 'status' | 'code' | 'message' | 'evicted' | 'refusedPods' | 'denied'>;
export const succeeded: Parts = { status: 'succeeded' };
export const refused = (code: string, message: string): Parts => ({ status: 'refused', code, message });

/** A kubelet writes its node all the time: who is overtaken looks again. */
const mostLooks = 4;

/** Reads the node and writes what follows from it, on that very version. `change` answers with why nothing is to be written. */
export async function changeNode(
  port: Pick<KubernetesWrites, 'getNode' | 'patchNode'>,
  name: string,
  changeOf: (node: Node) => NodePatch | Parts,
  whenGone: Parts,
): Promise<{ readonly parts: Parts; readonly node: Node | null }> {
  for (let looks = 1; ; looks += 1) {
    const node = await port.getNode(name);
    if (node === null) return { parts: whenGone, node: null };
    const patch = changeOf(node);
    if ('status' in patch) return { parts: patch, node: null };
    try {
      await port.patchNode(name, patch, { resourceVersion: node.metadata.resourceVersion });
      return { parts: succeeded, node };
    } catch (thrown) {
      if (!(thrown instanceof ClientError) || thrown.code !== 'Conflict' || looks === mostLooks) throw thrown;
    }
  }
}
