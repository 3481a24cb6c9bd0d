// What is answered to whoever sends alerts in: taken means durable, also where somebody has said the same before.
import { describe, expect, it } from 'vitest';
import { Intake } from '../../src/alerts/intake.ts';
import { KnownAlerts } from '../../src/alerts/known-alerts.ts';
import type { LedgerRecord } from '../../src/alerts/ledger/records.ts';
import { anAlertsDocument, start } from './builders.ts';

const document = anAlertsDocument(`
route: { receiver: duty }
receivers: [{ name: duty, webhook_configs: [{ url: 'http://127.0.0.1:1/' }] }]
`);

function aDesk(place = (): void => undefined) {
  const appends: { readonly records: readonly LedgerRecord[]; readonly end: (isWritten: boolean) => void }[] = [];
  const intake = new Intake({
    ledger: {
      append: (records) =>
        records.length === 0
          ? Promise.resolve()
          : new Promise((resolve, reject) =>
              appends.push({ records, end: (isWritten) => (isWritten ? resolve() : reject(new Error('full'))) }),
            ),
    },
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    alerts: new KnownAlerts(new Map(), () => ({ flapping: document.flapping, limit: 1000 }), start, new Map()),
    document: () => document,
    isWatchdog: () => false,
    nodeGroup: { addedTo: (labels) => labels, keep: () => undefined, forget: () => undefined },
    place,
    displaced: () => undefined,
  });
  return { appends, intake, push: () => intake.push([{ labels: { alertname: 'Down' } }], start) };
}

describe('an alert', () => {
  it('that was not written is not taken when it is repeated, until it is written', async () => {
    const { appends, push } = aDesk();
    const first = push();
    appends[0]?.end(false);
    expect(await first).toMatchObject({ durable: false, fault: { message: 'full' } });
    const second = push();
    expect(appends).toHaveLength(2);
    appends[1]?.end(false);
    expect(await second).toMatchObject({ durable: false });
    const third = push();
    appends[2]?.end(true);
    expect(await third).toMatchObject({ durable: true });
    expect(await push()).toMatchObject({ durable: true, changed: 0 });
    expect(appends).toHaveLength(3);
  });

  it('that another sender repeats while it is written is taken by both or by none', async () => {
    const { appends, push } = aDesk();
    const answers: boolean[] = [];
    const both = [push(), push()].map((one) => one.then(({ durable }) => answers.push(durable)));
    await Promise.resolve();
    expect([appends.length, answers]).toEqual([1, []]);
    appends[0]?.end(false);
    await Promise.all(both);
    expect(answers).toEqual([false, false]);
    const again = [push(), push()];
    appends[1]?.end(true);
    expect((await Promise.all(again)).map(({ durable }) => durable)).toEqual([true, true]);
  });
});

describe('a long list', () => {
  it('leaves others their turns, and is answered as a whole', async () => {
    let placed = 0;
    const { intake, appends } = aDesk(() => {
      placed += 1;
    });
    const list = Array.from({ length: 700 }, (_, index) => ({
      labels: { alertname: index === 600 ? '' : `Down${index}` },
    }));
    const outcome = intake.push(list, start);
    let placedBefore = -1;
    await new Promise<void>((resolve) => {
      setImmediate(() => {
        placedBefore = placed;
        resolve();
      });
    });
    expect(placedBefore).toBeLessThan(699);
    while (placed < 699) await new Promise((resolve) => setImmediate(resolve));
    for (const [index, append] of appends.entries()) append.end(index !== 1);
    expect(await outcome).toEqual({
      accepted: 699,
      changed: 699,
      durable: false,
      fault: { code: 'LedgerUnwritable', message: 'full' },
      problems: [{ index: 600, problem: 'at least one label pair required' }],
      leftOut: 0,
    });
  });
});
