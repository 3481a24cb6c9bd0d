// Traces: what is read out of a file, what is refused and where, and what stands at each tick.
import { describe, expect, it } from 'vitest';
import { readTrace, ticksOf } from '../../../src/simulate/backtest/trace.ts';

const read = (...lines: string[]) => {
  const { start, step, values, gaps } = readTrace(lines.join('\n'), 'trace.csv');
  return { start: start === null ? null : new Date(start).toISOString(), step, values: [...values], gaps };
};

describe('a trace', () => {
  it.each([
    ['seconds from its beginning', ['t_seconds,value', '0,1', '60,2', '120,3'], null],
    ['no header', ['0,1', '60,2', '120,3'], null],
    ['seconds since 1970', ['1763625600,1', '1763625660,2', '1763625720,3'], '2025-11-20T08:00:00.000Z'],
    ['milliseconds', ['1763625600000,1', '1763625660000,2', '1763625720000,3'], '2025-11-20T08:00:00.000Z'],
    [
      'instants, more columns, other line ends',
      ['time,load,note\r', '2025-11-20T08:00:00Z,1,a\r', '2025-11-20T08:01:00Z,2,\r', '2025-11-20T08:02:00Z,3\r', ''],
      '2025-11-20T08:00:00.000Z',
    ],
  ])('is read with %s', (_, lines, start) => {
    expect(read(...lines)).toEqual({ start, step: 60, values: [1, 2, 3], gaps: 0 });
  });

  it('holds the value before where one is missing, and says so', () => {
    expect(read('0,1', '60,2', '120,3', '300,4', '360,5')).toMatchObject({ values: [1, 2, 3, 3, 3, 4, 5], gaps: 2 });
  });

  it.each([
    [['0,1', '60,x'], 'trace.csv:2:4: "x" is no load'],
    [['0,1', '60,-2'], 'trace.csv:2:4: "-2" is no load'],
    [['0,1', '60'], 'trace.csv:2:1: "60" has one column'],
    [['t,v', '0,1', 'noon,2'], 'trace.csv:3:1: "noon" is no time'],
    [['0,1', '60,2', '60,3'], 'trace.csv:3:1: 60 is not later than the line before'],
    [['0,1'], 'trace.csv: 1 values are no trace'],
  ])('is refused at its place: %j', (lines, message) => {
    expect(() => read(...lines)).toThrow(message);
  });

  it('is held between minutes and drawn as a line between coarser values', () => {
    expect([...ticksOf({ step: 30, values: Float64Array.of(1, 2) }, 15)]).toEqual([1, 1, 2, 2]);
    expect([...ticksOf({ step: 120, values: Float64Array.of(0, 8) }, 30)]).toEqual([0, 2, 4, 6]);
  });
});
