// What springtide says on its targets, as people read it with kubectl describe: once for what is done, once for what lasts.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventObject } from '../../src/sandbox/kubernetes/objects.ts';
import { podsOf, Rig } from './rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.raise();
});
afterEach(() => rig.lower());

/** As kubectl describe asks for them: by the uid of what is described. */
async function describedEvents(): Promise<readonly EventObject[]> {
  const { kubernetes } = rig.world;
  const uid = kubernetes.objects.get('deployments', 'web', 'shop')?.metadata.uid ?? '';
  const query = new URLSearchParams({ fieldSelector: `involvedObject.uid=${uid},involvedObject.kind=Deployment` });
  const url = `${kubernetes.url}/api/v1/namespaces/shop/events?${query.toString()}`;
  const response = await fetch(url, { headers: { Authorization: `Bearer ${kubernetes.token}` } });
  const { items } = (await response.json()) as { items: EventObject[] };
  return items.filter((event) => event.reportingComponent === 'springtide.io/springtide');
}
const reasonsOf = (events: readonly EventObject[]): string[] => events.map(({ type, reason }) => `${type} ${reason}`);

const autoscaler = {
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'web-by-hand', namespace: 'shop' },
  spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, minReplicas: 2, maxReplicas: 9 },
};

describe('Events on a target', () => {
  it('tell of each change, found by the uid of the Deployment', async () => {
    await rig.calm();
    const before = (await describedEvents()).length;
    rig.demand = 900;
    const reports = await rig.until('more replicas', () => rig.replicas === 9);
    await rig.calm();
    const changes = reports.map(podsOf).filter(({ action }) => action === 'scale');
    const events = (await describedEvents()).slice(before);
    expect(reasonsOf(events)).toEqual(changes.map(() => 'Normal SuccessfulRescale'));
    expect(events.map(({ message }) => message)).toEqual(
      changes.map(({ desired, message }) => `New size: ${desired ?? ''}; reason: ${message}`),
    );
    expect(changes.at(-1)?.desired).toBe(9);
  });

  it('warn once of a hold that lasts, over a restart too, and again when it has come back', async () => {
    await rig.calm();
    const warnings = async (): Promise<string[]> =>
      reasonsOf(await describedEvents()).filter((reason) => reason.startsWith('Warning'));
    rig.world.kubernetes.objects.create(autoscaler);
    const reports = await rig.steps(40);
    expect(new Set(reports.map((report) => podsOf(report).reason))).toEqual(new Set(['ForeignAutoscaler']));
    expect(await warnings()).toEqual(['Warning ForeignAutoscaler']);
    await rig.kill();
    await rig.boot();
    const after = await rig.steps(8);
    expect(podsOf(after.at(-1) ?? (await rig.step())).reason).toBe('ForeignAutoscaler');
    expect(await warnings()).toEqual(['Warning ForeignAutoscaler']);
    rig.world.kubernetes.objects.delete('horizontalpodautoscalers', 'web-by-hand', 'shop');
    await rig.steps(6);
    rig.world.kubernetes.objects.create(autoscaler);
    await rig.steps(2);
    expect(await warnings()).toHaveLength(2);
  });
});
