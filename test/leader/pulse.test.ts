// Whether ticks happen: three intervals and a tick's own deadline without one are too long.
import { expect, it } from 'vitest';
import { createPulse } from '../../src/leader/pulse.ts';
import { seconds } from '../../src/model/units.ts';

it('beats for three intervals and a deadline after the last tick, however long the intervals are by now', () => {
  const time = { now: 0, interval: seconds(15) };
  const pulse = createPulse(
    () => time.now,
    () => time.interval,
  );
  time.now = 56_999;
  expect(pulse.beats()).toBe(true);
  time.now = 57_000;
  expect(pulse.beats()).toBe(false);
  time.interval = seconds(60);
  expect(pulse.beats()).toBe(true);
  time.interval = seconds(15);
  pulse.beat();
  expect(pulse.beats()).toBe(true);
});
