// What was in a group that does not stand any more: by the labels that its key names, as its routes are gone.
import { periodOf } from './alert.ts';
import type { Alert } from './alert.ts';
import { byCodeUnit } from './fingerprint.ts';
import { labelsIn } from './group.ts';

/** Many groups ask at one instant: those of the same names share what is found. */
export function alertsByGroup(alerts: Iterable<Alert>): (groupKey: string) => readonly string[] {
  const byNames = new Map<string, ReadonlyMap<string, readonly string[]>>();
  return (groupKey) => {
    const labels = labelsIn(groupKey);
    const names = Object.keys(labels).sort(byCodeUnit);
    const id = JSON.stringify(names);
    const found = byNames.get(id) ?? byValues(alerts, names);
    byNames.set(id, found);
    return found.get(valuesOf(labels, names)) ?? [];
  };
}

const valuesOf = (labels: Alert['labels'], names: readonly string[]): string =>
  JSON.stringify(names.map((name) => labels[name] ?? null));

function byValues(alerts: Iterable<Alert>, names: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const alert of alerts) {
    const values = valuesOf(alert.labels, names);
    const known = found.get(values);
    if (known === undefined) found.set(values, [periodOf(alert)]);
    else known.push(periodOf(alert));
  }
  return found;
}
