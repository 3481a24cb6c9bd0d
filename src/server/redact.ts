// Keeps secrets out of the log: by the names of fields at any depth, and by their shape within texts.

const secretNames = [
  'authorization',
  'proxy-authorization',
  'password',
  'passwd',
  'secret',
  'secret_key',
  'access_key_secret',
  'token',
  'bearer',
  'api_key',
  'cookie',
  'set-cookie',
  'credentials',
  'application_credential_secret',
  'client_secret',
  'private_key',
  'x-auth-token',
  'x-subject-token',
];
/** Authorization, authorization and accessKeySecret, access_key_secret are the same name. */
const plainName = (name: string): string => name.toLowerCase().replaceAll(/[-_]/g, '');
const secretPlainNames = new Set(secretNames.map(plainName));
export const censor = '[hidden]';
const deepest = 8;

/** pino's own paths reach one level and cost a millisecond a line when they should reach five: this walk reaches them all. */
export function hideSecrets(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Error) return value;
  if (depth > deepest) return '[deeper]';
  if (Array.isArray(value)) return value.map((item) => hideSecrets(item, depth + 1));
  if ('toJSON' in value) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]: [string, unknown]) => [
      name,
      secretPlainNames.has(plainName(name)) ? censor : hideSecrets(item, depth + 1),
    ]),
  );
}

/** The error without what libraries hang on it: requests, sockets, whole configurations. */
export function errorFields(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return hideSecrets(error);
  const { code, where } = error as { code?: unknown; where?: unknown };
  return {
    type: error.name,
    message: error.message,
    ...(code === undefined ? {} : { code }),
    ...(where === undefined ? {} : { where }),
    stack: error.stack,
    ...(error.cause instanceof Error && depth < 4 ? { cause: errorFields(error.cause, depth + 1) } : {}),
  };
}

/** Keys and values of URLs, headers and messages that pino's paths cannot reach. */
const strewn: readonly (readonly [RegExp, string])[] = [
  [/\b(Bearer|Basic)\s+[A-Za-z0-9+/._~=-]{6,}/gi, '$1 [hidden]'],
  [/([a-z][a-z0-9+.-]*:\/\/)[^/\s:@"]+:[^/\s@"]+@/gi, '$1[hidden]@'],
  [/\b((?:access_?token|token|password|secret|signature|api_?key)=)[^&\s"\\]+/gi, '$1[hidden]'],
];
export const withoutSecrets = (line: string): string =>
  strewn.reduce((text, [shape, to]) => text.replace(shape, to), line);
