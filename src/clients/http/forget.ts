// What the other side says about us without the secrets that we told it: some servers repeat the request in their refusal.
const shortest = 4;
const hidden = '[hidden]';

/** Headers that say nothing secret; every other one may be a key. */
const plainHeaders: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'connection',
  'content-length',
  'content-type',
  'host',
  'idempotency-key',
  'openstack-api-version',
  'user-agent',
]);

export interface Sent {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
}

function secretsOf({ url, headers, secrets }: Sent): readonly string[] {
  const ofHeaders = Object.entries(headers).flatMap(([name, value]) => {
    if (plainHeaders.has(name.toLowerCase())) return [];
    const [kind = '', proof = ''] = value.split(' ');
    if (name.toLowerCase() !== 'authorization' || proof === '') return [value];
    const pair = kind.toLowerCase() === 'basic' ? Buffer.from(proof, 'base64').toString('utf8') : '';
    const [user = ''] = pair.split(':');
    return [proof, pair, pair.slice(user.length + 1), ...(user.length >= 8 ? [user] : [])];
  });
  return [...ofHeaders, decoded(url.username), decoded(url.password), ...secrets];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** An address that is a secret as a whole, as those of chat rooms are: its path, and what stands behind it. */
export function secretsOfAddress(text: string): readonly string[] {
  if (!URL.canParse(text)) return [];
  const { pathname, search, searchParams } = new URL(text);
  const parts = [...pathname.split('/'), ...searchParams.values()].filter((part) => part.length >= 8);
  return [`${pathname}${search}`, ...(pathname.length >= 8 ? [pathname] : []), ...parts, ...parts.map(decoded)];
}

/** The text without these secrets: as they are, as JSON or an address writes them, and within base64. */
export function withoutTold(text: string, secrets: readonly string[]): string {
  const known = [...new Set(secrets.filter((secret) => secret.length >= shortest))];
  const forms = known.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]);
  const plain = [...new Set(forms)]
    .toSorted((one, other) => other.length - one.length)
    .reduce((rest, form) => rest.replaceAll(form, hidden), text);
  return known.reduce(withoutEncoded, plain);
}

/** The whole run of base64 that the secret is within, wherever in a group of three bytes it begins. */
function withoutEncoded(text: string, secret: string): string {
  const bytes = Buffer.from(secret);
  if (bytes.length < 6) return text;
  return [0, 1, 2].reduce((rest, before) => {
    const whole = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const core = whole.slice(before === 0 ? 0 : 4, -4);
    return core.length < 4 ? rest : withoutRuns(rest, core);
  }, text);
}

const isBase64 = (character: string | undefined): boolean =>
  character !== undefined && /[A-Za-z0-9+/=_-]/.test(character);

function withoutRuns(text: string, core: string): string {
  let rest = text;
  let at = rest.indexOf(core);
  while (at >= 0) {
    let from = at;
    let to = at + core.length;
    while (isBase64(rest[from - 1])) from--;
    while (isBase64(rest[to])) to++;
    rest = `${rest.slice(0, from)}${hidden}${rest.slice(to)}`;
    at = rest.indexOf(core, from + hidden.length);
  }
  return rest;
}

export const forgetting = (sent: Sent): ((text: string) => string) => {
  const secrets = secretsOf(sent);
  return (text) => (text === '' ? text : withoutTold(text, secrets));
};
