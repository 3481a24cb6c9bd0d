// Where a decision was taken from, for people: the live cluster, a recording, or the journal and what came next.
import { instantOf } from '../../model/units.ts';
import type { Origin } from './origin.ts';
import { instantIn, type Voice } from './voice.ts';

export function originLines(origin: Origin, time: string, hash: string, { say, times }: Voice): readonly string[] {
  const decided = { time: times.whole(instantIn(time)), zone: times.name, hash, where: origin.where };
  switch (origin.kind) {
    case 'live':
    case 'recording': {
      const memoryAt = instantOf(origin.memoryAt);
      return [
        say(`origin.${origin.kind}`, decided),
        memoryAt === null ? say('origin.noMemory') : say('origin.memory', { at: times.both(memoryAt) }),
      ];
    }
    case 'journal': {
      const { next, since, asked } = origin;
      return [
        say('origin.journal', decided),
        say('origin.asked', {
          asked: times.short(instantIn(asked)),
          span: times.span(instantIn(asked) - instantIn(time)),
          since: times.short(instantIn(since)),
        }),
        next === null
          ? say('origin.noNext')
          : say('origin.next', { at: times.short(instantIn(next.time)), message: next.message }),
        ...(origin.configChanged ? [say('origin.configChanged')] : []),
      ];
    }
  }
}
