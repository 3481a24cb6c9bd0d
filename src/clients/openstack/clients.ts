// The three clients of one cloud, made from its credentials.
import type { Clock } from '../../clock.ts';
import type { Milliseconds } from '../../model/units.ts';
import { createHttpClient } from '../http/client.ts';
import type { CallObservation, HttpClientOptions } from '../http/types.ts';
import { advice } from './advice.ts';
import type { Credentials } from './credentials.ts';
import { explainApiError } from './errors.ts';
import { createKeystone } from './keystone.ts';
import type { Keystone } from './keystone.ts';
import { createMagnum } from './magnum.ts';
import type { Magnum } from './magnum.ts';
import { createNova } from './nova.ts';
import type { Nova } from './nova.ts';

export interface OpenStackClients {
  readonly keystone: Keystone;
  readonly magnum: Magnum;
  readonly nova: Nova;
  close(): void;
}

export function createOpenStackClients(parts: {
  readonly credentials: Credentials;
  readonly clock: Clock;
  /** Over one call, its retries included. */
  readonly timeout?: Milliseconds;
  readonly proxy?: HttpClientOptions['proxy'];
  readonly retry?: HttpClientOptions['retry'];
  readonly breaker?: HttpClientOptions['breaker'];
  readonly onCall?: (observation: CallObservation) => void;
  /** asked in the moment in which a resize is sent; throws what stands against it */
  readonly mayLeave?: () => void;
}): OpenStackClients {
  const { credentials, clock, timeout, mayLeave, ...transport } = parts;
  const clientOf = (name: 'Keystone' | 'Magnum' | 'Nova') =>
    createHttpClient({
      ...transport,
      name,
      deadline: timeout,
      tls: credentials.tls,
      explain: explainApiError,
      advice: advice[name],
    });
  const https = { keystone: clientOf('Keystone'), magnum: clientOf('Magnum'), nova: clientOf('Nova') };
  const keystone = createKeystone({ credentials, http: https.keystone, clock });
  return {
    keystone,
    magnum: createMagnum({ keystone, http: https.magnum, clock, timeout, mayLeave }),
    nova: createNova({ keystone, http: https.nova }),
    close: () => Object.values(https).forEach((http) => http.close()),
  };
}
