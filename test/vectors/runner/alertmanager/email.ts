// alertmanager/email: mails through the channel to a real SMTP server that answers as the case says.
import type { Alert, LabelSet } from '../../../../src/alerts/alert.ts';
import type { SendResult } from '../../../../src/alerts/channels/channel.ts';
import { createEmailChannel } from '../../../../src/alerts/channels/email.ts';
import { integrationsOf } from '../../../../src/alerts/integrations.ts';
import { alertsDocument } from '../../../../src/config/schema/alerts.ts';
import type { Instant } from '../../../../src/model/units.ts';
import { catalogue } from '../../../alerts/builders.ts';
import { startMailServer } from '../../../alerts/servers.ts';
import type { Mail, MailServer } from '../../../alerts/servers.ts';
import { wholeAdapter, type Fields } from '../vector.ts';

const channel = createEmailChannel({ texts: () => catalogue('en') });
const now = Date.parse('2026-11-20T20:40:56Z') as Instant;
const labels = { alertname: 'PoolAtMax', pool: 'workers', cluster: 'c1', severity: 'critical' };

interface Sending {
  readonly to: string;
  readonly email?: Fields;
  readonly annotations?: LabelSet;
  readonly server?: Parameters<typeof startMailServer>[0];
  readonly refusals?: Readonly<Record<string, number>>;
  readonly nobodyListens?: boolean;
}

interface Sent {
  readonly results: readonly SendResult[];
  readonly mails: readonly Mail[];
  readonly connections: number;
}

async function send({
  to,
  email = {},
  annotations = {},
  server: options,
  refusals = {},
  nobodyListens,
}: Sending): Promise<Sent> {
  let connections = 0;
  const server: MailServer = await startMailServer({
    ...options,
    onConnect: (_session, callback) => {
      connections += 1;
      callback();
    },
  });
  for (const [address, code] of Object.entries(refusals))
    server.refusals.set(address, { code, text: 'as the case says' });
  try {
    if (nobodyListens === true) await server.close();
    const document = alertsDocument.parse({
      global: { smtp_smarthost: `127.0.0.1:${server.port}`, smtp_from: 'am@example.org', smtp_require_tls: false },
      route: { receiver: 'ops' },
      receivers: [{ name: 'ops', email_configs: [{ to, ...email }] }],
    });
    const [integration] = integrationsOf(document, 'ops', now);
    if (integration?.channel !== 'email') throw new Error('no e-mail in the document');
    const alert: Alert = { fingerprint: 'f', labels, annotations, since: now, ended: null, accepted: now };
    const { alertname, pool } = labels;
    const notice = { groupKey: '{}:{}', groupLabels: { alertname, pool }, receiver: 'ops', alerts: [alert] };
    const signal = new AbortController().signal;
    const delivery = { id: 'n1', at: now, notice, text: '', to: integration.to, document, signal };
    const results = await channel.send(delivery, integration.settings);
    return { results, mails: server.mails, connections };
  } finally {
    if (nobodyListens !== true) await server.close();
  }
}

const statusOf = ({ results }: Sent, to: string): string | undefined => results.find((one) => one.to === to)?.status;
const isRetried = ({ results }: Sent): boolean => results.some(({ status }) => status === 'retry');

interface ErrorCase {
  readonly whole: { readonly broken: string; readonly retry: boolean; readonly email_reaches_server?: boolean };
}

const brokenTemplate = '{{ template "is.not.there" . }}';

/** The part of the configuration that a case calls broken. */
function brokenPart(broken: string): Partial<Sending> {
  const [, part = '', kind = '', value = ''] = /^'?(\w+)'? (template|address|addresses)(?: (\S+))?/.exec(broken) ?? [];
  const text = kind === 'template' ? brokenTemplate : value;
  if (part === 'to') return { to: text };
  if (part === 'from' || part === 'html' || part === 'text') return { email: { [part]: text } };
  if (part === 'subject') return { email: { headers: { Subject: text } } };
  if (/refused|cancel/.test(broken)) return { nobodyListens: true };
  throw new Error(`no such breakage is known: ${broken}`);
}

export const mailErrorCase = wholeAdapter<ErrorCase>(async ({ broken, retry, email_reaches_server: reaches }) => {
  const sent = await send({ to: 'ops@example.org', ...brokenPart(broken) });
  return {
    expected: { retry, ...(reaches !== undefined && { reaches }) },
    got: { retry: isRetried(sent), reaches: sent.connections > 0 },
  };
});

interface WantedCase {
  readonly whole: { readonly case: string; readonly expect: string };
}

const at = (command: string, code: number): Sending['server'] => {
  const refuse = (_: unknown, __: unknown, callback: (error: Error) => void): void =>
    callback(Object.assign(new Error('as the case says'), { responseCode: code }));
  switch (command) {
    case 'MAIL':
      return { onMailFrom: refuse };
    case 'AUTH':
      return { authOptional: false, allowInsecureAuth: true, onAuth: refuse };
    default:
      return {
        onData: (stream, session, callback) => {
          stream.resume();
          stream.on('end', () => refuse(stream, session, callback));
        },
      };
  }
};

/** What is wanted is a sentence: each of its words that can be seen at the wire is one field. */
function wanted(expect: string): Fields {
  const says = (pattern: RegExp): boolean => pattern.test(expect);
  return {
    ...(says(/deliver to the others/) && { others: 'sent' }),
    ...(says(/permanently failed/) && { refused: 'failed' }),
    ...(says(/no retry/) ? { retry: false } : says(/retry/) ? { retry: true } : {}),
    ...(says(/plain fallback/) && { delivered: 1, html: false }),
    ...(says(/labels and the error/) && { saysLabels: true, saysError: true }),
  };
}

export const mailWantedCase = wholeAdapter<WantedCase>(async ({ case: what, expect }) => {
  const [code = 0] = (
    /\b[45]\d\d\b/.exec(what) ?? (/\b([45])xx/i.test(what) ? [/5xx/i.test(what) ? '554' : '451'] : [])
  ).map(Number);
  const commands = ['MAIL', 'RCPT', 'DATA', 'AUTH'].filter((command) => what.includes(command));
  const email = commands.includes('AUTH') ? { auth_username: 'u', auth_password: 'p' } : {};
  if (/template/.test(what)) {
    const sent = await send({ to: 'ops@example.org', email: { html: brokenTemplate } });
    const raw = sent.mails[0]?.raw ?? '';
    return {
      expected: wanted(expect),
      got: {
        delivered: sent.mails.length,
        html: /text\/html/.test(raw),
        saysLabels: Object.values(labels).every((value) => raw.includes(value)),
        saysError: raw.includes('is.not.there'),
      },
    };
  }
  if (commands.includes('RCPT')) {
    const sent = await send({
      to: 'ops@example.org, bad@example.org, op2@example.org',
      refusals: { 'bad@example.org': code },
    });
    const others = ['ops@example.org', 'op2@example.org'].map((to) => statusOf(sent, to));
    const [mail] = sent.mails;
    return {
      expected: wanted(expect),
      got: {
        others: others.every((status) => status === 'sent') && mail?.to.length === 2 ? 'sent' : others.join(),
        refused: statusOf(sent, 'bad@example.org'),
        retry: isRetried(sent),
      },
    };
  }
  const places = commands.length === 0 ? ['MAIL', 'DATA'] : commands;
  const retries = await Promise.all(
    places.map(async (command) =>
      isRetried(
        await send({ to: 'ops@example.org', email: command === 'AUTH' ? email : {}, server: at(command, code) }),
      ),
    ),
  );
  return {
    expected: wanted(expect),
    got: { retry: retries.every(Boolean) ? true : retries.some(Boolean) ? retries : false },
  };
});

interface LiveCase {
  readonly whole: {
    readonly case: string;
    readonly transcript?: readonly string[];
    readonly transcript_first?: readonly string[];
    readonly attempt_times_s?: readonly number[];
    readonly deliveries_in_4s?: number;
  };
}

/** What was heard at the wire: the envelope, and the mail as it was written. */
function heard(lines: readonly string[]) {
  const of = (prefix: string): string[] =>
    lines.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length));
  const recipients = of('C: RCPT TO:').map((line) => line.replace(/^<|>.*$/g, ''));
  const [from = ''] = of('C: MAIL FROM:').map((line) => line.replace(/^<|>.*$/g, ''));
  return { from, recipients, mail: of('D: ').join('\r\n') };
}

interface Parts {
  readonly subject: string;
  readonly text: string | null;
  readonly html: string | null;
}

function partsOf(raw: string): Parts {
  const boundary = /boundary="?([^"\s;]+)"?/.exec(raw)?.[1] ?? '\0';
  const part = (type: string): string | null => {
    const found = raw.split(`--${boundary}`).find((one) => one.includes(`Content-Type: ${type}`));
    if (found === undefined) return null;
    const [head = '', ...body] = found.split(/\r?\n\r?\n/);
    const written = body.join('\n\n').trim();
    const isBase64 = /base64/i.test(head);
    return Buffer.from(isBase64 ? written : latin1(written), isBase64 ? 'base64' : 'latin1')
      .toString('utf8')
      .trim();
  };
  const subject = /^Subject: (.*(?:\r?\n[ \t].*)*)/m.exec(raw)?.[1]?.replace(/\r?\n[ \t]/g, ' ') ?? '';
  return { subject, text: part('text/plain'), html: part('text/html') };
}

const latin1 = (quotedPrintable: string): string =>
  quotedPrintable
    .replace(/=\r?\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

export const mailLiveCase = wholeAdapter<LiveCase>(async (live) => {
  const { transcript, transcript_first: first = [], attempt_times_s: attempts, deliveries_in_4s: deliveries } = live;
  const { from, recipients, mail } = heard(transcript ?? first);
  if (deliveries !== undefined) {
    const sent = await send({ to: recipients.join(', '), email: { html: brokenTemplate } });
    return {
      expected: { empty: mail.trim() === '' || partsOf(mail).text === null, sentAgain: deliveries > 1 },
      got: { empty: sent.mails[0]?.raw.includes('PoolAtMax') !== true, sentAgain: isRetried(sent) },
    };
  }
  if (attempts !== undefined) {
    const [bad = ''] = recipients;
    const sent = await send({ to: `${bad}, ops@example.org`, refusals: { [bad]: 550 } });
    return {
      expected: { othersGetIt: first.includes('C: DATA'), retried: attempts.length > 1 },
      got: { othersGetIt: sent.mails.length === 1, retried: isRetried(sent) },
    };
  }
  const told = partsOf(mail);
  const summary = told.text ?? '';
  const sent = await send({
    to: recipients.join(', '),
    email: {
      headers: { Subject: '{{ template "email.default.subject" . }}' },
      text: '{{ .CommonAnnotations.summary }}',
      html: '<b>{{ .CommonAnnotations.summary }}</b>',
    },
    annotations: { summary },
  });
  const [ours] = sent.mails;
  return {
    expected: { from, to: recipients, ...told },
    got: { from: ours?.from, to: ours?.to, ...partsOf(ours?.raw ?? '') },
  };
});
