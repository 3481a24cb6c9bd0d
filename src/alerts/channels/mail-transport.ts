// The connection to a mail server: how it is made, and how we prove who we are.
import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createTransport } from 'nodemailer';
import { secureOptions } from '../../clients/http/tls.ts';
import type { Credential, MailSettings } from './mail-settings.ts';
import { tlsSettings } from './tls-settings.ts';

const timeouts = {
  connectionTimeout: 10_000,
  greetingTimeout: 10_000,
  // a server that scans what it was given answers late, and has taken it: asked again it would take it twice
  socketTimeout: 60_000,
  socketCloseTimeout: 1_000,
  dnsTimeout: 5_000,
};

/** As the files say now; empty where there is none. */
export interface Proof {
  readonly password: string;
  /** for CRAM-MD5 */
  readonly secret: string;
}

export async function proofOf({ user, password, secret }: MailSettings): Promise<Proof> {
  if (user === null) return { password: '', secret: '' };
  const [passwordNow, secretNow] = await Promise.all([readCredential(password), readCredential(secret)]);
  return { password: passwordNow, secret: secretNow };
}

async function readCredential(credential: Credential | null): Promise<string> {
  if (credential === null) return '';
  return 'text' in credential ? credential.text : (await readFile(credential.file, 'utf8')).replace(/\r?\n$/, '');
}

/** `onWhole`: the server has been given all of a mail, and what it makes of that is open until it answers. */
export const mailTransport = (settings: MailSettings, proof: Proof, onWhole: () => void = () => undefined) =>
  createTransport({
    host: settings.host,
    port: settings.port,
    secure: settings.implicitTls,
    requireTLS: settings.requireTls && !settings.implicitTls,
    // not required: taken when it works, and plain when it does not
    opportunisticTLS: !settings.requireTls,
    name: settings.hello,
    pool: false,
    logger: listeningFor('message', onWhole),
    ...timeouts,
    ...(settings.user !== null && loginOptions(settings.user, proof)),
    tls: tlsOptions(settings),
  });

/** Nodemailer says nowhere else how far it has come. */
function listeningFor(what: string, then: () => void) {
  const quiet = (): void => undefined;
  return {
    ...{ level: quiet, trace: quiet, debug: quiet, warn: quiet, error: quiet, fatal: quiet },
    info: (entry: { readonly tnx?: unknown }): void => (entry.tnx === what ? then() : undefined),
  };
}

/** Nodemailer knows one secret for all methods: with a second one, it is told how CRAM-MD5 is answered. */
function loginOptions(user: string, { password, secret }: Proof) {
  if (secret === '') return { auth: { user, pass: password } };
  if (password === '') return { auth: { user, pass: secret }, authMethod: 'CRAM-MD5' };
  return { auth: { user, pass: password }, customAuth: { 'CRAM-MD5': answerChallenges(user, secret) } };
}

interface Conversation {
  sendCommand(command: string): Promise<{ readonly status: number; readonly text: string; readonly response: string }>;
}

const answerChallenges =
  (user: string, secret: string) =>
  async (server: Conversation): Promise<void> => {
    const challenge = await server.sendCommand('AUTH CRAM-MD5');
    if (challenge.status !== 334) throw new Error(`Invalid login: ${challenge.response}`);
    const digest = createHmac('md5', secret).update(Buffer.from(challenge.text, 'base64')).digest('hex');
    const answer = await server.sendCommand(Buffer.from(`${user} ${digest}`).toString('base64'));
    if (answer.status !== 235) throw new Error(`Invalid login: ${answer.response}`);
  };

function tlsOptions({ tls, requireTls, implicitTls }: MailSettings): Readonly<Record<string, unknown>> {
  const options = {
    ...(tls !== undefined && secureOptions('the mail server', tlsSettings(tls))),
    rejectUnauthorized: tls?.insecure_skip_verify !== true && (requireTls || implicitTls),
  };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
