// Who is on duty by rotas that are handed over more often, in stranger zones and over more years than most.
import { describe, expect, it } from 'vitest';
import { onDuty, turnsFrom } from '../../src/alerts/on-call.ts';
import type { Rota } from '../../src/alerts/on-call.ts';
import type { Instant } from '../../src/model/units.ts';
import { anAlertsDocument } from './builders.ts';

const instantOf = (text: string): Instant => Date.parse(text) as Instant;

const rotaOf = (handover: string, timeZone = 'UTC', more = ''): Rota => {
  const [rota] = anAlertsDocument(`
people:
  zhang: { sms: '+8613800000001' }
  li: { sms: '+8613800000002' }
  wang: { sms: '+8613800000003' }
oncall: [{ name: pay, timeZone: ${timeZone}, handover: '${handover}', rotation: [zhang, li, wang]${more} }]
route: { receiver: nobody }
receivers: [{ name: nobody }]
`).oncall;
  if (rota === undefined) throw new Error('there is no rota');
  return rota;
};

describe.each([
  ['*/5 * * * *', 5],
  ['0 * * * *', 60],
  ['* * * * *', 1],
])('handed over by %s', (handover, minutes) => {
  it.each(['2024-01-01T00:00:00Z', '2026-11-22T03:00:00Z', '2039-12-31T23:00:00Z'])('goes on in %s', (at) => {
    const turns = turnsFrom(rotaOf(handover), instantOf(at), 4);
    expect(turns.map(({ until, from }) => (until ?? 0) - from)).toEqual(turns.map(() => minutes * 60_000));
    expect(new Set(turns.map(({ who }) => who)).size).toBe(3);
    expect(turns[0]?.who).toBe(turns[3]?.who);
  });
});

it('goes on where half an hour is left out in which it would be handed over', () => {
  const rota = rotaOf('0 2 * * 0', 'Australia/Lord_Howe');
  // on 4 October 2026 two o'clock is half past two there
  const turns = turnsFrom(rota, instantOf('2026-10-01T00:00:00Z'), 3);
  expect(turns.map(({ until }) => new Date(until ?? 0).toISOString())).toEqual([
    '2026-10-03T15:30:00.000Z',
    '2026-10-10T15:00:00.000Z',
    '2026-10-17T15:00:00.000Z',
  ]);
});

it('is with the first one until the first handover after it begins', () => {
  const rota = rotaOf('0 9 * * 1', 'Asia/Shanghai', ', since: 2026-11-09T09:00:00+08:00');
  const at = (text: string): string => onDuty(rota, instantOf(text));
  expect(at('2026-11-01T00:00:00+08:00')).toBe('zhang');
  expect(at('2026-11-16T08:59:59+08:00')).toBe('zhang');
  expect(at('2026-11-16T09:00:00+08:00')).toBe('li');
  expect(at('2026-11-23T09:00:00+08:00')).toBe('wang');
  // and asked again about the past
  expect(at('2026-11-16T08:59:59+08:00')).toBe('zhang');
});

it('is said to begin when whoever stood in has ended', () => {
  const overrides = `, since: 2026-11-02T09:00:00+08:00, overrides: [
    { from: 2026-11-10T00:00:00+08:00, until: 2026-11-20T00:00:00+08:00, who: li },
    { from: 2026-11-12T00:00:00+08:00, until: 2026-11-13T00:00:00+08:00, who: wang },
    { from: 2026-11-09T12:00:00+08:00, until: 2026-11-10T12:00:00+08:00, who: zhang }]`;
  const turns = turnsFrom(rotaOf('0 9 * * 1', 'Asia/Shanghai', overrides), instantOf('2026-11-09T10:00:00+08:00'), 7);
  expect(turns.map(({ who, from }) => [who, new Date(from + 8 * 3_600_000).toISOString().slice(0, 16)])).toEqual([
    ['li', '2026-11-09T09:00'],
    ['zhang', '2026-11-09T12:00'],
    ['li', '2026-11-10T12:00'],
    ['wang', '2026-11-12T00:00'],
    ['li', '2026-11-13T00:00'],
    ['wang', '2026-11-20T00:00'],
    ['zhang', '2026-11-23T09:00'],
  ]);
});
