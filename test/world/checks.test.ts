// The daily checks in the embedded world: run by the one who leads with the connections that it has, told as an alert, and over when they pass.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { TickReport } from '../../src/model/report.ts';
import { seconds } from '../../src/model/units.ts';
import { Rig } from './rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.raise();
});
afterEach(() => rig.lower());

const checksIn = ({ plan }: TickReport): readonly string[] =>
  plan.alerts
    .filter(({ labels }) => labels['alertname'] === 'SpringtideCheckFailed')
    .map(({ labels, state }) => `${labels['check'] ?? ''} ${state}`);

/** They run in real time beside the ticks. */
const shows = (expected: string): Promise<void> =>
  vi.waitFor(async () => expect(checksIn(await rig.step())).toContain(expected), { timeout: 90_000, interval: 20 });

it('a credential that Keystone refuses is an alert before anybody needs it, and none after it was mended', async () => {
  const cancel = rig.world.openstack.inject({ kind: 'forbidden403', service: 'keystone' });
  // A busy machine may take its time: what is refused is the matter, not what is late.
  const timeout = seconds(10);
  const checked = (at: string): void => {
    const { daemon } = rig.config;
    const patient = { prometheus: { ...daemon.prometheus, timeout }, openstack: { timeout } };
    rig.config = { ...rig.config, daemon: { ...daemon, ...patient, checks: { at, timeZone: 'UTC' } } };
  };
  checked('30 7 * * *');
  await shows('keystoneRefused firing');
  cancel();
  // another time is another first run
  checked('31 7 * * *');
  await shows('keystoneRefused resolved');
}, 240_000);
