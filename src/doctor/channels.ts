// Whether those who are to be told can be: a login at every mail server, the credential of every SMS gateway; nothing is sent.
import { mailLoginsOf } from '../alerts/channels/mail-login.ts';
import { proveGateway } from '../alerts/channels/sms/prove.ts';
import type { Clock } from '../clock.ts';
import type { AlertsDocument } from '../model/config.ts';
import { eachLimited } from '../parallel.ts';
import type { Check } from './diagnose.ts';

const atOnce = 4;

async function mailChecks(document: AlertsDocument): Promise<readonly Check[]> {
  return eachLimited(mailLoginsOf(document), atOnce, async ({ server, attempt }): Promise<Check> => {
    const why = await attempt();
    return why === null
      ? { state: 'ok', code: 'mail', facts: { what: server } }
      : { state: 'fail', code: 'mailRefused', facts: { what: server, why } };
  });
}

async function smsChecks({ sms_gateways: gateways }: AlertsDocument, clock: Clock): Promise<readonly Check[]> {
  return eachLimited(gateways, atOnce, async (gateway): Promise<Check> => {
    const proof = await proveGateway(gateway, clock);
    const facts = { name: gateway.name };
    switch (proof.state) {
      case 'proven':
        return { state: 'ok', code: 'sms', facts };
      case 'open':
        return { state: 'warn', code: 'smsUnproven', facts: { ...facts, why: proof.why } };
      case 'refused':
        return { state: 'fail', code: 'smsRefused', facts: { ...facts, why: proof.why } };
    }
  });
}

/** Who receives what is in alerts.yaml: only gateways and servers that it names are asked. */
export async function channelChecks(document: AlertsDocument, clock: Clock): Promise<readonly Check[]> {
  const [mails, texts] = await Promise.all([mailChecks(document), smsChecks(document, clock)]);
  return [...mails, ...texts];
}
