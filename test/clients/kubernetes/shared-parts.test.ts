// Siblings share what they have in common, nothing changes its value by it, and nothing of an owner outlives its last object.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { projectPod, projectWorkload } from '../../../src/clients/kubernetes/projections.ts';
import { SharedParts, sharePod, shareWorkload } from '../../../src/clients/kubernetes/shared-parts.ts';
import type { Pod } from '../../../src/model/kubernetes.ts';
import { aWholePod, aWholeWorkload } from './whole-objects.ts';

const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

function podOf(name: string, owner: string | null, labels: Record<string, string> = { app: 'web' }): Pod {
  const raw = copy(aWholePod);
  const [reference] = raw.metadata.ownerReferences;
  const ownerReferences = owner === null || reference === undefined ? [] : [{ ...reference, uid: owner }];
  return projectPod({ ...raw, metadata: { ...raw.metadata, name, labels, ownerReferences } }, 'v1', 'Pod');
}

describe('pods of one owner', () => {
  const pods = new SharedParts<Pod>(sharePod);
  const [one, two, other] = [podOf('web-1', 'o-1'), podOf('web-2', 'o-1'), podOf('api-1', 'o-2')];
  const before = copy([one, two, other]);
  for (const pod of [one, two, other]) pods.join(pod);

  it('are what they were', () => {
    expect([one, two, other]).toEqual(before);
  });

  it('have one set of labels, owners, containers, tolerations and statuses', () => {
    expect(two.metadata.labels).toBe(one.metadata.labels);
    expect(two.metadata.ownerReferences).toBe(one.metadata.ownerReferences);
    expect(two.spec?.containers).toBe(one.spec?.containers);
    expect(two.spec?.tolerations).toBe(one.spec?.tolerations);
    expect(two.spec?.affinity).toBe(one.spec?.affinity);
    expect(two.status?.containerStatuses).toBe(one.status?.containerStatuses);
  });

  it('share nothing with those of another', () => {
    expect(other.metadata.labels).not.toBe(one.metadata.labels);
    expect(pods.size.owners).toBe(2);
  });

  it('take what is theirs along when the last one goes', () => {
    pods.leave(one);
    pods.leave(two);
    expect(pods.size.owners).toBe(1);
    pods.leave(other);
    expect(pods.size).toEqual({ owners: 0, parts: 0 });
  });
});

describe('the parts that are held', () => {
  it('are none for pods without an owner', () => {
    const pods = new SharedParts<Pod>(sharePod);
    pods.join(podOf('alone', null));
    expect(pods.size).toEqual({ owners: 0, parts: 0 });
  });

  it('stay few though every pod has labels of its own, and those in use are not pushed out', () => {
    const pods = new SharedParts<Pod>(sharePod);
    const first = podOf('db-0', 'o-1', { index: '0' });
    pods.join(first);
    for (let index = 1; index < 500; index++) {
      const pod = podOf(`db-${index}`, 'o-1', { index: String(index) });
      pods.join(pod);
      expect(pod.spec?.containers).toBe(first.spec?.containers);
    }
    expect(pods.size.parts).toBeLessThanOrEqual(64);
  });

  it('are gone with the objects, in whichever order those come, stay and go', () => {
    const steps = fc.array(fc.tuple(fc.constantFrom('o-1', 'o-2', 'o-3'), fc.boolean()), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (given) => {
        const pods = new SharedParts<Pod>(sharePod);
        const here: Pod[] = [];
        for (const [index, [owner, comes]] of given.entries()) {
          const leaving = comes ? undefined : here.shift();
          if (leaving !== undefined) pods.leave(leaving);
          else {
            const pod = podOf(`p-${index}`, owner);
            pods.join(pod);
            here.push(pod);
          }
          expect(pods.size.owners).toBe(new Set(here.map((pod) => pod.metadata.ownerReferences?.[0]?.uid)).size);
        }
        for (const pod of here) pods.stay(pod);
        for (const pod of [...here, ...here]) pods.leave(pod);
        expect(pods.size).toEqual({ owners: 0, parts: 0 });
      }),
      { numRuns: 30 },
    );
  });
});

it('revisions of one Deployment share their templates', () => {
  const sets = new SharedParts(shareWorkload);
  const [one, two] = ['web-a', 'web-b'].map((name) => {
    const raw = copy(aWholeWorkload);
    return projectWorkload({ ...raw, metadata: { ...raw.metadata, name } }, 'apps/v1', 'ReplicaSet');
  });
  if (one === undefined || two === undefined) throw new Error('there are two');
  sets.join(one);
  sets.join(two);
  expect(two.spec?.template?.spec).toBe(one.spec?.template?.spec);
  expect(two.metadata.name).toBe('web-b');
});
