// Rules of placing that are not simulated: where a pod has one, nobody may say that it fits elsewhere.
import type { PodSpec } from '../../model/kubernetes.ts';

const isRequired = (affinity: unknown): boolean => {
  const rules = (affinity as { requiredDuringSchedulingIgnoredDuringExecution?: unknown } | null | undefined)
    ?.requiredDuringSchedulingIgnoredDuringExecution;
  return Array.isArray(rules) && rules.length > 0;
};

const mustSpread = (constraint: unknown): boolean =>
  (constraint as { whenUnsatisfiable?: unknown } | null)?.whenUnsatisfiable !== 'ScheduleAnyway';

/** The first such rule by its name in the pod's spec; null where fit is judged in full. */
export function unmodelledRule(spec: PodSpec | undefined): string | null {
  if (isRequired(spec?.affinity?.podAffinity)) return 'podAffinity';
  if (isRequired(spec?.affinity?.podAntiAffinity)) return 'podAntiAffinity';
  if ((spec?.topologySpreadConstraints ?? []).some(mustSpread)) return 'topologySpreadConstraints';
  if ((spec?.volumes ?? []).some((volume) => volume.persistentVolumeClaim !== undefined))
    return 'persistentVolumeClaim';
  const ports = (spec?.containers ?? []).flatMap((container) => container.ports ?? []);
  return ports.some((port) => (port.hostPort ?? 0) > 0) ? 'hostPort' : null;
}
