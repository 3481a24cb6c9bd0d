// A real SMTP server and a real HTTP gateway on ports of their own, with scripted answers.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import type { SMTPServerOptions } from 'smtp-server';

export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly raw: string;
}

export interface MailServer {
  readonly port: number;
  readonly mails: readonly Mail[];
  /** the answer to RCPT by address; absent: accepted */
  readonly refusals: Map<string, { readonly code: number; readonly text: string }>;
  close(): Promise<void>;
}

export async function startMailServer(options: SMTPServerOptions = {}): Promise<MailServer> {
  const mails: Mail[] = [];
  const refusals: MailServer['refusals'] = new Map();
  const server = new SMTPServer({
    authOptional: true,
    logger: false,
    disableReverseLookup: true,
    onRcptTo: ({ address }, _session, callback) => {
      const refusal = refusals.get(address);
      if (refusal === undefined) callback();
      else callback(Object.assign(new Error(refusal.text), { responseCode: refusal.code }));
    },
    onData: (stream, session, callback) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        const from = mailFrom === false ? '' : mailFrom.address;
        mails.push({ from, to: rcptTo.map(({ address }) => address), raw: Buffer.concat(chunks).toString('utf8') });
        callback();
      });
    },
    ...options,
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve());
  });
  return {
    port: (server.server.address() as AddressInfo).port,
    mails,
    refusals,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
      }),
  };
}

export interface Answer {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Sms {
  readonly to: string;
  readonly text: string;
  readonly id: string;
}

export interface Gateway {
  readonly port: number;
  /** every request, refused ones included */
  readonly asked: readonly Sms[];
  readonly taken: readonly Sms[];
  /** answers to come, first in first out; then 200 */
  readonly script: (Answer | 'hangUp')[];
  close(): Promise<void>;
}

export async function startGateway(port = 0): Promise<Gateway> {
  const asked: Sms[] = [];
  const taken: Sms[] = [];
  const script: Gateway['script'] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const sms = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Sms;
      asked.push(sms);
      const answer = script.shift() ?? { status: 200 };
      if (answer === 'hangUp') {
        request.socket.destroy();
        return;
      }
      if (answer.status === 200) taken.push(sms);
      response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
      response.end(answer.body ?? JSON.stringify({ code: 0, id: `sms-${taken.length}` }));
    });
  });
  await new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', () => resolve()));
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    taken,
    script,
    close: () => new Promise((resolve) => void server.close(() => resolve())),
  };
}
