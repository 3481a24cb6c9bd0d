// Keystone: one token for everybody, renewed shortly before it ends and after a refusal, and the catalog that came with it.
import { z } from 'zod';
import type { Clock } from '../../clock.ts';
import { instantOf, since } from '../../model/units.ts';
import type { Instant } from '../../model/units.ts';
import { ClientError } from '../http/error.ts';
import type { HttpClient } from '../http/types.ts';
import { validate } from '../http/validate.ts';
import type { Authentication, Credentials } from './credentials.ts';

export interface Session {
  readonly token: string;
  readonly projectId: string | null;
  readonly userId: string | null;
  readonly roles: readonly string[];
  readonly expiresAt: Instant;
}

export type Endpoint = { readonly found: true; readonly url: string } | { readonly found: false; readonly why: string };

export interface Keystone {
  session(): Promise<Session>;
  /** The token was refused: the next session is a new one. Others that were refused with it share that one. */
  refused(token: string): void;
  endpoint(types: readonly string[]): Promise<Endpoint>;
}

const answer = z.looseObject({
  token: z.looseObject({
    expires_at: z.string(),
    issued_at: z.string().optional(),
    project: z.looseObject({ id: z.string() }).optional(),
    user: z.looseObject({ id: z.string() }).optional(),
    roles: z.array(z.looseObject({ name: z.string() })).optional(),
    catalog: z
      .array(
        z.looseObject({
          type: z.string(),
          endpoints: z.array(
            z.looseObject({
              url: z.string(),
              interface: z.string(),
              region: z.string().nullish(),
              region_id: z.string().nullish(),
            }),
          ),
        }),
      )
      .default([]),
  }),
});
type Catalog = z.output<typeof answer>['token']['catalog'];

interface Held {
  readonly session: Session;
  readonly catalog: Catalog;
  readonly renewAt: Instant;
  /** By our own clock. */
  readonly endsAt: Instant;
}

/** Wrong passwords in a row lock accounts: after a refusal Keystone is left alone for this long. */
const refusalPause = 30_000;
/** Between attempts to renew a token that still holds. */
const renewalPause = 15_000;
const longestMargin = 120_000;

export function createKeystone(parts: {
  readonly credentials: Credentials;
  readonly http: HttpClient;
  readonly clock: Clock;
}): Keystone {
  const { credentials, http, clock } = parts;
  const where = { source: http.name, what: `POST ${new URL(credentials.authUrl).host}/v3/auth/tokens` };
  let held: Held | null = null;
  let under: Promise<Held> | null = null;
  let refusal: { readonly error: ClientError; readonly until: number } | null = null;

  async function authenticate(): Promise<Held> {
    const started = clock.now();
    const response = await http.request({
      method: 'POST',
      url: `${credentials.authUrl}/auth/tokens`,
      body: { auth: bodyOf(credentials.authentication) },
      idempotent: true, // a second token does no harm
      operation: 'token',
      secrets: [secretOf(credentials.authentication)],
    });
    const token = response.headers['x-subject-token'];
    const { token: body } = validate(answer, response.json(), where);
    const expiresAt = instantOf(body.expires_at);
    if (token === undefined || expiresAt === null)
      throw new ClientError({
        code: 'Unexpected',
        source: http.name,
        message: `${where.source}: ${where.what}: the answer has no ${token === undefined ? 'X-Subject-Token' : 'expires_at that is a time'}; check that auth_url is Keystone's.`,
      });
    // Its lifetime, not its end, is what counts here: Keystone's clock may differ from ours.
    const lifetime = since(instantOf(body.issued_at) ?? started, expiresAt);
    const margin = Math.min(longestMargin, lifetime / 10);
    return {
      session: {
        token,
        projectId: body.project?.id ?? null,
        userId: body.user?.id ?? null,
        roles: (body.roles ?? []).map((role) => role.name),
        expiresAt,
      },
      catalog: body.catalog,
      renewAt: (started + lifetime - margin) as Instant,
      endsAt: (started + lifetime) as Instant,
    };
  }

  function current(): Promise<Held> {
    if (held !== null && clock.now() < held.renewAt) return Promise.resolve(held);
    if (refusal !== null && clock.now() < refusal.until) return Promise.reject(refusal.error);
    under ??= authenticate()
      .then(
        (fresh) => {
          refusal = null;
          held = fresh;
          return fresh;
        },
        (error: unknown) => {
          if (error instanceof ClientError && error.code === 'Unauthorized') {
            const told = error.retold({
              message: `${error.message} Credentials were read from ${credentials.origin}.`,
            });
            refusal = { error: told, until: clock.now() + refusalPause };
            throw told;
          }
          // A Keystone that is away for a moment takes nothing from a token that still holds.
          if (held !== null && clock.now() < held.endsAt) {
            held = { ...held, renewAt: Math.min(held.endsAt, clock.now() + renewalPause) as Instant };
            return held;
          }
          throw error;
        },
      )
      .finally(() => {
        under = null;
      });
    return under;
  }

  return {
    session: async () => (await current()).session,
    refused: (token) => {
      if (held?.session.token === token) held = null;
    },
    endpoint: async (types) => endpointIn((await current()).catalog, types, credentials),
  };
}

const secretOf = (authentication: Authentication): string =>
  (authentication.kind === 'password' ? authentication.password : authentication.secret).reveal();

function bodyOf(authentication: Authentication): object {
  switch (authentication.kind) {
    case 'password': {
      const { user, password, scope } = authentication;
      return {
        identity: { methods: ['password'], password: { user: { ...user, password: password.reveal() } } },
        scope: scope.kind === 'trust' ? { 'OS-TRUST:trust': { id: scope.trustId } } : { project: scope.project },
      };
    }
    case 'applicationCredential':
      // Its scope is its own; one that is sent beside it is refused.
      return {
        identity: {
          methods: ['application_credential'],
          application_credential: { ...authentication.credential, secret: authentication.secret.reveal() },
        },
      };
  }
}

function endpointIn(catalog: Catalog, types: readonly string[], credentials: Credentials): Endpoint {
  // The first type that is there at all, in the order in which they are asked for: an old name may be another service's by now.
  const type = types.find((one) => catalog.some((entry) => entry.type === one));
  if (type === undefined)
    return {
      found: false,
      why: `the catalog has no service ${types[0] ?? ''}; it is not installed, or hidden from this project`,
    };
  // Regions may have a service each.
  const endpoints = catalog.flatMap((entry) => (entry.type === type ? entry.endpoints : []));
  const offered = endpoints.filter((endpoint) => endpoint.interface === credentials.interface);
  const regionOf = (endpoint: (typeof offered)[number]): string => endpoint.region_id ?? endpoint.region ?? '';
  const matching =
    credentials.region === null ? offered : offered.filter((endpoint) => regionOf(endpoint) === credentials.region);
  const regions = [...new Set(endpoints.map(regionOf))].join(', ');
  const asked = `${type}, interface ${credentials.interface}`;
  if (matching.length === 0)
    return {
      found: false,
      why: `the catalog has no endpoint for ${asked}, region ${credentials.region ?? 'any'}; it knows the regions ${regions}`,
    };
  if (new Set(matching.map(regionOf)).size > 1)
    return {
      found: false,
      why: `the catalog has endpoints for ${asked} in several regions (${regions}); set openstack.region`,
    };
  return { found: true, url: (matching[0]?.url ?? '').replace(/\/+$/, '') };
}
