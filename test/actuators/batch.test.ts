// Nodes that begin to leave together: all of them are marked and sealed, or those that were marked go back to work.
import { describe, expect, it } from 'vitest';
import { actuatorsFor, carryOut } from '../../src/actuators/carry-out.ts';
import { openGate, type Gate } from '../../src/actuators/gate.ts';
import { ClientError, type ClientErrorCode } from '../../src/clients/http/error.ts';
import type { KubernetesWrites } from '../../src/clients/kubernetes/writes.ts';
import { drainOf } from '../../src/model/drain-record-on.ts';
import { drainAnnotation, drainTaint, type DrainRecord } from '../../src/model/drain-record.ts';
import type { DrainOutcome } from '../../src/model/outcome.ts';
import type { DrainStep, Plan } from '../../src/model/plan.ts';
import { serverId } from '../builders.ts';
import { aMoment, aNodeDecision, aStage, type Stage } from './stage.ts';

const nodeGroup = 'default-worker';
const names = ['n-1', 'n-2', 'n-3', 'n-4', 'n-5', 'n-6', 'n-7'];
const begins = names.map((node, index): DrainStep => ({ step: 'begin', node, serverId: serverId(index), nodeGroup }));

interface Try {
  readonly drains?: readonly DrainStep[];
  readonly gate?: Gate;
  readonly signal?: AbortSignal;
  /** before each patch of a node; throws in its place */
  readonly patching?: (node: string) => void;
}

async function withNodes(): Promise<Stage> {
  const stage = await aStage();
  for (const name of names) stage.world.addNode({ name });
  return stage;
}

function begin({ client }: Stage, { drains = begins, gate = openGate, patching, ...more }: Try = {}) {
  const writes: KubernetesWrites = {
    ...client.writes,
    patchNode: async (...call) => {
      patching?.(call[0]);
      return client.writes.patchNode(...call);
    },
  };
  const plan = { pods: [], nodes: [aNodeDecision({ drains })], alerts: [] } as unknown as Plan;
  return carryOut(plan, actuatorsFor({ writes, magnum: null }, gate), aMoment(more)) as Promise<
    readonly DrainOutcome[]
  >;
}

const nodesIn = ({ world }: Stage) =>
  world.objects.list('nodes') as unknown as readonly Parameters<typeof drainOf>[0][];
const recordsIn = (stage: Stage): readonly (DrainRecord | null)[] => nodesIn(stage).map(drainOf);
const markedIn = (stage: Stage): readonly string[] =>
  nodesIn(stage)
    .filter(
      (node) =>
        drainOf(node) !== null ||
        node.spec?.unschedulable === true ||
        node.spec?.taints?.some(({ key }) => key === drainTaint) === true,
    )
    .map(({ metadata }) => metadata.name);

const refusing =
  (name: string, code: ClientErrorCode, times = Infinity) =>
  (node: string): void => {
    if (node !== name || (times -= 1) < 0) return;
    throw new ClientError({ code, source: 'kubernetes', message: 'it was refused' });
  };
const said = (outcomes: readonly DrainOutcome[], step: DrainStep['step']) =>
  outcomes.filter((outcome) => outcome.step === step);

describe('nodes that begin to leave together', () => {
  it('are all marked, and sealed when they are', async () => {
    const stage = await withNodes();
    const outcomes = await begin(stage);
    const batch = { id: '2026-11-20T12:00:00Z', nodes: 7, sealed: true };
    expect(recordsIn(stage).map((record) => record?.batch)).toEqual(names.map(() => batch));
    expect(outcomes.map(({ step, status }) => `${step} ${status}`)).toEqual([
      ...names.map(() => 'begin succeeded'),
      ...names.map(() => 'seal succeeded'),
    ]);
  });

  it('alone is marked by one write, without a batch', async () => {
    const stage = await withNodes();
    expect(await begin(stage, { drains: begins.slice(0, 1) })).toHaveLength(1);
    expect(recordsIn(stage)[0]).not.toHaveProperty('batch');
  });

  it.each(['Forbidden', 'ServerFault', 'BadRequest', 'NotLeading'] as const)(
    'go back to work where one answers %s, and none is tried after it',
    async (code) => {
      const stage = await withNodes();
      const outcomes = await begin(stage, { patching: refusing('n-2', code) });
      expect(markedIn(stage)).toEqual([]);
      expect(said(outcomes, 'seal')).toEqual([]);
      expect(outcomes).toContainEqual(expect.objectContaining({ node: 'n-2', step: 'begin', status: 'failed', code }));
      const back = said(outcomes, 'rollBack');
      expect(back.length).toBeGreaterThan(0);
      for (const outcome of back)
        expect(outcome).toMatchObject({
          status: 'succeeded',
          code: 'BatchIncomplete',
          message: `n-2: ${code} it was refused`,
        });
      expect(stage.world.objects.list('events').map(({ reason }) => reason)).toContain('DrainNotStarted');
    },
  );

  it('stay together where a kubelet is quicker three times, and not where it always is', async () => {
    const stage = await withNodes();
    await begin(stage, { patching: refusing('n-3', 'Conflict', 3) });
    expect(markedIn(stage)).toEqual(names);
    const other = await withNodes();
    await begin(other, { patching: refusing('n-3', 'Conflict') });
    expect(markedIn(other)).toEqual([]);
  });

  it('take back what was written although no answer came', async () => {
    const stage = await withNodes();
    let lost = 0;
    const { client } = stage;
    const outcomes = await begin(
      {
        ...stage,
        client: {
          ...client,
          writes: {
            ...client.writes,
            patchNode: async (...call) => {
              const node = await client.writes.patchNode(...call);
              if (call[0] === 'n-2' && lost++ === 0)
                throw new ClientError({ code: 'Timeout', source: 'kubernetes', message: 'no answer' });
              return node;
            },
          },
        },
      },
      {},
    );
    expect(said(outcomes, 'rollBack').map(({ node }) => node)).toContain('n-2');
    expect(markedIn(stage)).toEqual([]);
  });

  it('are the rest where one is gone, and where a person drains one of them', async () => {
    const stage = await withNodes();
    stage.world.objects.delete('nodes', 'n-4');
    const own = {
      step: 'draining',
      nodeGroup,
      serverId: serverId(1),
      startedAt: 1,
      wasCordoned: false,
      request: { by: 'wei', then: 'keep' },
    };
    await stage.client.writes.patchNode('n-2', { annotations: { [drainAnnotation]: JSON.stringify(own) } });
    const outcomes = await begin(stage);
    expect(outcomes.filter(({ status }) => status === 'refused').map(({ node, code }) => [node, code])).toEqual([
      ['n-2', 'Moved'],
      ['n-4', 'Moved'],
    ]);
    expect(said(outcomes, 'seal').map(({ node }) => node)).toEqual(['n-1', 'n-3', 'n-5', 'n-6', 'n-7']);
    expect(recordsIn(stage)[1]).toEqual(own);
  });

  it('go back to work where a person switches off in the middle', async () => {
    const stage = await withNodes();
    let asked = 0;
    const gate: Gate = { mayBegin: () => (++asked > 3 ? { reason: 'wei' } : null) };
    const outcomes = await begin(stage, { gate });
    expect(said(outcomes, 'rollBack')).toHaveLength(3);
    expect(markedIn(stage)).toEqual([]);
  });

  it('go back to work where springtide is stopped in the middle', async () => {
    const stage = await withNodes();
    const stopping = new AbortController();
    const outcomes = await begin(stage, {
      signal: stopping.signal,
      patching: (node) => {
        if (node === 'n-1') stopping.abort();
      },
    });
    expect(said(outcomes, 'begin').length).toBeLessThan(names.length);
    expect(markedIn(stage)).toEqual([]);
    expect(said(outcomes, 'rollBack')[0]?.message).toBe('springtide is stopping');
  });
});

describe('what is taken back as half a batch', () => {
  const back: DrainStep = { step: 'rollBack', node: 'n-1', reason: 'BatchIncomplete', by: '1 of 2 marked' };
  it('stays where it was sealed since it was looked at', async () => {
    const stage = await withNodes();
    await begin(stage, { drains: begins.slice(0, 2) });
    expect(await begin(stage, { drains: [back] })).toMatchObject([{ status: 'refused', code: 'Moved' }]);
    expect(markedIn(stage)).toEqual(['n-1', 'n-2']);
  });

  it('stays where it is in no batch: a person has claimed it', async () => {
    const stage = await withNodes();
    await begin(stage, { drains: begins.slice(0, 1) });
    expect(await begin(stage, { drains: [back] })).toMatchObject([{ status: 'refused', code: 'Moved' }]);
  });

  it('is not sealed any more', async () => {
    const stage = await withNodes();
    const seal: DrainStep = { step: 'seal', node: 'n-1', serverId: serverId(0), batch: 'another' };
    await begin(stage, { drains: begins.slice(0, 2) });
    expect(await begin(stage, { drains: [seal] })).toMatchObject([{ status: 'refused', code: 'Moved' }]);
  });
});
