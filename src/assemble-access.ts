// Who may ask the daemon's own page and API, put together: the tokens of the configuration, and Kubernetes' opinion of others.
import { readSecret } from './alerts/channels/secrets.ts';
import { reviewToken } from './clients/kubernetes/token-review.ts';
import type { KubernetesTransport } from './clients/kubernetes/transport.ts';
import type { Clock } from './clock.ts';
import type { Config } from './model/config.ts';
import { createAccess, type Identify } from './server/access.ts';
import { createRateLimit } from './server/rate.ts';
import type { Logger } from 'pino';

export interface AccessParts {
  readonly config: () => Config;
  readonly transport: KubernetesTransport;
  /** real time: what the API server has said is kept for a minute of it */
  readonly clock: Clock;
  readonly log: Logger;
}

/** Tokens that nobody knows yet are asked about at the API server, which has better things to do. */
const reviewRates = { each: { burst: 20, perSecond: 1 }, all: { burst: 100, perSecond: 10 } };

/** null: `http.auth` asks for nobody's token. That a door is there is decided at the start, who may pass is read anew. */
export function identifyFor({ config, transport, clock, log }: AccessParts): Identify | null {
  const { auth: first } = config().daemon.http;
  if (first === undefined || first === 'none') return null;
  const limit = createRateLimit({ clock, ...reviewRates });
  return createAccess({
    auth: () => {
      const { auth } = config().daemon.http;
      return auth === undefined || auth === 'none' ? first : auth;
    },
    secretOf: readSecret,
    review: (token, audiences) => reviewToken(transport, token, audiences),
    mayReview: (address) => limit.take(address),
    clock,
    log,
  });
}
