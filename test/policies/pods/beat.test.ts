// Rates count on the grid of the ticks: a few milliseconds more or less neither lose a step nor win one.
import { describe, expect, it } from 'vitest';
import type { Instant } from '../../../src/model/units.ts';
import { record } from '../../../src/policies/record.ts';
import { at } from '../../builders.ts';
import { decideOne, steady, succeeded, world } from './shop.ts';

describe('ticks that begin a little late, each by another while', () => {
  it('take every step that the rates allow', () => {
    const late = [40, 3, 55, 1, 20, 0];
    let memory = steady();
    let replicas = 3;
    const steps = late.map((milliseconds, index) => {
      const due = at(index * 15);
      const now = (due + milliseconds) as Instant;
      const { decision, memory: decided } = decideOne(
        world(replicas).answering('requests', 6000).build(),
        {},
        memory,
        now,
      );
      const desired = decision.desired ?? replicas;
      memory = record(decided, desired === replicas ? [] : [succeeded(replicas, desired, now)], now, due);
      replicas = desired;
      return desired;
    });
    // four pods or as many again, every 15 s; 60 are within the tolerance then
    expect(steps).toEqual([7, 14, 28, 56, 56, 56]);
  });
});
