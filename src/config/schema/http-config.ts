// How an HTTP receiver is reached, in Alertmanager's spelling.
import { z } from 'zod';
import { httpUrl, proxyUrl } from './scalars.ts';

const tlsVersion = z.enum(['TLS10', 'TLS11', 'TLS12', 'TLS13']);

/** A token of HTTP. */
const word = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Alertmanager's spelling of TLS. */
export const tlsConfig = z
  .strictObject({
    ca_file: z.string().optional(),
    cert_file: z.string().optional(),
    key_file: z.string().optional(),
    server_name: z.string().optional(),
    insecure_skip_verify: z.boolean().default(false),
    ca: z.string().optional(),
    cert: z.string().optional(),
    key: z.string().optional(),
    min_version: tlsVersion.optional(),
    max_version: tlsVersion.optional(),
  })
  .refine((tls) => !bothOf(tls, 'ca') && !bothOf(tls, 'cert') && !bothOf(tls, 'key'), {
    error: 'write ca, cert and key either here or in a file, not both',
  })
  .refine((tls) => has(tls, 'cert') === has(tls, 'key'), { error: 'cert and key go together' })
  .refine(({ min_version: least = 'TLS10', max_version: most = 'TLS13' }) => least <= most, {
    error: 'min_version is above max_version: nothing could be spoken',
  });

export type TlsConfig = z.infer<typeof tlsConfig>;

const basicAuth = z
  .strictObject({
    username: z.string().optional(),
    username_file: z.string().optional(),
    password: z.string().optional(),
    password_file: z.string().optional(),
  })
  .refine((auth) => !bothOf(auth, 'username') && !bothOf(auth, 'password'), {
    error: 'write username and password either here or in a file, not both',
  });

const authorization = z
  .strictObject({
    type: z
      .string()
      .regex(word, { error: 'a type is one word, such as Bearer' })
      .refine((type) => type.toLowerCase() !== 'basic', { error: 'write basic_auth for Basic' })
      .default('Bearer'),
    credentials: z.string().optional(),
    credentials_file: z.string().optional(),
  })
  .refine((auth) => has(auth, 'credentials') && !bothOf(auth, 'credentials'), {
    error: 'name exactly one of credentials and credentials_file',
  });

const headerName = z
  .string()
  .regex(word, { error: 'a header has letters, digits and "-" only' })
  .refine((name) => !ownHeaders.has(name.toLowerCase()), { error: 'this header is set by springtide itself' });

/** Of these the connection itself takes care. */
const ofTheTunnel: ReadonlySet<string> = new Set(['host', 'connection']);
const connectHeaderName = z
  .string()
  .regex(word, { error: 'a header has letters, digits and "-" only' })
  .refine((name) => !ofTheTunnel.has(name.toLowerCase()), { error: 'this header is set by springtide itself' });

/** It stands in a line of its own. */
const connectHeaderValue = z.string().regex(/^[\t\u0020-\u007e\u0080-\u00ff]*$/, { error: 'write it in one line' });

const header = z.strictObject({
  values: z.array(z.string()).default([]),
  secrets: z.array(z.string()).default([]),
  files: z.array(z.string()).default([]),
});

const proxyKeys = {
  /** a chart without a proxy writes an empty one */
  proxy_url: z
    .string()
    .transform((text) => (text === '' ? undefined : text))
    .pipe(proxyUrl.optional())
    .optional()
    .meta({ description: 'the address of a proxy: http://proxy:3128, socks5://proxy:1080' }),
  no_proxy: z
    .string()
    .optional()
    .meta({ description: 'what goes past it: hosts, domains, addresses and networks, with commas between' }),
  proxy_from_environment: z
    .boolean()
    .optional()
    .meta({ description: 'HTTP_PROXY, HTTPS_PROXY and NO_PROXY of the process are heeded' }),
  proxy_connect_header: z
    .record(connectHeaderName, z.array(connectHeaderValue).min(1))
    .optional()
    .meta({ description: 'headers that a proxy is told when it is asked to connect to an https address' }),
};

/** What must not stand beside each other, as Alertmanager has it. */
function proxyMistake({
  proxy_url: proxy,
  no_proxy: exempt = '',
  proxy_from_environment: asked = false,
  proxy_connect_header: told,
}: Proxied) {
  if (told !== undefined && !asked && proxy === undefined)
    return 'proxy_connect_header needs a proxy_url, or proxy_from_environment: true';
  if (told !== undefined && proxy !== undefined && /^socks/i.test(proxy))
    return 'proxy_connect_header is told to a proxy that speaks HTTP: SOCKS has no headers';
  if (asked && (proxy !== undefined || exempt !== ''))
    return 'proxy_from_environment stands alone: take proxy_url and no_proxy out';
  return exempt !== '' && proxy === undefined ? 'no_proxy needs a proxy_url' : null;
}

type Proxied = z.infer<z.ZodObject<typeof proxyKeys>>;

const refuseMistake = (proxied: Proxied, context: z.RefinementCtx): void => {
  const mistake = proxyMistake(proxied);
  if (mistake !== null) context.addIssue({ code: 'custom', message: mistake });
};

const oauth2 = z
  .strictObject({
    client_id: z.string().min(1),
    client_secret: z.string().optional(),
    client_secret_file: z.string().optional(),
    scopes: z.array(z.string()).default([]),
    token_url: httpUrl,
    endpoint_params: z.record(z.string(), z.string()).default({}),
    /** towards the token's address, as are the proxies */
    tls_config: tlsConfig.optional(),
    ...proxyKeys,
  })
  .refine((auth) => !bothOf(auth, 'client_secret'), {
    error: 'write client_secret either here or in a file, not both',
  })
  .superRefine(refuseMistake);

export type OAuth2 = z.infer<typeof oauth2>;

export const httpConfig = z
  .strictObject({
    basic_auth: basicAuth.optional(),
    authorization: authorization.optional(),
    oauth2: oauth2.optional(),
    bearer_token: z.string().optional(),
    bearer_token_file: z.string().optional(),
    tls_config: tlsConfig.optional(),
    ...proxyKeys,
    http_headers: z.record(headerName, header).optional(),
    /** its default there; a redirect is a refusal here, whatever this says: the file says where alerts go */
    follow_redirects: z.boolean().optional(),
    /** HTTP/1.1 is spoken, which every server of HTTP/2 understands */
    enable_http2: z.boolean().optional(),
  })
  .refine(
    (config) =>
      [config.basic_auth, config.authorization, config.oauth2, config.bearer_token, config.bearer_token_file].filter(
        (one) => one !== undefined,
      ).length <= 1,
    { error: 'write at most one of basic_auth, authorization, oauth2, bearer_token and bearer_token_file' },
  )
  .superRefine(refuseMistake);

export type HttpConfig = z.infer<typeof httpConfig>;

const ownHeaders: ReadonlySet<string> = new Set([
  'authorization',
  'host',
  'content-encoding',
  'content-length',
  'content-type',
  'user-agent',
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'www-authenticate',
  'accept-encoding',
  'transfer-encoding',
]);

type Written = Readonly<Record<string, unknown>>;
const has = (written: Written, name: string): boolean =>
  written[name] !== undefined || written[`${name}_file`] !== undefined;
const bothOf = (written: Written, name: string): boolean =>
  written[name] !== undefined && written[`${name}_file`] !== undefined;
