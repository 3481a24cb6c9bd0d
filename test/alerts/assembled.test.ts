// The alerts' half as the daemon puts it together, on a virtual clock: how long a start listens first.
import { createServer } from 'node:http';
import { expect, it } from 'vitest';
import { volatileLedger, type Ledger } from '../../src/alerts/ledger/ledger.ts';
import { assembleAlerts } from '../../src/assemble-alerts.ts';
import { createPrometheusClient } from '../../src/clients/prometheus/client.ts';
import { configOrThrow, loadFiles } from '../../src/config/load.ts';
import type { Fence } from '../../src/leader/fence.ts';
import { later, minutes, rfc3339, seconds } from '../../src/model/units.ts';
import { VirtualClock } from '../../src/sandbox/clock.ts';
import { createLogger } from '../../src/server/log.ts';
import { goodTexts, inMemory, type FileTexts } from '../config/files.ts';
import { start } from './builders.ts';
import { listening } from './listening.ts';

const atOnce = `
route: { receiver: team, group_by: [alertname], group_wait: 0s }
receivers: [{ name: team, webhook_configs: [{ url: 'http://127.0.0.1:1/' }] }]
`;

/** Messages are written down and none leaves the process: what was decided is in the ledger. */
const closed: Fence = { refusal: () => 'nothing leaves this test', onClose: () => () => undefined };

function assembling(ledger: Ledger, clock: VirtualClock, listens = false, texts: FileTexts = {}) {
  const config = configOrThrow(loadFiles(inMemory({ ...goodTexts, 'alerts.yaml': atOnce, ...texts })), 'config');
  return assembleAlerts({
    config: () => config,
    clock,
    log: createLogger({ level: 'silent' }),
    prometheus: createPrometheusClient({ settings: config.daemon.prometheus }),
    ledger,
    fence: closed,
    onNotification: () => undefined,
    listens,
  });
}

async function secondOfMessage(ledger: Ledger, name: string, begins = start): Promise<number | null> {
  const clock = new VirtualClock(begins);
  const assembled = await assembling(ledger, clock);
  await assembled.alerts.push([
    { labels: { alertname: name }, startsAt: rfc3339(start), endsAt: rfc3339(later(begins, minutes(9))) },
  ]);
  const isSaid = (): boolean =>
    [...ledger.state.open.values()].some(({ intent }) =>
      intent.alerts.some(({ labels }) => labels['alertname'] === name),
    );
  for (let second = 0; second <= 60; second += 1) {
    if (isSaid()) {
      await assembled.close();
      return second;
    }
    clock.advance(seconds(1));
  }
  await assembled.close();
  return null;
}

it('a start hears everybody before it tells what is new, one that takes over at once tells at once', async () => {
  const ledger = volatileLedger();
  expect(await secondOfMessage(ledger, 'First')).toBe(30);
  expect(ledger.state.alerts.size).toBe(1);
  expect(await secondOfMessage(ledger, 'Second', later(start, seconds(50)))).toBeLessThan(2);
  // what began while nobody ran may be inhibited by what did so as well
  expect(await secondOfMessage(ledger, 'Third', later(start, minutes(60)))).toBe(30);
  // a clock that was set back says nothing about who has run
  expect(await secondOfMessage(ledger, 'Fourth', later(start, minutes(20)))).toBe(30);
});

it('alerts in a request that is too large are said to be lost', async () => {
  const daemon = `${goodTexts['springtide.yaml'] ?? ''}
  http: { alerts: { listen: '127.0.0.1:9093' } }
`;
  const assembled = await assembling(volatileLedger(), new VirtualClock(start), true, { 'springtide.yaml': daemon });
  const { answer, tooLarge } = assembled;
  if (answer === null) throw new Error('nobody listens');
  const port = await listening(createServer(answer));
  expect(tooLarge.at()).toBeNull();
  const body = ' '.repeat(64 * 1024 * 1024 + 1);
  const { status } = await fetch(`http://127.0.0.1:${port}/api/v2/alerts`, { method: 'POST', body });
  expect([status, tooLarge.at()]).toMatchObject([413, { count: 1, limitMiB: 64 }]);
  await assembled.close();
});
