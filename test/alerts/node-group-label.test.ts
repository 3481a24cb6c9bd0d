// What names a pod or a node gets the label of its node group, the same from its beginning to its end.
import { describe, expect, it } from 'vitest';
import { NodeGroupLabel } from '../../src/alerts/node-group-label.ts';
import { later, minutes, rfc3339 } from '../../src/model/units.ts';
import { alertOf } from '../../src/alerts/alert.ts';
import { createAlertPipeline } from '../../src/alerts/pipeline.ts';
import { volatileLedger } from '../../src/alerts/ledger/ledger.ts';
import { VirtualClock } from '../../src/sandbox/clock.ts';
import { aCondition, anAlertsDocument, catalogue, start } from './builders.ts';

const pod = { alertname: 'CrashLooping', namespace: 'shop', pod: 'web-1' };
const unknown = (): boolean => false;

describe('the label nodegroup', () => {
  it.each([
    ['of the node that is named', { node: 'n-1' }, 'workers'],
    ['of the node that the pod is on', pod, 'gpu'],
    ['of the node rather than of the pod that speaks of it', { ...pod, node: 'n-1' }, 'workers'],
    ['of nobody knows where', { node: 'n-9' }, undefined],
    ['of neither a pod nor a node', { alertname: 'Up' }, undefined],
    ['that the sender has given', { node: 'n-1', nodegroup: 'own' }, 'own'],
  ])('%s', (_, labels, expected) => {
    const label = new NodeGroupLabel(
      ({ node, namespace, pod: name }) =>
        node === undefined
          ? `${namespace}/${name}` === 'shop/web-1'
            ? 'gpu'
            : null
          : node === 'n-1'
            ? 'workers'
            : null,
      [],
    );
    expect(label.addedTo(labels, {}, unknown)['nodegroup']).toBe(expected);
  });

  it('stays when the pod moves, over a restart too, until the alert is forgotten', () => {
    const first = new NodeGroupLabel(() => 'workers', []);
    const labels = first.addedTo(pod, { cluster: 'c1' }, unknown);
    const known = alertOf({ ...aCondition('CrashLooping'), labels }, { cluster: 'c1' }, start);
    const moved = new NodeGroupLabel(() => 'gpu', [known]);
    expect(moved.addedTo(pod, { cluster: 'c1' }, unknown)).toEqual({ ...pod, nodegroup: 'workers' });
    moved.forget(known);
    expect(moved.addedTo(pod, { cluster: 'c1' }, unknown)).toEqual({ ...pod, nodegroup: 'gpu' });
  });

  it('keeps nothing of what was asked for and not taken in', () => {
    let group = 'workers';
    const label = new NodeGroupLabel(() => group, []);
    label.addedTo(pod, {}, unknown);
    group = 'gpu';
    expect(label.addedTo(pod, {}, unknown)).toEqual({ ...pod, nodegroup: 'gpu' });
  });

  it('is not given to what is known without it', () => {
    const label = new NodeGroupLabel(() => 'workers', []);
    expect(label.addedTo(pod, {}, () => true)).toBe(pod);
  });

  it('lets the trouble of a group inhibit what its pods say, and its end arrives', async () => {
    let group = 'workers';
    const told: string[] = [];
    const clock = new VirtualClock(start);
    const silent = { style: 'together', send: () => Promise.resolve([]), close: () => undefined } as const;
    const document = anAlertsDocument(`
route: { receiver: wall, group_by: [alertname], group_wait: 0s, group_interval: 1m }
receivers: [{ name: wall, webhook_configs: [{ url: 'http://127.0.0.1:1/' }] }]
inhibit_rules: [{ source_matchers: [alertname="GroupDown"], target_matchers: [alertname="CrashLooping"], equal: [nodegroup], equalPresent: [nodegroup] }]
`);
    const pipeline = createAlertPipeline({
      config: () => document,
      texts: () => catalogue('en'),
      clock,
      ledger: volatileLedger(),
      channels: {
        email: silent,
        sms: silent,
        webhook: {
          ...silent,
          send: ({ notice, to }) => {
            told.push(
              ...notice.alerts.map(({ labels, ended }) => `${ended === null ? '' : '-'}${labels['alertname'] ?? ''}`),
            );
            return Promise.resolve(to.map((one) => ({ to: one, status: 'sent', providerId: null })));
          },
        },
      },
      nodeGroupOf: () => group,
    });
    const pass = async (): Promise<void> => {
      for (let step = 0; step < 8; step += 1) {
        clock.advance(minutes(0.25));
        await pipeline.settle();
      }
    };
    const push = (labels: Readonly<Record<string, string>>, isOver = false) =>
      pipeline.push([
        { labels, startsAt: rfc3339(start), endsAt: rfc3339(isOver ? clock.now() : later(start, minutes(60))) },
      ]);
    await push({ alertname: 'GroupDown', nodegroup: 'workers' });
    await push(pod);
    await pass();
    expect(told).toEqual(['GroupDown']);
    await push({ alertname: 'GroupDown', nodegroup: 'workers' }, true);
    await pass();
    group = 'gpu';
    await push(pod, true);
    await pass();
    expect(told).toEqual(['GroupDown', '-GroupDown', 'CrashLooping', '-CrashLooping']);
    expect(pipeline.alerts()).toEqual([]);
  });
});
