// A backtest: the oracle is what it claims to be, the product plays by the model's rules, and what is found is printed.
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { backtest, oracleBill, settingOf } from '../../../src/simulate/backtest/backtest.ts';
import { Model, type Play, type Player } from '../../../src/simulate/backtest/model.ts';
import { oracleOf } from '../../../src/simulate/backtest/oracle.ts';
import { reportOf } from '../../../src/simulate/backtest/report.ts';
import { reportText } from '../../../src/simulate/backtest/report-text.ts';
import { readWorld, usualWorld } from '../../../src/simulate/backtest/world-settings.ts';
import { aPool, aSubject, aTrace, byRequests } from './world.ts';

const loads = fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 60, maxLength: 120 });

describe('the oracle', () => {
  it('meets everything, and with one replica less at any tick where one is needed it does not', () => {
    fc.assert(
      fc.property(
        loads,
        fc.integer({ min: 0, max: 3 }),
        fc.integer({ min: 0, max: 8 }),
        fc.nat(),
        (values, pods, nodes, pick) => {
          const world = { ...usualWorld, podStart: 15 * pods, nodeBoot: 15 * nodes, warmUp: 0.005 };
          const play: Play = {
            world,
            demand: Float64Array.from(values),
            capacity: 10,
            minReplicas: 1,
            minNodes: 1,
            podsPerNode: 4,
          };
          const known = oracleOf(play.demand, { ...play, podsPerNode: 4, podTicks: pods, nodeTicks: nodes });
          const follow = (less: number | null): Player => ({
            decide: ({ tick }) => ({
              replicas: (known.replicas[tick + 1] ?? 1) - (tick + 1 === less ? 1 : 0),
              nodes: known.nodes[tick + 1] ?? 1,
            }),
          });
          const { figures, judgedFrom } = new Model(play).play(follow(null));
          // What stood before the oracle came is not its own.
          const settled = values.length > judgedFrom + pods + nodes + 2;
          if (!settled || judgedFrom < pods + nodes + 2) return;
          expect(figures.violated).toBe(0);
          const needed = [...known.replicas.keys()].filter(
            (tick) => tick > judgedFrom && tick + pods < values.length && (known.replicas[tick] ?? 0) > 1,
          );
          const less = needed[pick % Math.max(1, needed.length)];
          if (less === undefined) return;
          expect(new Model(play).play(follow(less)).figures.violated).toBeGreaterThan(0);
        },
      ),
      { numRuns: 40 },
    );
  });
});

const wave = Array.from({ length: 110 }, (_, minute) => Math.round(200 + 150 * Math.sin(minute / 12)));
const coarse = { ...usualWorld, step: 30 };
const setting = (subject = aSubject(byRequests)) => settingOf(subject, aTrace(60, wave), coarse, null);

describe('a policy that is played', () => {
  it('follows the load with the delays of the world, and is judged against the oracle', () => {
    const subject = aSubject(byRequests);
    const { judged, course } = backtest(setting(), subject);
    const oracle = oracleBill(setting(), subject);
    expect(setting().capacity).toBeCloseTo(10);
    expect(judged.violatedPercent).toBeLessThan(2);
    expect(judged.cost).toBeGreaterThan(1);
    expect(judged.cost).toBeLessThan(1.8);
    expect(judged.replicaHours / oracle.replicaHours).toBeCloseTo(judged.cost);
    expect(judged.nodeHours).toBeNull();
    expect(Math.max(...course.asked)).toBeGreaterThanOrEqual(46);
    expect(Math.min(...course.asked)).toBeLessThan(15);
  });

  it('orders and gives back VMs where the file has a NodePolicy', () => {
    const subject = aSubject(byRequests, aPool);
    const { judged, course } = backtest(setting(subject), subject);
    expect(Math.max(...course.nodes)).toBeGreaterThanOrEqual(6);
    expect(Math.min(...course.nodes)).toBeLessThan(5);
    expect(judged.nodeHours).toBeGreaterThan(3);
    expect(judged.nodeActions).toBeGreaterThan(1);
  });

  it('follows the CPU where nothing else is measured', () => {
    const subject = aSubject('metrics: [{name: cpu, resource: cpu, target: {utilization: 70}}]');
    const world = { ...coarse, capacity: 10 };
    const { judged, course } = backtest(settingOf(subject, aTrace(60, wave), world, null), subject);
    expect(Math.max(...course.asked)).toBeGreaterThanOrEqual(45);
    expect(judged.cost).toBeGreaterThan(1);
    expect(judged.cost).toBeLessThan(2);
  });

  it('is printed with what could not be played', () => {
    const subject = aSubject(
      'metrics:\n  - {name: requests, query: sum(x), target: {averageValue: 7}}\n  - {name: queue, query: max(q), target: {value: 5}}',
    );
    const run = backtest(setting(), subject);
    const report = reportOf(setting(), [run], oracleBill(setting(), subject), {
      wasDone: null,
      suggestions: [],
      notes: [],
    });
    const text = reportText(report, subject.config.texts);
    expect(text).toMatch(/shop\/web +\d/);
    expect(text).toMatch(/the metric queue is left out: target\.value/);
    expect(text).not.toMatch(/cli\.simulate|[{}]/);
  });
});

describe('two policies', () => {
  it('are told apart by their files, and it is said where only one of them has VMs', () => {
    const short = settingOf(aSubject(byRequests), aTrace(60, wave.slice(0, 20)), coarse, null);
    const [one, other] = [aSubject(byRequests), aSubject(byRequests, aPool, { file: 'new.yaml' })];
    const runs = [backtest(short, one), backtest(short, other)];
    const none = { wasDone: null, suggestions: [], notes: [] };
    const report = reportOf(short, runs, oracleBill(short, one), none);
    expect(report.policies.map(({ name }) => name)).toEqual(['shop/web (web.yaml)', 'shop/web (new.yaml)']);
    expect(report.notes.map(({ code }) => code)).toContain('PoolInOneOnly');
  });
});

describe('what cannot be played', () => {
  it('is a trace of which nothing is left to judge', () => {
    const world = { ...usualWorld, warmUp: 3 };
    expect(() => settingOf(aSubject(byRequests), aTrace(60, wave), world, null)).toThrow('no other is left');
  });

  it.each([
    ['metrics: [{name: queue, query: max(q), target: {value: 5}}]', 'none of its metrics can be played: queue (value)'],
    ['metrics: [{name: memory, resource: memory, target: {utilization: 70}}]', 'memory (memory)'],
  ])('is refused: %s', (spec, message) => {
    expect(() => aSubject(spec)).toThrow(message);
  });

  it('is a metric that is not there', () => {
    expect(() => aSubject(byRequests, '', { metric: 'load' })).toThrow(
      'no metric is called load (name one of requests)',
    );
  });
});

describe('the world file', () => {
  it('overrides what it names, and is refused with what may be in it', () => {
    expect(readWorld('{"nodeBoot": 300}', 'world.json')).toEqual({ ...usualWorld, nodeBoot: 300 });
    expect(() => readWorld('{\n  "podStart": 20,\n  "nodeBoots": 300}', 'world.json')).toThrow(
      /^world\.json:3:3: nodeBoots: .*nodeBoots/,
    );
    expect(() => readWorld('{"step": 0}', 'world.json')).toThrow('world.json:1:2: step: ');
    expect(() => readWorld('{"step": ', 'world.json')).toThrow(/^world\.json:1:\d+: /);
    expect(() => readWorld('[]', 'world.json')).toThrow('world.json:1:1: ');
  });
});
