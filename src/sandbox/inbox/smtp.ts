// A mailbox that speaks SMTP: what arrives is kept and can be read, what may go wrong on the way can be ordered.
import type { AddressInfo } from 'node:net';
import type { Cancel, Clock } from '../../clock.ts';
import type { Instant } from '../../model/units.ts';
import { makeCertificate } from './certificate.ts';
import type { SelfMadeCertificate } from './certificate.ts';
import { parseMail } from './mime.ts';
import type { ParsedMail } from './mime.ts';

export interface ReceivedMail extends ParsedMail {
  readonly at: Instant;
  readonly from: string;
  /** Of the envelope. */
  readonly to: readonly string[];
  readonly secure: boolean;
  readonly user: string | null;
  readonly raw: string;
}

export type SmtpFault =
  /** Each recipient is put off with 451, `times` times. */
  | { readonly kind: 'greylist451'; readonly times?: number }
  | { readonly kind: 'reject550'; readonly address: string }
  /** The connection is cut after the message has come and before it is answered. */
  | { readonly kind: 'drop'; readonly times?: number }
  | { readonly kind: 'refuseStartTls' };

export interface SmtpInboxOptions {
  readonly clock: Clock;
  readonly port?: number;
  /** none: plain text only. */
  readonly tls?: 'selfMade' | 'none' | SelfMadeCertificate;
  /** Absent: everybody may send, with any name or none. */
  readonly account?: { readonly user: string; readonly password: string };
  readonly keep?: number;
  readonly faults?: readonly SmtpFault[];
  readonly onMail?: (mail: ReceivedMail) => void;
}

export interface SmtpInbox {
  readonly port: number;
  /** What a client must trust; null without TLS. */
  readonly ca: string | null;
  readonly mails: readonly ReceivedMail[];
  inject(fault: SmtpFault): Cancel;
  clear(): void;
  stop(): Promise<void>;
}

export async function startSmtpInbox(options: SmtpInboxOptions): Promise<SmtpInbox> {
  const { SMTPServer } = await import('smtp-server');
  const certificate = options.tls === 'none' ? null : typeof options.tls === 'object' ? options.tls : makeCertificate();
  const keep = options.keep ?? 500;
  const mails: ReceivedMail[] = [];
  let faults: { readonly fault: SmtpFault; left: number }[] = [];

  const active = (kind: SmtpFault['kind']) => faults.find(({ fault, left }) => left > 0 && fault.kind === kind);
  const take = (kind: SmtpFault['kind']): boolean => {
    const entry = active(kind);
    if (entry === undefined) return false;
    entry.left--;
    return true;
  };

  const server = new SMTPServer({
    ...(certificate !== null && { key: certificate.key, cert: certificate.cert }),
    authOptional: options.account === undefined,
    allowInsecureAuth: true,
    authMethods: ['PLAIN', 'LOGIN'],
    disableReverseLookup: true,
    logger: false,
    size: 1024 * 1024,
    closeTimeout: 100,
    onAuth(auth, _session, done) {
      const { account } = options;
      const known = account === undefined || (auth.username === account.user && auth.password === account.password);
      if (known) done(null, { user: auth.username ?? '' });
      else done(refusal(535, 'Authentication credentials invalid'));
    },
    onRcptTo(address, _session, done) {
      const rejected = faults.some(({ fault }) => fault.kind === 'reject550' && same(fault.address, address.address));
      if (rejected) done(refusal(550, 'No such user here'));
      else if (take('greylist451')) done(refusal(451, 'Greylisted, try again later'));
      else done();
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        if (take('drop')) {
          for (const connection of server.connections) if (connection.session.id === session.id) connection.close();
          return;
        }
        if (stream.sizeExceeded) {
          done(refusal(552, 'Message exceeds the size limit'));
          return;
        }
        const raw = Buffer.concat(chunks);
        const mail: ReceivedMail = {
          ...parseMail(raw),
          at: options.clock.now(),
          from: session.envelope.mailFrom === false ? '' : session.envelope.mailFrom.address,
          to: session.envelope.rcptTo.map((recipient) => recipient.address),
          secure: session.secure,
          user: typeof session.user === 'string' && session.user !== '' ? session.user : null,
          raw: raw.toString('utf8'),
        };
        mails.push(mail);
        if (mails.length > keep) mails.shift();
        options.onMail?.(mail);
        done(null, 'Message accepted');
      });
    },
  });
  // A client that is gone is no concern of ours.
  server.on('error', () => undefined);

  const inject = (fault: SmtpFault): Cancel => {
    const entry = { fault, left: ('times' in fault ? fault.times : undefined) ?? Infinity };
    faults.push(entry);
    showStartTls();
    return () => {
      faults = faults.filter((other) => other !== entry);
      showStartTls();
    };
  };
  // Neither offered nor done: some clients ask for it even where it is not offered.
  const showStartTls = (): void => {
    const refused = certificate === null || active('refuseStartTls') !== undefined;
    server.options.disabledCommands = refused ? ['STARTTLS'] : [];
  };
  showStartTls();
  for (const fault of options.faults ?? []) inject(fault);

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
  return {
    port: (server.server.address() as AddressInfo).port,
    ca: certificate?.cert ?? null,
    mails,
    inject,
    clear: () => {
      faults = [];
      showStartTls();
      mails.length = 0;
    },
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
const refusal = (responseCode: number, message: string): Error => Object.assign(new Error(message), { responseCode });
