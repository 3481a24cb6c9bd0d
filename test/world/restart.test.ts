// The daemon killed between any two ticks, or between acting and remembering; disks that cannot be written; a tick that is broken off.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { drainAnnotation } from '../../src/model/drain-record.ts';
import type { TickReport } from '../../src/model/report.ts';
import { seconds, type Instant } from '../../src/model/units.ts';
import { alertNames, podsOf, Rig } from './rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.raise();
});
afterEach(() => rig.lower());

async function restart(): Promise<void> {
  await rig.kill();
  await rig.boot();
}

const memoryFile = (): string => path.join(rig.directory, 'memory.json');

/** The tick acts, and the process dies before it has remembered that it did. */
async function stepAndForget(): Promise<TickReport> {
  const before = await readFile(memoryFile(), 'utf8');
  const report = await rig.step();
  await rig.kill();
  await writeFile(memoryFile(), before);
  await rig.boot();
  return report;
}

const shrunk = (): boolean => rig.world.openstack.servers().filter(({ role }) => role === 'worker').length === 1;

async function steppedUntil(step: () => Promise<unknown>, done: () => boolean): Promise<void> {
  for (let tick = 0; tick < 60 && !done(); tick++) await step();
  expect(done()).toBe(true);
}

describe('a daemon that is started anew after each tick', () => {
  it('grows and shrinks as one that lives', async () => {
    rig.demand = 900;
    const tick = async (): Promise<void> => {
      await rig.step();
      await restart();
    };
    await steppedUntil(tick, () => rig.replicas === 9 && rig.resizes.length > 0);
    for (let more = 0; more < 10; more++) await tick();
    expect(rig.resizes).toEqual(['2 → 3']);
    rig.demand = 100;
    await steppedUntil(tick, shrunk);
    expect(rig.replicas).toBe(2);
    const taken = rig.world.openstack.calls.filter(
      (call) => call.op === 'resize_cluster' && call.count < call.previous,
    );
    expect(taken.flatMap((call) => call.unmatched)).toEqual([]);
    expect(taken.reduce((sum, call) => sum + call.matched.length, 0)).toBe(2);
  });

  it('keeps the window in which replicas are not lowered', async () => {
    rig.demand = 800;
    await rig.calm();
    rig.demand = 200;
    const held = await rig.step();
    await restart();
    // Neither forgotten, which would begin a new window, nor taken for over: the 30 s end with the second tick.
    const lowered = await rig.step();
    expect([held, lowered].map((report) => [podsOf(report).action, podsOf(report).reason])).toEqual([
      ['hold', 'ScaleDownStabilized'],
      ['scale', 'MetricBelowTarget'],
    ]);
  });
});

describe('a daemon that dies between acting and remembering', () => {
  it('orders each VM once, and gives back each once', async () => {
    rig.demand = 300;
    await rig.calm();
    rig.demand = 900;
    await steppedUntil(stepAndForget, () => rig.replicas === 9 && rig.resizes.length > 0);
    await rig.calm();
    expect(rig.resizes).toEqual(['2 → 3']);
    rig.demand = 100;
    await rig.steps(3);
    for (let tick = 0; tick < 40 && !shrunk(); tick++) await (tick % 2 === 0 ? stepAndForget() : rig.step());
    expect(shrunk()).toBe(true);
    const taken = rig.world.openstack.calls.filter(
      (call) => call.op === 'resize_cluster' && call.count < call.previous,
    );
    expect(taken.flatMap((call) => call.unmatched)).toEqual([]);
    expect(taken.reduce((sum, call) => sum + call.matched.length, 0)).toBe(2);
  });
});

describe('a daemon whose memory is lost after each tick', () => {
  const group = 'default-worker';
  const workers = (): number => rig.world.openstack.servers().filter(({ role }) => role === 'worker').length;
  const marked = (): readonly string[] =>
    rig.world.kubernetes.objects
      .list('nodes')
      .filter(({ metadata }) => metadata.annotations?.[drainAnnotation] !== undefined)
      .map(({ metadata }) => metadata.name);

  it.each([
    ['and nobody else does anything', false],
    ['though somebody lets the group grow behind the removal', true],
  ])('gives back once what it had begun to drain, %s', async (_, grows) => {
    rig.demand = 900;
    await steppedUntil(
      () => rig.step(),
      () => rig.replicas === 9 && workers() === 3,
    );
    rig.demand = 100;
    await steppedUntil(
      () => rig.step(),
      () => marked().length > 0,
    );
    const victims = marked();
    const taken = () =>
      rig.world.openstack.calls.filter((call) => call.op === 'resize_cluster' && call.count < call.previous);
    let grown = false;
    for (let tick = 0; tick < 40; tick++) {
      await rig.kill();
      await rm(memoryFile(), { force: true });
      await rig.boot();
      await rig.step();
      const [first] = taken();
      if (grows && !grown && first !== undefined) {
        rig.world.openstack.resize(group, first.count + 1);
        grown = true;
      }
    }
    expect(grown).toBe(grows);
    expect(taken().flatMap((call) => call.unmatched)).toEqual([]);
    expect(taken().reduce((sum, call) => sum + call.matched.length, 0)).toBe(victims.length);
    expect(workers()).toBe(3 - victims.length + (grows ? 1 : 0));
    expect(marked()).toEqual([]);
  });
});

describe('what cannot be written', () => {
  it('a memory that is not saved is a stage that failed, by name; the loop goes on, and it ends by itself', async () => {
    rig.demand = 600;
    await rig.calm();
    await rm(memoryFile());
    // A directory in the file's place: no process may replace it by a file, root included.
    await mkdir(path.join(memoryFile(), 'in-the-way'), { recursive: true });
    rig.demand = 900;
    const [first] = await rig.steps(3);
    expect(first?.stages.remember?.failed?.message).toContain('memory.json');
    expect(rig.replicas).toBe(9);
    await rm(memoryFile(), { recursive: true });
    expect((await rig.step()).stages.remember?.failed).toBeUndefined();
  });

  it('a ledger that is not written keeps nobody in the dark', async () => {
    await rm(path.join(rig.directory, 'ledger'), { recursive: true });
    await writeFile(path.join(rig.directory, 'ledger'), '');
    rig.world.openstack.inject({ kind: 'quotaExceeded' });
    rig.demand = 1500;
    const reports = await rig.steps(6);
    expect(reports.flatMap(({ stages }) => Object.values(stages).flatMap((stage) => stage.failed ?? []))).toEqual([]);
    expect(rig.world.sms.messages).toHaveLength(1);
    expect(rig.replicas).toBe(15);
  });
});

describe('a tick', () => {
  it('that is broken off while it collects decides nothing and does nothing', async () => {
    rig.demand = 900;
    const ending = new AbortController();
    const tick = rig.springtide.tick(rig.clock.now(), ending.signal);
    ending.abort();
    const report = await tick;
    expect([report.plan.pods, report.outcomes]).toEqual([[], []]);
    expect(Object.keys(report.stages)).toEqual(['collect']);
    expect(rig.replicas).toBe(2);
  });

  it('that begins more than an interval late says so', async () => {
    await rig.step();
    rig.clock.advance(seconds(60));
    const due = (rig.clock.now() - 45_000) as Instant;
    const report = await rig.springtide.tick(due, new AbortController().signal);
    expect(alertNames(report)).toContain('SpringtideTickLate');
  });

  it('tells of documents that are refused while the last good ones stay in force', async () => {
    await rig.step();
    rig.refused = [{ document: 'PodPolicy shop/web', why: 'policies/pods.yaml:3:1: replicas.max: is below min' }];
    rig.demand = 600;
    const reports = await rig.calm();
    expect(alertNames(reports[0] ?? (await rig.step()))).toContain('SpringtideConfigRefused');
    await rig.step();
    expect(rig.subjects.filter((subject) => /^\[ALERT\] demo: .*configuration/i.test(subject)).length).toBeGreaterThan(
      0,
    );
    rig.refused = [];
    expect(alertNames(await rig.step())).not.toContain('SpringtideConfigRefused');
  });
});
