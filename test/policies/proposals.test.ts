// Mode confirm: a change waits under a name of its own, is done once it is allowed, and nothing beyond it.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Approval, Asked, Proposal } from '../../src/model/approval.ts';
import type { Memory } from '../../src/model/memory.ts';
import type { Snapshot } from '../../src/model/snapshot.ts';
import { rfc3339, type Instant } from '../../src/model/units.ts';
import { decide } from '../../src/policies/decide.ts';
import { covers, isInForce, proposalId, Proposals, sameId, withUsed } from '../../src/policies/proposals.ts';
import { record } from '../../src/policies/record.ts';
import { aConfig, aNode, aNodePolicy, aPod, aPodPolicy, answered, at, noon, podsOf, serverId } from '../builders.ts';
import { key, steady, succeeded, world } from './pods/shop.ts';
import * as nodes from './nodes/worlds.ts';

const change = { subject: key, way: 'pods.down', from: 8, to: 4, remove: [] } as const;
const yes = (proposal: Asked, now: Instant = noon): Approval => ({ ...proposal, by: 'wei', at: rfc3339(now) });
const allowing = (snapshot: Snapshot, ...approvals: Approval[]): Snapshot => ({
  ...snapshot,
  control: { off: [], until: null, by: '', why: '', releasedAt: null, approvals },
});

describe('the name of a change', () => {
  it('is short, the same for the same change, and another for any other', () => {
    expect(proposalId(change)).toMatch(/^[0-9a-hjkmnp-tv-z]{4}-[0-9a-hjkmnp-tv-z]{4}$/);
    const others = [
      change,
      { ...change, to: 3 },
      { ...change, from: 9 },
      { ...change, subject: 'shop/Deployment/api' },
      { ...change, way: 'nodes.shrink' as const },
      { ...change, remove: [{ node: 'w-1', serverId: 'a' }] },
      { ...change, remove: [{ node: 'w-1', serverId: 'b' }] },
    ];
    expect(new Set(others.map(proposalId)).size).toBe(others.length);
    expect(proposalId({ ...change })).toBe(proposalId(change));
  });

  it.each([
    ['k0m1-aaaa', 'KOMIAAAA', true],
    ['k0m1-aaaa', ' koml-aaaa ', true],
    ['k0m1-aaaa', 'k0m1-aaab', false],
  ])('%s is meant by "%s": %s', (id, typed, same) => {
    expect(sameId(id, typed)).toBe(same);
  });
});

describe('what a yes includes', () => {
  const number = fc.integer({ min: 0, max: 30 });
  it('is never more than what was asked', () => {
    fc.assert(
      fc.property(number, number, number, number, (from, to, less, lessTo) => {
        const wide = { ...change, from, to };
        const narrow = { ...change, from: less, to: lessTo };
        if (!covers(wide, narrow)) return;
        expect(Math.abs(less - lessTo)).toBeLessThanOrEqual(Math.abs(from - to));
        expect(Math.min(less, lessTo)).toBeGreaterThanOrEqual(Math.min(from, to));
        expect(Math.max(less, lessTo)).toBeLessThanOrEqual(Math.max(from, to));
      }),
    );
  });

  it.each<[string, Omit<Proposal, 'id'>, boolean]>([
    ['the same', change, true],
    ['less', { ...change, to: 6 }, true],
    ['more', { ...change, to: 3 }, false],
    ['from more', { ...change, from: 9 }, false],
    ['another target', { ...change, subject: 'shop/Deployment/api' }, false],
    ['the other way', { ...change, way: 'pods.up', from: 4, to: 8 }, false],
    ['a node nobody named', { ...change, remove: [{ node: 'w-1', serverId: 'a' }] }, false],
  ])('%s', (_, narrow, expected) => {
    expect(covers(change, narrow)).toBe(expected);
  });

  it('takes a node by its server, not by its name alone', () => {
    const wide = { ...change, remove: [{ node: 'w-1', serverId: 'a' }] };
    expect(covers(wide, { ...change, remove: [{ node: 'w-1', serverId: 'b' }] })).toBe(false);
  });

  it.each([
    [-14 * 60, true],
    [-15 * 60, false],
    [30, true],
    [90, false],
  ])('%d s from now it holds: %s', (offset, holds) => {
    expect(isInForce({ at: rfc3339(at(offset)) }, noon)).toBe(holds);
  });
});

describe('a target under confirm', () => {
  const config = aConfig([aPodPolicy('web', { mode: 'confirm' })]);
  const rising = (load = 1200) => world(4).answering('requests', answered(load)).build();
  const tick = (snapshot: Snapshot, memory: Memory = steady(), now: Instant = noon) => {
    const { plan, memory: after } = decide(snapshot, config, memory, now);
    const [decision] = plan.pods;
    if (decision === undefined) throw new Error('no decision');
    return { decision, memory: after, plan };
  };

  it('stays, says whom it asks, and is told with the command', () => {
    const { decision, plan, memory } = tick(rising());
    const id = decision.asked?.id ?? '';
    expect(decision).toMatchObject({
      mode: 'confirm',
      action: 'hold',
      reason: 'AwaitingApproval',
      current: 4,
      desired: 4,
      asked: { subject: key, way: 'pods.up', from: 4, to: 8 },
    });
    expect(decision.message).toContain(`springtide approve ${id}`);
    expect(memory.proposals?.asked[key]?.id).toBe(id);
    const told = plan.alerts.find(({ labels }) => labels['alertname'] === 'SpringtideAwaitingApproval');
    expect(told?.labels).toMatchObject({ plan: id, target: 'web', namespace: 'shop' });
    expect(told?.annotations['sms']).toContain(`4 → 8? springtide approve ${id}`);
    expect(Object.values(told?.annotations ?? {}).join()).not.toMatch(/\{\w+\}/);
  });

  it('keeps the name while it is no more than it was, and gets another when it grows', () => {
    const first = tick(rising(700));
    const same = tick(rising(600), first.memory, at(15));
    expect(same.decision.asked).toMatchObject({ id: first.decision.asked?.id, to: 6 });
    const more = tick(rising(800), same.memory, at(30));
    expect(more.decision.asked?.id).not.toBe(first.decision.asked?.id);
  });

  it('does what was allowed, once', () => {
    const asked = tick(rising());
    const approval = yes(asked.decision.asked ?? fail());
    const allowed = tick(allowing(rising(), approval), asked.memory, at(15));
    expect(allowed.decision).toMatchObject({
      mode: 'act',
      action: 'scale',
      current: 4,
      desired: 8,
      asked: { by: 'wei' },
    });
    const used = { ...succeeded(4, 8, at(15)), approval: { id: approval.id, by: 'wei', at: approval.at } };
    const memory = record(allowed.memory, [used], at(15));
    const again = tick(allowing(rising(), approval), memory, at(120));
    expect(again.decision).toMatchObject({ mode: 'confirm', reason: 'AwaitingApproval' });
    const anew = { ...approval, at: rfc3339(at(110)) };
    expect(tick(allowing(rising(), anew), again.memory, at(135)).decision.action).toBe('scale');
  });

  it('keeps a yes that could not be used: the world had moved', () => {
    const asked = tick(rising());
    const approval = yes(asked.decision.asked ?? fail());
    const refused = { ...succeeded(4, 8, noon), status: 'refused' as const, approval };
    const memory = record(asked.memory, [refused], noon);
    expect(tick(allowing(rising(), approval), memory, at(15)).decision.action).toBe('scale');
  });

  it('does not do more than was allowed, nor after a quarter of an hour', () => {
    const asked = tick(rising(600));
    const approval = yes(asked.decision.asked ?? fail());
    expect(tick(allowing(rising(1200), approval), asked.memory, at(15)).decision.reason).toBe('AwaitingApproval');
    expect(tick(allowing(rising(600), approval), asked.memory, at(900)).decision.reason).toBe('AwaitingApproval');
  });

  it('asks only about the ways that are to be asked', () => {
    const partly = aConfig([aPodPolicy('web', { mode: { up: 'act', down: 'confirm' } })]);
    expect(decide(rising(), partly, steady(), noon).plan.pods[0]).toMatchObject({ mode: 'act', action: 'scale' });
  });
});

describe('a node group under confirm', () => {
  const policy = aNodePolicy({
    nodeGroups: [{ name: nodes.group, min: 1, max: 20 }],
    mode: { grow: 'confirm', shrink: 'confirm' },
  });
  const idleMemory = {
    ...nodes.steady(),
    nodes: Object.fromEntries(
      ['w-1', 'w-2'].map((name) => [name, { ready: true, unneededSince: at(-3600), emptySince: null }]),
    ),
  };
  const idle = nodes
    .pool(2)
    .pods(...podsOf('web', { 'w-1': 3 }, { cpu: '1' }))
    .build();

  it('names who would leave, and begins with nobody', () => {
    const { decision } = nodes.tick(idle, { policy, memory: idleMemory });
    expect(decision).toMatchObject({
      action: 'hold',
      reason: 'AwaitingApproval',
      desired: 2,
      drains: [],
      remove: [],
      asked: { way: 'nodes.shrink', from: 2, to: 1, remove: [{ node: 'w-2', serverId: serverId(2) }] },
    });
    expect(decision.kept).toContainEqual(expect.objectContaining({ node: 'w-2', reason: 'AwaitingApproval' }));
  });

  it('drains exactly those that were allowed, and carries the yes to the node', () => {
    const { decision, memory } = nodes.tick(idle, { policy, memory: idleMemory });
    const approval = yes(decision.asked ?? fail());
    const allowed = nodes.tick(allowing(idle, approval), { policy, memory, now: at(15) }).decision;
    expect(allowed).toMatchObject({ mode: 'act', action: 'shrink', asked: { by: 'wei' } });
    expect(allowed.drains).toMatchObject([
      { step: 'begin', node: 'w-2', approval: { id: approval.id, by: 'wei', at: approval.at } },
    ]);
    const another = { ...approval, remove: [{ node: 'w-2', serverId: serverId(9) }] };
    expect(nodes.tick(allowing(idle, another), { policy, memory, now: at(15) }).decision.reason).toBe(
      'AwaitingApproval',
    );
  });

  it('orders what was allowed', () => {
    const waiting = nodes
      .pool(1, nodes.workers(1))
      .pods(...podsOf('web', { 'w-1': 3 }, { cpu: '1' }))
      .build();
    const more = decideGrowth(waiting);
    expect(more.decision).toMatchObject({ action: 'hold', reason: 'AwaitingApproval', resize: null, asked: { to: 3 } });
    const approval = yes(more.decision.asked ?? fail());
    expect(decideGrowth(allowing(waiting, approval), more.memory, at(15)).decision).toMatchObject({
      mode: 'act',
      action: 'grow',
      resize: { to: 3, remove: [] },
    });
  });

  /** Pods of 3 cores wait; w-2 leaves by a drain that nobody had to allow, with 2 cores still on it. */
  const leaving = (count: number) => {
    const [one] = nodes.workers(1);
    const other = aNode('w-2')
      .leaving({ startedAt: at(-30) })
      .build();
    const on = (node: string, cores: number) =>
      aPod(`api-${node}`)
        .ownedBy('ReplicaSet', 'api-abc')
        .requesting({ cpu: String(cores) })
        .on(node)
        .ready()
        .build();
    const waits = Array.from({ length: count }, (_, index) =>
      aPod(`x-${index}`).ownedBy('ReplicaSet', 'web-abc').requesting({ cpu: '3' }).unschedulable().build(),
    );
    return nodes
      .pool(2, one === undefined ? [other] : [one, other])
      .pods(on('w-1', 2), on('w-2', 2), ...waits)
      .build();
  };
  const split = aNodePolicy({
    nodeGroups: [{ name: nodes.group, min: 1, max: 20 }],
    mode: { grow: 'confirm', shrink: 'act' },
  });

  it('asks for VMs while a drain that needed no yes goes on', () => {
    const { decision, memory } = nodes.tick(leaving(1), { policy: split });
    expect(decision).toMatchObject({
      mode: 'act',
      action: 'hold',
      reason: 'AwaitingApproval',
      resize: null,
      asked: { way: 'nodes.grow', from: 2, to: 3 },
      drains: [{ step: 'evict', node: 'w-2' }],
    });
    const approval = yes(decision.asked ?? fail());
    const allowed = nodes.tick(allowing(leaving(1), approval), { policy: split, memory, now: at(15) }).decision;
    expect(allowed).toMatchObject({ mode: 'act', action: 'grow', resize: { to: 3, remove: [] } });
    expect(allowed.drains).toHaveLength(1);
  });

  it('takes a drain back while it asks, where shrinking was switched off meanwhile', () => {
    const off = { ...split, spec: { ...split.spec, mode: { grow: 'confirm', shrink: 'off' } as const } };
    expect(nodes.tick(leaving(2), { policy: off }).decision).toMatchObject({
      mode: 'act',
      reason: 'AwaitingApproval',
      drains: [{ step: 'rollBack', node: 'w-2' }],
    });
  });

  function decideGrowth(snapshot: Snapshot, memory = nodes.steady(), now: Instant = noon) {
    const grown = aNodePolicy({
      nodeGroups: [{ name: nodes.group, min: 3, max: 20 }],
      mode: { grow: 'confirm', shrink: 'act' },
    });
    return nodes.tick(snapshot, { policy: grown, memory, now });
  }
});

describe('the memory of what is asked', () => {
  it('is nothing where nobody is asked, and forgets uses that nobody could repeat', () => {
    expect(new Proposals(undefined, undefined, noon).memory).toBeUndefined();
    const used = withUsed(undefined, [{ id: 'a', by: 'wei', at: rfc3339(noon) }]);
    expect(new Proposals(used, undefined, at(60)).memory?.used).toHaveLength(1);
    expect(new Proposals(used, undefined, at(1800)).memory).toBeUndefined();
  });
});

function fail(): never {
  throw new Error('nobody was asked');
}
