// Tells a tenant on the ConfigMap itself what is refused of it: `kubectl describe configmap` shows it.
import type { KubernetesWrites } from '../clients/kubernetes/writes.ts';
import type { Problem } from '../config/problem.ts';

interface Known {
  uidOf(namespace: string, name: string): string | undefined;
}

const placePattern = /^configmap ([^/ ]+)\/([^: ]+): /;

/** Best effort, and the same thing once: an Event of one key and object is there only once. */
export function tellOnConfigMaps(
  events: Pick<KubernetesWrites, 'createEvent'>,
  known: Known,
  problems: readonly Problem[],
): void {
  for (const { file, line, column, code, message, severity, mend } of problems) {
    const [, namespace, name] = placePattern.exec(file) ?? [];
    if (severity !== 'error' || namespace === undefined || name === undefined) continue;
    const place = `${file.slice(file.indexOf(': ') + 2)}:${line}:${column}`;
    const note = `${place}: ${code}: ${message}${mend === undefined ? '' : ` (${mend})`}`;
    const uid = known.uidOf(namespace, name);
    void events.createEvent({
      regarding: { apiVersion: 'v1', kind: 'ConfigMap', namespace, name, ...(uid !== undefined && { uid }) },
      type: 'Warning',
      reason: 'ConfigRefused',
      action: 'LoadConfiguration',
      note,
      key: note,
    });
  }
}
