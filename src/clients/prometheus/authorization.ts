// The Authorization header from secrets that are only referred to, read again when their files change.
import type { DaemonSpec } from '../../model/config.ts';
import { messageOf } from '../../model/errors.ts';
import { ClientError } from '../http/error.ts';
import { followFile } from '../kubernetes/follow-file.ts';

type Auth = NonNullable<DaemonSpec['prometheus']['auth']>;
type Reference = NonNullable<Auth['bearer']>;

export function authorizationOf(auth: Auth | undefined, env: NodeJS.ProcessEnv): () => Record<string, string> {
  if (auth?.bearer !== undefined) {
    const token = secretOf(auth.bearer, env);
    return () => ({ authorization: `Bearer ${token()}` });
  }
  if (auth?.basic !== undefined) {
    const { username } = auth.basic;
    const password = secretOf(auth.basic.password, env);
    return () => ({ authorization: `Basic ${Buffer.from(`${username}:${password()}`).toString('base64')}` });
  }
  return () => ({});
}

function secretOf(reference: Reference, env: NodeJS.ProcessEnv): () => string {
  if (reference.file !== undefined) {
    const file = followFile(reference.file);
    return () => told(() => file.read());
  }
  const name = reference.env ?? '';
  return () => {
    const value = env[name];
    if (value === undefined || value === '')
      throw unauthorized(`the environment variable ${name} is empty; set it or name another in prometheus.auth`);
    return value;
  };
}

function told(read: () => string): string {
  try {
    return read();
  } catch (cause) {
    throw unauthorized(messageOf(cause));
  }
}

const unauthorized = (what: string): ClientError =>
  new ClientError({ code: 'Unauthorized', source: 'Prometheus', message: `Prometheus: the credentials: ${what}.` });
