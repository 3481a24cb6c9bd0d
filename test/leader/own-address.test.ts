// Where the other replicas reach this one.
import { expect, it } from 'vitest';
import { ownAddress } from '../../src/leader/own-address.ts';

const url = 'http://127.0.0.1:9093';

it.each([
  { listen: ':9093', env: { POD_IP: '10.1.2.3' }, address: 'http://10.1.2.3:9093' },
  { listen: '0.0.0.0:9093', env: { POD_IP: '10.1.2.3' }, address: 'http://10.1.2.3:9093' },
  { listen: '[::]:9093', env: { POD_IP: 'fd00::7' }, address: 'http://[fd00::7]:9093' },
  { listen: '127.0.0.1:0', env: { POD_IP: '10.1.2.3' }, address: 'http://127.0.0.1:9093' },
  { listen: 'alerts.local:9093', env: {}, address: 'http://alerts.local:9093' },
])('$listen in a pod with $env is $address', ({ listen, env, address }) => {
  expect(ownAddress(listen, url, env)).toBe(address);
});
