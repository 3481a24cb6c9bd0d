// The switch as a ConfigMap: what people type, what the commands write, how soon it is known, and what a slip means.
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { OwnObject, OwnObjects } from '../../src/clients/kubernetes/own-objects.ts';
import type { ControlFacts, SwitchWay } from '../../src/model/snapshot.ts';
import { seconds, type Instant } from '../../src/model/units.ts';
import { VirtualClock } from '../../src/sandbox/clock.ts';
import { controlInKubernetes } from '../../src/state/control-in-kubernetes.ts';
import { controlData, controlOf } from '../../src/state/control-keys.ts';
import { switchGate } from '../../src/state/switch-gate.ts';
import { anOwnWorld, namespace } from './own.ts';

const all: readonly SwitchWay[] = ['pods.up', 'pods.down', 'nodes.grow', 'nodes.shrink'];
const facts = (more: Partial<ControlFacts> = {}): ControlFacts => ({
  off: [],
  until: null,
  by: '',
  why: '',
  releasedAt: null,
  ...more,
});

const following: AbortController[] = [];
afterEach(() => following.splice(0).forEach((one) => one.abort()));

describe('the keys of springtide-control', () => {
  it.each<[string, Readonly<Record<string, string>>, readonly SwitchWay[]]>([
    ['one way', { 'pods.down': 'off' }, ['pods.down']],
    ['two of them', { 'nodes.shrink': 'off', 'pods.up': 'off', 'pods.down': 'on' }, ['pods.up', 'nodes.shrink']],
    ['all of it', { all: 'off' }, all],
    ['words in capitals, in quotes, with blanks', { 'pods.down': ' "OFF" ' }, ['pods.down']],
    ['what is on', { all: 'on', 'pods.up': '' }, []],
  ])('mean what they say: %s', (_, data, off) => {
    expect(controlOf(data)).toMatchObject({ control: { off }, damage: null });
  });

  it.each<[string, Readonly<Record<string, string>>, readonly SwitchWay[], RegExp]>([
    ['a word that is none', { 'pods.down': 'stop' }, ['pods.down'], /pods\.down is "stop".*counts as off/],
    ['a way that is none', { 'pods.dwon': 'off' }, ['pods.up', 'pods.down'], /pods\.dwon is no way/],
    ['a tier', { nodes: 'off' }, ['nodes.grow', 'nodes.shrink'], /nodes is no way/],
    ['nobody knows what', { everything: 'off' }, all, /everything is no way/],
    ['all with a word that is none', { all: 'false' }, all, /all is "false"/],
    ['an end that is none', { all: 'off', until: 'tomorrow' }, all, /until is "tomorrow".*until it is released/],
    ['an end without a zone', { all: 'off', until: '2026-11-20T08:00:00' }, all, /until is/],
  ])('stop too much rather than nothing where they are mistyped: %s', (_, data, off, damage) => {
    const reading = controlOf(data);
    expect(reading.control).toMatchObject({ off, until: null });
    expect(reading.damage).toMatch(damage);
  });

  it('leave what is beside the switch alone where it cannot be read', () => {
    const reading = controlOf({ 'pods.down': 'off', approvals: '{', removalProofs: '[]' });
    expect(reading.control).toEqual(facts({ off: ['pods.down'] }));
    expect(reading.damage).toMatch(/removalProofs.*approvals/);
  });

  it('are nothing where nobody has switched anything', () => {
    expect(controlOf({})).toEqual({ control: null, damage: null });
    expect(controlOf({ note: 'made by hand' })).toEqual({ control: null, damage: null });
  });

  it.each([
    facts({ off: all, until: '2026-11-20T08:00:00Z', by: 'wei', why: 'a test' }),
    facts({ off: ['nodes.shrink'], by: 'wei', why: 'a test', releasedAt: '2026-11-20T08:00:00Z' }),
    facts({ by: 'wei', releasedAt: '2026-11-20T08:00:00Z' }),
  ])('come back as they were written', (control) => {
    expect(controlOf(controlData(control)).control).toEqual(control);
  });
});

describe('the switch in Kubernetes', () => {
  const controlAt = (own: OwnObjects): Promise<OwnObject | null> =>
    own.get('ConfigMap', namespace, 'springtide-control');

  it('is nothing where there is no ConfigMap, and comes back as it was written', async () => {
    const { own } = await anOwnWorld(systemClock);
    const home = controlInKubernetes({ own, namespace });
    expect(await home.read()).toEqual({ control: null, damage: null });
    await home.write(facts({ off: ['pods.down'], by: 'wei', why: 'a test' }));
    expect((await controlAt(own))?.data).toEqual({ 'pods.down': 'off', by: 'wei', why: 'a test' });
    expect(await controlInKubernetes({ own, namespace }).read()).toEqual({
      control: facts({ off: ['pods.down'], by: 'wei', why: 'a test' }),
      damage: null,
    });
  });

  it('keeps proofs, approvals and notes through a stop and a release, and drops what was mistyped', async () => {
    const { own } = await anOwnWorld(systemClock);
    const home = controlInKubernetes({ own, namespace });
    await own.create({
      kind: 'ConfigMap',
      metadata: { namespace, name: 'springtide-control' },
      data: { 'pods.dwon': 'off', 'nodes.shrink': 'off', note: 'ask wei first' },
    });
    const proof = { cluster: 'c', group: 'workers', at: 1 as Instant, by: 'wei' };
    const approval = {
      id: 'abc',
      subject: 'shop/web',
      way: 'pods.down',
      from: 4,
      to: 2,
      remove: [],
      by: 'wei',
    } as const;
    await home.prove(proof);
    await home.approve({ ...approval, at: new Date().toISOString() });
    await home.write(facts({ by: 'li', releasedAt: '2026-11-20T08:00:00Z' }));
    const { control, damage } = await home.read();
    expect(damage).toBeNull();
    expect(control).toMatchObject({ off: [], removalProofs: [proof], approvals: [{ id: 'abc' }] });
    expect((await controlAt(own))?.data).toMatchObject({ note: 'ask wei first' });
  });

  it('is written by two people at once without one undoing the other', async () => {
    const { own } = await anOwnWorld(systemClock);
    const [one, other] = [controlInKubernetes({ own, namespace }), controlInKubernetes({ own, namespace })];
    const proof = (group: string) => ({ cluster: 'c', group, at: 1 as Instant, by: 'wei' });
    await Promise.all([one.write(facts({ off: all })), other.prove(proof('a')), one.prove(proof('b'))]);
    const { control } = await other.read();
    expect(control?.off).toEqual(all);
    expect(control?.removalProofs?.map(({ group }) => group).sort()).toEqual(['a', 'b']);
  });

  it('is known between ticks as soon as kubectl has written it, and the gate closes', async () => {
    const { own } = await anOwnWorld(systemClock);
    const home = controlInKubernetes({ own, namespace });
    const stop = new AbortController();
    following.push(stop);
    let told = 0;
    const waiting = new Set<() => void>();
    home.follow(
      () => {
        told += 1;
        for (const look of [...waiting]) look();
      },
      { clock: systemClock, signal: stop.signal },
    );
    const until = (holds: () => boolean): Promise<void> =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!holds()) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      });
    const gate = switchGate(home, systemClock);
    expect(gate.mayBegin('pods.down')).toBeNull();
    await own.create({
      kind: 'ConfigMap',
      metadata: { namespace, name: 'springtide-control' },
      data: { 'pods.down': 'off', by: 'wei', why: 'a test' },
    });
    await until(() => gate.mayBegin('pods.down') !== null);
    expect(gate.mayBegin('pods.down')?.reason).toMatch(/wei: a test/);
    expect(gate.mayBegin('pods.up')).toBeNull();
    const there = (await controlAt(own)) as OwnObject;
    await own.remove('ConfigMap', namespace, 'springtide-control', { uid: there.metadata.uid ?? '' });
    await until(() => gate.mayBegin('pods.down') === null);
    expect(told).toBe(2);
    expect(await home.read()).toEqual({ control: null, damage: null });
  });

  it('says why it cannot be read, and what was off stays off', async () => {
    const { own, world } = await anOwnWorld(systemClock);
    const home = controlInKubernetes({ own, namespace });
    await home.write(facts({ off: ['pods.down'] }));
    await home.read();
    await world.close();
    const { control, damage } = await home.read();
    expect(control?.off).toEqual(['pods.down']);
    expect(damage).toMatch(/ConfigMap springtide\/springtide-control: Kubernetes/);
  });
});

describe('the gate of the switch', () => {
  it('opens by itself when the time is over', () => {
    const clock = new VirtualClock(Date.parse('2026-11-20T08:00:00Z') as Instant);
    const control = facts({ off: ['nodes.shrink'], until: '2026-11-20T08:00:10Z' });
    const gate = switchGate({ latest: () => ({ control, damage: null }) }, clock);
    expect(gate.mayBegin('nodes.shrink')).not.toBeNull();
    expect(gate.mayBegin('nodes.grow')).toBeNull();
    clock.advance(seconds(10));
    expect(gate.mayBegin('nodes.shrink')).toBeNull();
  });
});
