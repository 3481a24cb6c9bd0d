// Scenes for the experts: a load by the minute, and the moment at which they are asked.
import type { Scene } from '../../../src/policies/forecast/scene.ts';
import { Recent } from '../../../src/policies/forecast/recent.ts';
import { Slots } from '../../../src/policies/forecast/slots.ts';
import type { Instant } from '../../../src/model/units.ts';

export const minute = 60_000;
export const dayOfMinutes = 1440;
const start = Date.UTC(2026, 0, 5);

export const at = (passed: number): Instant => (start + passed * minute) as Instant;

/** The scene after the last of so many minutes. */
export function sceneOf(load: (passed: number) => number, minutes: number): Scene {
  const scene = {
    at: at(0),
    load: 0,
    usual: 100,
    unrest: 1,
    recent: new Recent(),
    minutes: new Slots(minute, 90),
    past: new Slots(2 * minute, 5070),
  };
  for (let passed = 0; passed < minutes; passed++) {
    const now = load(passed);
    scene.recent.add(at(passed), now);
    scene.minutes.put(at(passed), now);
    scene.past.put(at(passed), now);
    scene.at = at(passed);
    scene.load = now;
  }
  return scene;
}
