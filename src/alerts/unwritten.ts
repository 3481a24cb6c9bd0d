// Secrets that stand in alerts.yaml itself are not written beside what was told: this process remembers them, and knows them again from the file.
import { createHash } from 'node:crypto';

/** What is one by its name; a header may be one, too. */
const secrets: ReadonlySet<string> = new Set([
  'auth_password',
  'auth_secret',
  'bearer_token',
  'client_secret',
  'credentials',
  'endpoint_params',
  'key',
  'password',
  'proxy_connect_header',
  'proxy_url',
  'secrets',
  'values',
]);

const longestWord = 15;

/** Nobody is let in by it: no name and password, nothing asked, no part of its path that looks like a token. */
function isPlain(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { username, password, search, hash, pathname } = new URL(address);
  const looksLikeToken = (part: string): boolean => part.length > longestWord && /\d/.test(part);
  return [username, password, search, hash].every((part) => part === '') && !pathname.split('/').some(looksLikeToken);
}

const isSecret = (key: string, value: unknown): boolean =>
  secrets.has(key) || ((key === 'url' || key === 'token_url') && typeof value === 'string' && !isPlain(value));

export const hashOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');

/** The same without what is secret, at any depth. */
export function withoutSecrets<Settings extends object>(settings: Settings): Settings {
  return Object.fromEntries(
    Object.entries(settings).flatMap(([key, value]: [string, unknown]) => {
      if (isSecret(key, value)) return [];
      const isNested = typeof value === 'object' && value !== null && !Array.isArray(value);
      return [[key, isNested ? withoutSecrets(value) : value]];
    }),
  ) as Settings;
}
