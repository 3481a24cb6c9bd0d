// A record as a line of JSON: what speaks for thousands is written in pieces, and says the same.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonPieces } from '../../../src/alerts/json-pieces.ts';
import { decodeLine, encodeLine, linePieces } from '../../../src/alerts/ledger/line.ts';
import type { Intent, LedgerRecord } from '../../../src/alerts/ledger/records.ts';
import { anIntent, start } from '../builders.ts';

const intent = (covers: number, alerts: number): Intent =>
  anIntent('one', {
    groupKey: 'storm:all',
    receiver: 'all',
    channel: 'webhook',
    way: undefined,
    alerts: Array.from({ length: alerts }, (_, index) => ({
      fingerprint: `f${index}`,
      labels: { alertname: 'Down', instance: `10.0.0.${index}` },
      annotations: { summary: '磁盘将满 "soon"' },
      since: start,
      accepted: start,
      ended: null,
    })),
    firing: Array.from({ length: alerts }, (_, index) => `f${index}@1`),
    covers: Array.from({ length: covers }, (_, index) => ({
      groupKey: `{}:{instance="${index}"}`,
      firing: [`f${index}@1`],
      resolved: [],
    })),
    to: ['webhook 1'],
    text: 'many',
  });
const recordOf = (covers: number, alerts: number): LedgerRecord => ({ kind: 'intent', intent: intent(covers, alerts) });

describe('JSON in pieces', () => {
  const leaf = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.integer(),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.constant(undefined),
  );
  const few = fc.letrec((tie) => ({
    any: fc.oneof({ maxDepth: 3 }, leaf, fc.array(tie('any')), fc.dictionary(fc.string(), tie('any'))),
  })).any;
  /** so often that it is heavy */
  const many = fc.tuple(few, fc.integer({ min: 1, max: 2500 })).map(([one, times]) => Array<unknown>(times).fill(one));
  const heavy = fc.oneof(
    many,
    fc.dictionary(fc.string(), fc.oneof(few, many), { maxKeys: 6 }),
    fc.array(fc.oneof(few, many), { maxLength: 6 }),
    many.map((list) => Object.fromEntries(list.entries())),
  );

  it('is the same as in one', () => {
    fc.assert(
      fc.property(heavy, (value) => {
        expect([...jsonPieces(value)].join('')).toBe(JSON.stringify(value));
      }),
      { numRuns: 40 },
    );
  });

  it('is the same of an object in which much is left out, or all', () => {
    const nothing = Array.from({ length: 3000 }, (_, index): [string, unknown] => [`n${index}`, undefined]);
    for (const value of [Object.fromEntries(nothing), { ...Object.fromEntries(nothing), some: 1 }])
      expect([...jsonPieces(value)].join('')).toBe(JSON.stringify(value));
  });

  it('is cut where a list, or one that it holds, is long', () => {
    const long = Array.from({ length: 10_000 }, (_, index) => index);
    for (const value of [long, { long }, [[long], 1], { inner: { long, text: 'a' } }, [long.map((one) => [one])]])
      expect(Math.max(...[...jsonPieces(value)].map(({ length }) => length))).toBeLessThan(20_000);
    expect([...jsonPieces(long.slice(0, 100))]).toHaveLength(1);
  });
});

describe('a line', () => {
  it.each([
    [1, 1],
    [0, 5000],
    [10_000, 10],
  ])('of a message for %i groups and %i alerts says what was written', (covers, alerts) => {
    const record = recordOf(covers, alerts);
    const line = encodeLine(record);
    expect(decodeLine(line.trimEnd())).toEqual(JSON.parse(JSON.stringify(record)));
    expect(line.endsWith('\n')).toBe(true);
    expect(decodeLine(line.trimEnd().replace('many', 'few!'))).toBeUndefined();
  });

  it.each(['\u2028', '\u2029', '\r', '\n', '\ud800'])('says whatever a text holds: %j', (character) => {
    const record = { kind: 'watchdog', name: `a${character}b`, missingSince: start } as const;
    expect(decodeLine(encodeLine(record).trimEnd())).toEqual(record);
  });

  it('that is short is one piece, and one of thousands gives others their turns before it is written and while it is', () => {
    expect([...linePieces(recordOf(1, 1))]).toHaveLength(1);
    const pieces = [...linePieces(recordOf(10_000, 10))];
    expect(pieces.filter((piece) => piece === '').length).toBeGreaterThan(20);
    expect(pieces.filter((piece) => piece !== '').length).toBeGreaterThan(20);
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(200_000);
  });
});
