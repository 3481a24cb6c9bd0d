// The embedded Keystone: passwords, application credentials and trusts for tokens that end on the clock.
import type { Clock } from '../../clock.ts';
import { rfc3339 } from '../../model/units.ts';
import type { Milliseconds } from '../../model/units.ts';
import { seededUuid } from '../random.ts';
import type { Random } from '../random.ts';
import { field, textField } from './http.ts';
import type { JsonAnswer, JsonRequest } from './http.ts';

export interface Account {
  readonly userId: string;
  readonly userName: string;
  readonly password: string;
  readonly projectId: string;
  readonly projectName: string;
}

export interface Accounts {
  readonly owner: Account;
  /** Of another project, who sees nothing here. */
  readonly stranger: Account;
  readonly applicationCredential: { readonly id: string; readonly name: string; readonly secret: string };
  /** The user that Magnum puts into a cluster's cloud-config, and its trust. */
  readonly trustee: Account;
  readonly trustId: string;
}

export interface Token {
  readonly projectId: string | null;
  readonly expiresAt: number;
}

const refused: JsonAnswer = {
  status: 401,
  headers: { 'www-authenticate': 'Keystone uri="http://127.0.0.1/identity/v3"' },
  json: { error: { code: 401, title: 'Unauthorized', message: 'The request you have made requires authentication.' } },
};
export const unauthorized = refused;
const bad = (message: string): JsonAnswer => ({
  status: 400,
  json: { error: { code: 400, title: 'Bad Request', message } },
});

export class EmbeddedKeystone {
  readonly accounts: Accounts;
  readonly #tokens = new Map<string, Token>();
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #lifetime: Milliseconds;
  readonly #catalog: () => readonly object[];

  constructor(parts: {
    readonly clock: Clock;
    readonly random: Random;
    readonly lifetime: Milliseconds;
    readonly catalog: () => readonly object[];
  }) {
    this.#clock = parts.clock;
    this.#random = parts.random;
    this.#lifetime = parts.lifetime;
    this.#catalog = parts.catalog;
    const id = (): string => seededUuid(parts.random).replaceAll('-', '');
    const account = (userName: string, projectId: string, projectName: string): Account => ({
      userId: id(),
      userName,
      password: `${userName}-password`,
      projectId,
      projectName,
    });
    const owner = account('springtide', id(), 'demo');
    this.accounts = {
      owner,
      stranger: account('stranger', id(), 'other'),
      applicationCredential: { id: id(), name: 'springtide', secret: 'springtide-secret' },
      trustee: account('cluster-user', owner.projectId, owner.projectName),
      trustId: id(),
    };
  }

  /** Null for every token that does not hold: expired, revoked and invented ones look alike. */
  check(token: string | undefined): Token | null {
    const found = token === undefined ? undefined : this.#tokens.get(token);
    return found === undefined || found.expiresAt <= this.#clock.now() ? null : found;
  }

  revokeAll(): void {
    this.#tokens.clear();
  }

  answer(request: JsonRequest): JsonAnswer {
    const { method, path } = request;
    if (method === 'GET' && (path === '/v3' || path === '/v3/'))
      return { status: 200, json: { version: { id: 'v3.14', status: 'stable', links: [] } } };
    if (path !== '/v3/auth/tokens')
      return { status: 404, json: { error: { code: 404, title: 'Not Found', message: 'Not found' } } };
    switch (method) {
      case 'POST':
        return this.#authenticate(field(request.body, 'auth'));
      case 'GET':
        return this.check(String(request.headers['x-auth-token'])) === null
          ? refused
          : { status: 200, json: { token: {} } };
      case 'DELETE':
        this.#tokens.delete(String(request.headers['x-subject-token']));
        return { status: 204 };
      default:
        return { status: 405 };
    }
  }

  #authenticate(auth: unknown): JsonAnswer {
    const methods = field(auth, 'identity', 'methods');
    if (!Array.isArray(methods) || methods.length !== 1) return bad("'identity.methods' is a required property");
    switch (methods[0] as unknown) {
      case 'password':
        return this.#byPassword(auth);
      case 'application_credential':
        return this.#byApplicationCredential(auth);
      default:
        return refused;
    }
  }

  #byPassword(auth: unknown): JsonAnswer {
    const user = field(auth, 'identity', 'password', 'user');
    const { owner, stranger, trustee, trustId } = this.accounts;
    const domain = textField(user, 'domain', 'id') ?? textField(user, 'domain', 'name')?.toLowerCase();
    const account = [owner, stranger, trustee].find(
      (one) =>
        one.userId === textField(user, 'id') || (one.userName === textField(user, 'name') && domain === 'default'),
    );
    if (account === undefined || account.password !== textField(user, 'password')) return refused;
    const scope = field(auth, 'scope');
    if (scope === undefined) return this.#issue(account, null);
    const trust = textField(scope, 'OS-TRUST:trust', 'id');
    if (trust !== undefined)
      return trust === trustId && account === trustee ? this.#issue(account, account.projectId) : refused;
    const project = field(scope, 'project');
    const mine = textField(project, 'id') === account.projectId || textField(project, 'name') === account.projectName;
    // The trustee has no role of its own in the project: only its trust lets it in.
    return mine && account !== trustee ? this.#issue(account, account.projectId) : refused;
  }

  #byApplicationCredential(auth: unknown): JsonAnswer {
    if (field(auth, 'scope') !== undefined) return refused;
    const given = field(auth, 'identity', 'application_credential');
    const { applicationCredential: credential, owner } = this.accounts;
    const byName =
      textField(given, 'name') === credential.name &&
      (textField(given, 'user', 'id') === owner.userId || textField(given, 'user', 'name') === owner.userName);
    if (textField(given, 'id') !== credential.id && !byName) return refused;
    return textField(given, 'secret') === credential.secret ? this.#issue(owner, owner.projectId) : refused;
  }

  #issue(account: Account, projectId: string | null): JsonAnswer {
    const now = this.#clock.now();
    for (const [token, { expiresAt }] of this.#tokens) if (expiresAt <= now) this.#tokens.delete(token);
    const token = `gAAAAA${seededUuid(this.#random).replaceAll('-', '')}`;
    const expiresAt = now + this.#lifetime;
    this.#tokens.set(token, { projectId, expiresAt });
    return {
      status: 201,
      headers: { 'x-subject-token': token },
      json: {
        token: {
          methods: ['password'],
          user: { id: account.userId, name: account.userName, domain: { id: 'default', name: 'Default' } },
          ...(projectId !== null && {
            project: { id: projectId, name: account.projectName, domain: { id: 'default', name: 'Default' } },
            roles: [{ id: 'member', name: 'member' }],
            catalog: this.#catalog(),
          }),
          issued_at: new Date(now).toISOString(),
          expires_at: rfc3339(expiresAt as typeof now),
        },
      },
    };
  }
}
