// How server-sent events are cut out of what comes, however it is torn.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sseEvent } from '../../src/server/stream.ts';
import { cutEvents, type SentEvent } from '../../src/web/events.ts';

it('cuts the same events, wherever the network tears them', () => {
  const values = fc.array(fc.tuple(fc.constantFrom('view', 'tick'), fc.jsonValue()), { maxLength: 5 });
  fc.assert(
    fc.property(values, fc.array(fc.nat({ max: 60 })), (sent, cuts) => {
      const text = `retry: 2000\n\n${sent.map(([name, value]) => `: alive\n\n${sseEvent(name, value)}`).join('')}`;
      const got: SentEvent[] = [];
      let rest = '';
      let from = 0;
      for (const length of [...cuts, text.length]) {
        const cut = cutEvents(rest + text.slice(from, from + length));
        from += length;
        got.push(...cut.events);
        ({ rest } = cut);
      }
      expect(rest).toBe('');
      expect(got).toEqual(sent.map(([name, value]) => ({ name, data: JSON.stringify(value) })));
    }),
  );
});
