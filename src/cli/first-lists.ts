// A command's first sight of the cluster: all lists read once, or one clear reason why not.
import type { KubernetesClient } from '../clients/kubernetes/client.ts';
import { messageOf, SpringtideError } from '../model/errors.ts';
import { seconds } from '../model/units.ts';

const firstLists = seconds(20);

export async function readLists(kubernetes: KubernetesClient): Promise<void> {
  kubernetes.lists.start();
  try {
    await kubernetes.lists.ready(firstLists);
  } catch (thrown) {
    throw new SpringtideError({
      code: 'WorldUnreadable',
      where: kubernetes.server,
      what: messageOf(thrown),
      mend: 'check the address, the credential and its rights',
      cause: thrown,
    });
  }
}
