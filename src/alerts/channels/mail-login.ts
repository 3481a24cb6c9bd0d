// Whether a mail server would take our mail: connect, STARTTLS, log in, and say goodbye without sending anything.
import type { AlertsDocument } from '../../model/config.ts';
import { messageOf } from '../../model/errors.ts';
import { withoutTold } from '../../clients/http/forget.ts';
import { mailTransport, proofOf, type Proof } from './mail-transport.ts';
import { readMailSettings, type EmailSettings, type MailSettings } from './mail-settings.ts';

export interface MailLogin {
  /** host:port, and the user where there is one */
  readonly server: string;
  /** what makes two receivers need the same login */
  readonly key: string;
  /** null: the server lets us in; else why not */
  readonly attempt: () => Promise<string | null>;
}

/** The logins that the receivers need, each once. */
export function mailLoginsOf(document: AlertsDocument): readonly MailLogin[] {
  const configs = document.receivers.flatMap((receiver) => receiver.email_configs);
  const logins = new Map(configs.map((config) => loginOf(config, document)).map((login) => [login.key, login]));
  return [...logins.values()];
}

function loginOf(config: EmailSettings, document: AlertsDocument): MailLogin {
  // Templates of senders and recipients are filled in with an alert only; who may log in does not hang on them.
  const plain = { ...config, from: 'doctor@springtide.example', to: 'doctor@springtide.example' };
  const settings = readMailSettings(plain, document, (_what, template) => ({ ok: true, text: template }));
  if (typeof settings === 'string')
    return { server: config.smarthost ?? '-', key: settings, attempt: () => Promise.resolve(settings) };
  const { host, port, user, password, secret, requireTls, implicitTls } = settings;
  const server = `${host}:${port}${user === null ? '' : ` (${user})`}`;
  const key = JSON.stringify([server, password, secret, requireTls, implicitTls, settings.tls]);
  return { server, key, attempt: () => logIn(settings) };
}

async function logIn(settings: MailSettings): Promise<string | null> {
  let proof: Proof = { password: '', secret: '' };
  try {
    proof = await proofOf(settings);
    const transport = mailTransport(settings, proof);
    try {
      await transport.verify();
      return null;
    } finally {
      transport.close();
    }
  } catch (thrown) {
    return withoutTold(messageOf(thrown), Object.values(proof));
  }
}
