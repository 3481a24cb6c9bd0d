// An API server that is out of order, asks for patience, or refuses one object: what is written after that, and who waits for it.
import { describe, expect, it } from 'vitest';
import { openLedgerInKubernetes } from '../../../src/alerts/ledger/in-kubernetes.ts';
import type { Ledger } from '../../../src/alerts/ledger/ledger.ts';
import type { LedgerRecord } from '../../../src/alerts/ledger/records.ts';
import { ClientError } from '../../../src/clients/http/error.ts';
import type { OwnObjects } from '../../../src/clients/kubernetes/own-objects.ts';
import { seconds } from '../../../src/model/units.ts';
import { VirtualClock } from '../../../src/sandbox/clock.ts';
import { anOwnWorld, namespace } from '../../state/own.ts';
import { anIntent, start } from '../builders.ts';
import { settle, until } from './turns.ts';

const source = 'Kubernetes';
const down = new ClientError({ code: 'Unreachable', source, message: 'nobody there' });
const busy = new ClientError({ code: 'TooManyRequests', source, message: 'later', retryAfterMs: 5_000 });
const quota = new ClientError({ code: 'Forbidden', source, message: 'exceeded quota: count/configmaps' });

interface Stage {
  readonly clock: VirtualClock;
  readonly ledger: Ledger;
  /** what the API server answers to who makes an object; null: it takes it */
  refusal: ClientError | null;
  asked: number;
  /** what a restart would find */
  readonly kept: () => Promise<readonly string[]>;
}

async function aStage(): Promise<Stage> {
  const clock = new VirtualClock(start);
  const { own } = await anOwnWorld(clock);
  const shaky: OwnObjects = {
    ...own,
    create: (object) => {
      stage.asked += 1;
      return stage.refusal === null ? own.create(object) : Promise.reject(stage.refusal);
    },
  };
  const open = (by: OwnObjects): Promise<Ledger> =>
    openLedgerInKubernetes({ own: by, namespace, clock, instance: 'springtide-0' });
  const stage: Stage = {
    clock,
    ledger: await open(shaky),
    refusal: null,
    asked: 0,
    kept: async () => [...(await open(own)).state.open.keys()].toSorted(),
  };
  return stage;
}

const begun = (id: string): LedgerRecord => ({ kind: 'intent', intent: anIntent(id) });

describe('an API server', () => {
  it('that was out of order is given what it has not taken, also where nothing new comes', async () => {
    const stage = await aStage();
    const { ledger, clock, kept } = stage;
    stage.refusal = down;
    await expect(ledger.append([begun('one')])).rejects.toMatchObject({ code: 'LedgerUnwritable' });
    stage.refusal = null;
    await until(clock, async () => (await kept()).includes('one'));
    await ledger.close();
  });

  it('that is out of order for long is not asked all the time', async () => {
    const stage = await aStage();
    const { ledger, clock } = stage;
    stage.refusal = down;
    await expect(ledger.append([begun('one')])).rejects.toMatchObject({ code: 'LedgerUnwritable' });
    await until(clock, () => stage.asked === 7);
    expect(clock.now() - start).toBeGreaterThanOrEqual(seconds(1 + 2 + 4 + 8 + 16 + 30));
    stage.refusal = null;
    await ledger.close();
    expect(await stage.kept()).toEqual(['one']);
  });

  it('that asks for patience is left alone for as long, and whoever waits goes on waiting', async () => {
    const stage = await aStage();
    const { ledger, clock, kept } = stage;
    stage.refusal = busy;
    const first = ledger.append([begun('one')]);
    await until(clock, () => stage.asked > 0);
    const since = clock.now();
    stage.refusal = null;
    const second = ledger.append([begun('two')]);
    await until(clock, () => stage.asked > 1);
    expect(clock.now() - since).toBeGreaterThanOrEqual(seconds(4.8));
    await settle(clock, Promise.all([first, second]));
    expect(await kept()).toEqual(['one', 'two']);
    await ledger.close();
  });

  it('that asks for patience for ever has whoever waits told', async () => {
    const stage = await aStage();
    stage.refusal = busy;
    await expect(settle(stage.clock, stage.ledger.append([begun('one')]))).rejects.toMatchObject({
      code: 'LedgerUnwritable',
    });
    await stage.ledger.close();
  });

  it('that refuses one object is given the others, and that one again later', async () => {
    const stage = await aStage();
    const { ledger, clock, kept } = stage;
    await ledger.append([begun('old')]);
    stage.refusal = quota;
    const refused = ledger.append([begun('new')]);
    const taken = ledger.append([{ kind: 'attempt', id: 'old', to: ['zhang'], at: clock.now() }]);
    await expect(settle(clock, refused)).rejects.toMatchObject({ code: 'LedgerUnwritable' });
    await settle(clock, taken);
    await settle(clock, ledger.append([{ kind: 'settled', id: 'old', at: clock.now(), how: 'done' }]));
    expect(await kept()).toEqual([]);
    stage.refusal = null;
    await until(clock, async () => (await kept()).includes('new'));
    await ledger.close();
  });

  it('that refuses one object keeps nobody from closing', async () => {
    const stage = await aStage();
    const { ledger, clock } = stage;
    stage.refusal = quota;
    await expect(settle(clock, ledger.append([begun('new')]))).rejects.toMatchObject({ code: 'LedgerUnwritable' });
    await settle(clock, ledger.close());
    expect(stage.asked).toBeLessThan(5);
  });
});
