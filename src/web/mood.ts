// How it stands, in one word for the headline: what fires and nobody is on comes before all scaling.
import type { FiringGroups, View } from '../model/report.ts';

/** `fits`: nothing scales, and somebody is on what fires */
export type Mood = 'calm' | 'fits' | 'moving' | 'attention';

const isGrave = ({ severity }: { readonly severity: string }): boolean => severity !== 'info';

type Seen = Pick<View, 'pods' | 'nodes' | 'alerts' | 'failures' | 'errors' | 'pendingPods'>;

/** `firing` is null where this process follows, or was not asked yet: springtide's own alerts stand in the view. */
export function moodOf(view: Seen, firing: FiringGroups | null): Mood {
  const rows = [...view.pods, ...view.nodes];
  const told = firing?.groups.filter((group) => isGrave(group) && !group.isKeptBack) ?? [];
  const isUrgent = firing === null ? view.alerts.some(isGrave) : told.some(({ takenBy }) => takenBy === null);
  const isRefused = rows.some(({ action }) => action === 'refused');
  if (isUrgent || isRefused || view.failures.length > 0 || view.errors.length > 0) return 'attention';
  const isOnTheWay = rows.some(({ desired, current }) => desired !== null && desired !== current);
  if (isOnTheWay || (view.pendingPods ?? 0) > 0 || view.nodes.some(({ upcoming }) => upcoming > 0)) return 'moving';
  return told.length > 0 ? 'fits' : 'calm';
}
