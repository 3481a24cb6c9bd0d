// The inboxes of the embedded world: real mail by nodemailer, real texts over HTTP, and each way in which they fail.
import { createTransport } from 'nodemailer';
import { afterEach, describe, expect, it } from 'vitest';
import { createHttpClient } from '../../../src/clients/http/client.ts';
import { ClientError } from '../../../src/clients/http/error.ts';
import type { Instant, Milliseconds } from '../../../src/model/units.ts';
import { VirtualClock } from '../../../src/sandbox/clock.ts';
import { startSmsInbox } from '../../../src/sandbox/inbox/sms.ts';
import { startSmtpInbox } from '../../../src/sandbox/inbox/smtp.ts';
import type { SmtpInbox, SmtpInboxOptions } from '../../../src/sandbox/inbox/smtp.ts';

const start = Date.parse('2026-11-20T08:00:00Z') as Instant;
const clock = new VirtualClock(start);
const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function inboxWith(options: Partial<SmtpInboxOptions> = {}): Promise<SmtpInbox> {
  const inbox = await startSmtpInbox({ clock, ...options });
  stops.push(() => inbox.stop());
  return inbox;
}

function send(
  inbox: SmtpInbox,
  mail: object = {},
  transport: object = {},
): Promise<{ accepted: unknown[]; rejected: unknown[] }> {
  const mailer = createTransport({
    host: '127.0.0.1',
    port: inbox.port,
    connectionTimeout: 2_000,
    socketTimeout: 2_000,
    requireTLS: inbox.ca !== null,
    ...(inbox.ca !== null && { tls: { ca: inbox.ca } }),
    ...transport,
  });
  return mailer.sendMail({
    from: 'springtide@bank.cn',
    to: 'zhang@bank.cn',
    subject: 'hello',
    text: 'hi',
    ...mail,
  });
}

describe('the mailbox', () => {
  it('reads what arrives over a TLS connection that the client verified', async () => {
    const inbox = await inboxWith();
    const text = `资源池已达上限：default-worker 20/20 = 100 %\n${'long line '.repeat(20)}é\n`;
    const subject = '告警：资源池已达上限 default-worker，请处理，集群 pay-sh-07（严重）';
    await send(inbox, { to: ['zhang@bank.cn', 'li@bank.cn'], subject, text, html: '<p>上限 ü</p>' });
    expect(inbox.mails).toHaveLength(1);
    expect(inbox.mails[0]).toMatchObject({
      at: start,
      from: 'springtide@bank.cn',
      to: ['zhang@bank.cn', 'li@bank.cn'],
      subject,
      secure: true,
    });
    expect(inbox.mails[0]?.text.replaceAll('\r\n', '\n').trimEnd()).toBe(text.trimEnd());
    expect(inbox.mails[0]?.html.trim()).toBe('<p>上限 ü</p>');
    expect(inbox.mails[0]?.headers['message-id']).toMatch(/@bank\.cn>$/);
  });

  it('knows its account, and keeps no more than it shall', async () => {
    const inbox = await inboxWith({ account: { user: 'u', password: 'p' }, keep: 1 });
    await expect(send(inbox, {}, { auth: { user: 'u', pass: 'x' } })).rejects.toMatchObject({ responseCode: 535 });
    await send(inbox, { subject: '1' }, { auth: { user: 'u', pass: 'p' } });
    await send(inbox, { subject: '2' }, { auth: { user: 'u', pass: 'p' } });
    expect(inbox.mails.map(({ subject, user }) => [subject, user])).toEqual([['2', 'u']]);
  });

  it('speaks plainly where it has no certificate', async () => {
    const inbox = await inboxWith({ tls: 'none' });
    await send(inbox);
    expect(inbox.mails[0]).toMatchObject({ secure: false, subject: 'hello' });
    await expect(send(inbox, {}, { requireTLS: true })).rejects.toThrow();
  });

  it('puts off, refuses one of several, cuts, and hides STARTTLS', async () => {
    const inbox = await inboxWith({ faults: [{ kind: 'greylist451', times: 1 }] });
    await expect(send(inbox)).rejects.toMatchObject({ responseCode: 451 });
    const pardon = inbox.inject({ kind: 'reject550', address: 'Gone@bank.cn' });
    const sent = await send(inbox, { to: ['gone@bank.cn', 'li@bank.cn'] });
    expect(sent).toMatchObject({ accepted: ['li@bank.cn'], rejected: ['gone@bank.cn'] });
    pardon();
    inbox.inject({ kind: 'drop', times: 1 });
    await expect(send(inbox)).rejects.toThrow();
    const show = inbox.inject({ kind: 'refuseStartTls' });
    await expect(send(inbox)).rejects.toThrow();
    show();
    await send(inbox, { to: 'gone@bank.cn' });
    expect(inbox.mails.map((mail) => mail.to)).toEqual([['li@bank.cn'], ['gone@bank.cn']]);
  });
});

describe('the text gateway', () => {
  it('keeps texts, and fails in each of its ways', async () => {
    const inbox = await startSmsInbox({ clock, key: 'k' });
    stops.push(() => inbox.stop());
    const http = createHttpClient({ name: 'SMS', headers: { authorization: 'Bearer k' } });
    const post = (body: unknown) =>
      http.request({ method: 'POST', url: inbox.url, body, deadline: 200 as Milliseconds });
    const codeOf = (sent: Promise<unknown>) =>
      sent.then(
        () => null,
        (error: unknown) => (error instanceof ClientError ? error.code : error),
      );
    expect((await post({ to: '+8613800000000', text: '告警', sign: 's' })).json()).toEqual({ code: '0', id: 'sms-1' });
    expect(inbox.messages).toMatchObject([
      { at: start, id: 'sms-1', to: '+8613800000000', text: '告警', body: { sign: 's' } },
    ]);
    expect(await codeOf(post({ to: '1' }))).toBe('BadRequest');
    expect(await codeOf(http.request({ method: 'POST', url: inbox.url, headers: { authorization: 'x' } }))).toBe(
      'Unauthorized',
    );
    const text = { to: '1', text: 'x' };
    for (const [kind, code] of [
      ['http500', 'ServerFault'],
      ['http429', 'TooManyRequests'],
      ['hang', 'Timeout'],
    ] as const) {
      inbox.inject({ kind, times: 1 });
      expect(await codeOf(post(text))).toBe(code);
    }
    inbox.inject({ kind: 'businessError', times: 1, code: '42' });
    expect((await post(text)).json()).toMatchObject({ code: '42' });
    expect((await post(text)).json()).toMatchObject({ code: '0' });
    expect(inbox.messages).toHaveLength(2);
    http.close();
  });
});
