// The alert listener of a running daemon: where it is, what it wants to be shown, and what it answers.
import { readFile } from 'node:fs/promises';
import { Option, type Command } from 'commander';
import type { z } from 'zod';
import type { AlertExplanation } from '../../alerts/explain.ts';
import { readSecret } from '../../alerts/channels/secrets.ts';
import type { TestResult } from '../../alerts/send-test.ts';
import { createHttpClient } from '../../clients/http/client.ts';
import { ClientError, type FailedResponse } from '../../clients/http/error.ts';
import type { TlsSettings } from '../../clients/http/tls.ts';
import type { HttpRequest } from '../../clients/http/types.ts';
import { validate } from '../../clients/http/validate.ts';
import type { Clock } from '../../clock.ts';
import { loadConfig } from '../../config/load.ts';
import { formatProblem } from '../../config/problem.ts';
import { shippedTexts } from '../../config/texts.ts';
import { messageOf, SpringtideError } from '../../model/errors.ts';
import { languages, type Language, type Texts } from '../../model/texts.ts';
import { seconds } from '../../model/units.ts';
import { parseListen } from '../../server/listen.ts';
import { replicaTlsOf } from '../../server/tls.ts';
import { answers, type Acknowledged, type ShownAlert, type ShownSilence, type ShownStatus } from './answers.ts';

/** What the commands need of the world around them. */
export interface Surroundings {
  readonly clock: Clock;
  readonly print: (text: string) => void;
  /** beside the answer */
  readonly warn: (text: string) => void;
  readonly exit: (code: number) => void;
}

export interface DaemonOptions {
  readonly url?: string;
  readonly tokenFile?: string;
  readonly caFile?: string;
  readonly config: string;
  readonly lang?: Language;
  readonly tz: string;
  readonly output: 'text' | 'json';
}

export interface AlertDaemon {
  readonly url: string;
  readonly texts: Texts;
  readonly status: () => Promise<ShownStatus>;
  readonly receivers: () => Promise<readonly { readonly name: string }[]>;
  readonly alerts: (filter: readonly string[]) => Promise<readonly ShownAlert[]>;
  readonly silences: (filter: readonly string[]) => Promise<readonly ShownSilence[]>;
  readonly silence: (body: object) => Promise<string>;
  /** False: it knows no such silence. */
  readonly expire: (id: string) => Promise<boolean>;
  readonly acknowledge: (body: object) => Promise<Acknowledged>;
  /** Null: it remembers no such alert. */
  readonly explain: (fingerprint: string) => Promise<AlertExplanation | null>;
  readonly sendTest: (receiver: string) => Promise<readonly TestResult[]>;
}

const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The options of everything that asks a daemon. */
export const withDaemonOptions = (command: Command): Command =>
  withOutputOptions(command)
    .option('--url <address>', 'the alert listener; default: http.alerts.listen of the Daemon document')
    .option('--token-file <file>', 'what the listener wants to be shown; with --url else SPRINGTIDE_ALERTS_TOKEN')
    .option('--ca-file <file>', "with --url: the authority that has signed the listener's certificate");

export const withOutputOptions = (command: Command): Command =>
  command
    .option('-c, --config <directory>', "the daemon's configuration directory", 'config')
    .option('--tz <zone>', 'the zone of the times', ownZone)
    .addOption(new Option('-o, --output <format>', 'text or json').choices(['text', 'json']).default('text'))
    .addOption(new Option('--lang <language>', 'language of the sentences').choices([...languages]));

interface Place {
  readonly url: string;
  readonly token: string | null;
  readonly tls: TlsSettings;
  readonly texts: Texts;
}

export function usage(what: string, mend: string): SpringtideError {
  return new SpringtideError({ code: 'UsageInvalid', where: 'alerts', what, mend });
}

/** Of the terminal, as POSIX says which variable counts; where there is a configuration its language does. */
const languageOf = ({ LC_ALL, LC_MESSAGES, LANG }: NodeJS.ProcessEnv): Language =>
  /^zh\b/i.test((LC_ALL || LC_MESSAGES || LANG || '').replace('_', '-')) ? 'zh-CN' : 'en';

async function placeOf({ url, tokenFile, caFile, config: directory, lang }: DaemonOptions): Promise<Place> {
  const given = tokenFile === undefined ? null : (await readText(tokenFile)).trim();
  if (url !== undefined) {
    if (!/^https?:\/\/\S+$/.test(url))
      throw usage(`--url "${url}" is no address`, 'write --url http://HOST:PORT, or https://');
    const token = given ?? process.env['SPRINGTIDE_ALERTS_TOKEN'] ?? null;
    return {
      url,
      token,
      tls: caFile === undefined ? {} : { caFile },
      texts: shippedTexts(lang ?? languageOf(process.env)),
    };
  }
  const { config, problems } = await loadConfig(directory, lang === undefined ? {} : { language: lang });
  if (config === null)
    throw new SpringtideError({
      code: 'ConfigInvalid',
      where: directory,
      what: [
        'there is no Daemon document that can be used',
        ...problems.filter(({ severity }) => severity === 'error').map(formatProblem),
      ].join('\n'),
      mend: "name the daemon's own configuration with --config DIR, or its alert listener with --url",
    });
  const { alerts, tls: files } = config.daemon.http;
  if (alerts === undefined)
    throw usage('the Daemon document has no http.alerts: nothing listens for alerts', 'write http.alerts.listen');
  const { token: own } = alerts;
  const token = given ?? (own === undefined || own === 'none' ? null : await secretOf(own));
  const tls = files === undefined ? {} : { ...replicaTlsOf(files), partialChain: true };
  return { url: addressOf(alerts.listen, files === undefined ? 'http' : 'https'), token, tls, texts: config.texts };
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new SpringtideError({ code: 'CredentialsMissing', where: '--token-file', what: messageOf(cause), cause });
  }
}

async function secretOf(reference: Parameters<typeof readSecret>[0]): Promise<string> {
  try {
    return await readSecret(reference);
  } catch (cause) {
    const mend = 'run it where the daemon runs, or name a copy with --token-file';
    throw new SpringtideError({
      code: 'CredentialsMissing',
      where: 'http.alerts.token',
      what: messageOf(cause),
      mend,
      cause,
    });
  }
}

/** Where a listener is reached from the machine that it runs on. */
function addressOf(listen: string, scheme: 'http' | 'https'): string {
  const { host, port } = parseListen(listen, 'http.alerts.listen');
  if (port === 0) throw usage('http.alerts.listen has no port of its own', 'name the address with --url');
  const name = host === undefined || host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `${scheme}://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

/** Alertmanager's refusals are a text as JSON, ours an object. */
function refusalIn({ body }: Pick<FailedResponse, 'body'>): string | null {
  try {
    const read = JSON.parse(body) as unknown;
    if (typeof read === 'string') return read;
    const { error } = read as { error?: { message?: unknown } };
    return typeof error?.message === 'string' ? error.message : null;
  } catch {
    return null;
  }
}

const longestAnswer = seconds(30);
const source = 'the alert listener';

export async function withDaemon(options: DaemonOptions, use: (daemon: AlertDaemon) => Promise<void>): Promise<void> {
  const { url, token, tls, texts } = await placeOf(options);
  const client = createHttpClient({
    name: source,
    baseUrl: url,
    deadline: longestAnswer,
    tls,
    headers: token === null ? {} : { authorization: `Bearer ${token}` },
    explain: refusalIn,
    advice: {
      Unreachable: 'see that this is the address of http.alerts.listen, and that the daemon runs',
      Unauthorized: 'show the token of http.alerts with --token-file',
    },
  });
  const ask = async <Shape extends z.ZodType>(shape: Shape, request: HttpRequest): Promise<z.output<Shape>> => {
    const { method = 'GET', path = '' } = request;
    const what = `${method} ${new URL(url).host}${path}`;
    return validate(shape, (await client.request(request)).json(), { source, what });
  };
  const post = <Shape extends z.ZodType>(shape: Shape, path: string, body: object): Promise<z.output<Shape>> =>
    ask(shape, { method: 'POST', path, body });
  const orNull = async <Answer>(answer: Promise<Answer>): Promise<Answer | null> => {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof ClientError && error.status === 404) return null;
      throw error;
    }
  };
  const daemon: AlertDaemon = {
    url,
    texts,
    status: () => ask(answers.status, { path: '/api/v2/status' }),
    receivers: () => ask(answers.receivers, { path: '/api/v2/receivers' }),
    alerts: (filter) => ask(answers.alerts, { path: '/api/v2/alerts', query: { filter } }),
    silences: (filter) => ask(answers.silences, { path: '/api/v2/silences', query: { filter } }),
    silence: async (body) => (await post(answers.silence, '/api/v2/silences', body)).silenceID,
    expire: async (id) => {
      const path = `/api/v2/silence/${encodeURIComponent(id)}`;
      return (await orNull(client.request({ method: 'DELETE', path }))) !== null;
    },
    acknowledge: (body) => post(answers.acknowledged, '/api/v1/acknowledge', body),
    explain: (fingerprint) => orNull(ask(answers.explanation, { path: '/api/v1/explain', query: { fingerprint } })),
    sendTest: async (receiver) => (await post(answers.test, '/api/v1/send-test', { receiver })).results,
  };
  try {
    await use(daemon);
  } catch (error) {
    throw told(error);
  } finally {
    client.close();
  }
}

/** What the daemon refuses is bad input; what does not answer is a world that cannot be read. */
function told(error: unknown): unknown {
  if (!(error instanceof ClientError)) return error;
  const isInput = error.status === 400 || error.status === 404;
  const code = error.status === 401 ? 'CredentialsInvalid' : isInput ? 'UsageInvalid' : 'WorldUnreadable';
  return new SpringtideError({ code, what: error.message, cause: error });
}
