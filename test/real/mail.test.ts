// Mails through a true mail server: STARTTLS, TLS from the start, logins, and one bad recipient of three.
import { describe, expect, it } from 'vitest';
import type { SendResult } from '../../src/alerts/channels/channel.ts';
import { createEmailChannel } from '../../src/alerts/channels/email.ts';
import { integrationsOf } from '../../src/alerts/integrations.ts';
import { anAlert, anAlertsDocument, aNotice, catalogue, start } from '../alerts/builders.ts';
import { startMail } from './servers/mail.ts';
import { eventually } from './servers/process.ts';
import { useServer } from './servers/suite.ts';

describe('a true mail server', () => {
  const server = useServer(() =>
    startMail({ recipients: ['duty@example.com', 'night@example.com'], logins: { springtide: 'right horse' } }),
  );
  const channel = createEmailChannel({ texts: () => catalogue('zh-CN') });

  async function sent(
    port: number,
    summary: string,
    settings: object,
    to = 'duty@example.com',
  ): Promise<readonly SendResult[]> {
    const document = anAlertsDocument(
      JSON.stringify({
        global: { smtp_smarthost: `localhost:${port}`, smtp_from: 'springtide@example.com' },
        route: { receiver: 'duty' },
        receivers: [{ name: 'duty', email_configs: [{ to, ...settings }] }],
      }),
    );
    const [integration] = integrationsOf(document, 'duty', start);
    if (integration?.channel !== 'email') throw new Error('no e-mail in the document');
    const notice = aNotice(anAlert({ summary }));
    const delivery = { id: `n${port}`, at: start, notice, text: '', to: integration.to, document };
    return channel.send({ ...delivery, signal: new AbortController().signal }, integration.settings);
  }
  const trusting = (): object => ({ tls_config: { ca_file: server().caFile } });
  const delivered = (text: string, count = 1): Promise<readonly string[]> =>
    eventually(`${count} mails that say ${text}`, () => {
      const found = server()
        .mails()
        .filter((mail) => mail.includes(text));
      return found.length >= count ? found : undefined;
    });

  it('takes a mail over STARTTLS, whole', async () => {
    const subject = { headers: { Subject: 'over STARTTLS' } };
    expect(await sent(server().startTlsPort, '节点池已满', { ...trusting(), ...subject })).toMatchObject([
      { status: 'sent' },
    ]);
    const [mail = ''] = await delivered('Subject: over STARTTLS');
    expect(mail).toMatch(/^Envelope-to: duty@example\.com$/m);
    expect(mail).toMatch(/with esmtps.*TLS1/s);
    expect(mail).toMatch(/References: <group-[0-9a-f]{16}@example\.com>/);
    expect(mail).toContain('Content-Type: text/plain');
    expect(mail).toContain('Content-Type: text/html');
  });

  it('takes one over TLS from the start', async () => {
    const settings = { ...trusting(), force_implicit_tls: true, headers: { Subject: 'over TLS' } };
    expect(await sent(server().tlsPort, 'full', settings)).toMatchObject([{ status: 'sent' }]);
    await delivered('Subject: over TLS');
  });

  it('is not spoken to when its certificate is not trusted', async () => {
    const untrusted = await sent(server().startTlsPort, 'full', { headers: { Subject: 'untrusted' } });
    expect(untrusted).toMatchObject([{ status: 'retry', reason: 'TlsFailed' }]);
    expect(
      server()
        .mails()
        .some((mail) => mail.includes('Subject: untrusted')),
    ).toBe(false);
  });

  it('knows who logs in, and refuses who does not', async () => {
    const login = (auth_password: string): object => ({
      ...trusting(),
      auth_username: 'springtide',
      auth_password,
      headers: { Subject: 'with a login' },
    });
    const port = server().loginPort;
    expect(await sent(port, 'full', login('wrong'))).toMatchObject([{ status: 'failed', reason: 'AuthRefused' }]);
    expect(await sent(port, 'full', login('right horse'))).toMatchObject([{ status: 'sent' }]);
    await delivered('Subject: with a login');
  });

  it('gives the others their mail when it refuses one of three', async () => {
    const to = 'duty@example.com, gone@example.com, night@example.com';
    const results = await sent(
      server().startTlsPort,
      'full',
      { ...trusting(), headers: { Subject: 'two of three' } },
      to,
    );
    expect(results).toEqual([
      expect.objectContaining({ to: 'duty@example.com', status: 'sent' }),
      expect.objectContaining({ to: 'gone@example.com', status: 'failed', reason: 'RecipientRefused' }),
      expect.objectContaining({ to: 'night@example.com', status: 'sent' }),
    ]);
    const mails = await delivered('Subject: two of three', 2);
    const reached = mails.map((mail) => /^Envelope-to: (.*)$/m.exec(mail)?.[1]);
    expect(reached.sort()).toEqual(['duty@example.com', 'night@example.com']);
  });
});
