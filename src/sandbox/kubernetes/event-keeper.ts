// Forgets Events: an hour after the last word on each, as the API server does, and the oldest where there are too many.
import type { Milliseconds } from '../../model/units.ts';
import type { Agenda } from './agenda.ts';
import { keyOfObject } from './objects.ts';
import type { Store } from './store.ts';

const lifetime = 3_600_000 as Milliseconds;

export function keepEvents(store: Store, agenda: Agenda, most: number): void {
  /** when each was last written, the oldest first */
  const written = new Map<string, number>();
  let armed = false;

  function sweep(): void {
    armed = false;
    const now = agenda.now();
    for (const [key, at] of written) {
      if (written.size <= most && now - at < lifetime) break;
      written.delete(key);
      store.remove('events', key);
    }
    arm();
  }

  function arm(): void {
    const [oldest] = written.values();
    if (oldest === undefined || armed) return;
    armed = true;
    agenda.after((oldest + lifetime - agenda.now()) as Milliseconds, sweep);
  }

  store.subscribe(({ type, resource, object }) => {
    if (resource !== 'events') return;
    const key = keyOfObject(object);
    written.delete(key);
    if (type === 'DELETED') return;
    written.set(key, agenda.now());
    // a listener does not write: what is too much goes right after
    if (written.size === most + 1) agenda.after(0 as Milliseconds, sweep);
    arm();
  });
}
