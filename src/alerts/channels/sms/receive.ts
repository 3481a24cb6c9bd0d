// The end of the way for a posted delivery report: finds its gateway, reads its secret, takes what it says.
import type { AlertsDocument } from '../../../model/config.ts';
import { messageOf } from '../../../model/errors.ts';
import { readCredential, readSecret } from '../secrets.ts';
import { takeReceipts } from './receipts.ts';
import type { ReceiptRequest, ReceivedReceipts } from './receipts.ts';

type Gateway = AlertsDocument['sms_gateways'][number];

export async function receiveReceipts(
  document: AlertsDocument,
  gatewayName: string,
  request: ReceiptRequest,
): Promise<ReceivedReceipts> {
  const gateway = document.sms_gateways.find(({ name }) => name === gatewayName);
  if (gateway === undefined) return nothing(404, 'there is no such gateway');
  try {
    return takeReceipts(gateway, request, await secretOf(gateway));
  } catch (error) {
    // asked again later: the vendors repeat what was not answered with 200
    return nothing(503, `receipts of ${gatewayName} cannot be checked yet: ${messageOf(error)}`);
  }
}

function secretOf({ aliyun, tencent, twilio, http }: Gateway): Promise<string | null> {
  if (twilio !== undefined) return readCredential(twilio, 'authToken');
  const token = (aliyun ?? tencent ?? http)?.receipts?.token;
  return token === undefined ? Promise.resolve(null) : readSecret(token);
}

/** What is answered so is sent again by its vendor. */
export const comeAgain: ReceivedReceipts['answer'] = {
  status: 503,
  contentType: 'application/json; charset=utf-8',
  body: JSON.stringify({ message: 'it is not kept yet: send it again' }),
};

const nothing = (status: number, problem: string): ReceivedReceipts => ({
  receipts: [],
  answer: { status, contentType: 'application/json; charset=utf-8', body: JSON.stringify({ message: problem }) },
  problem,
});
