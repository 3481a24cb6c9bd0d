// A delivery receipt of an SMS centre: in the words of its text, or in parameters of their own.
import type { Receipt } from './receipt.ts';

/** As the package decodes it. */
export type DeliverSm = Readonly<Record<string, unknown>>;

export type SmppReceipt = Pick<Receipt, 'providerId' | 'alsoWritten' | 'to' | 'status' | 'code'>;

const words: Readonly<Record<string, Receipt['status']>> = {
  DELIVRD: 'delivered',
  EXPIRED: 'failed',
  DELETED: 'failed',
  UNDELIV: 'failed',
  REJECTD: 'failed',
};

/** message_state 1 to 8, in the words of the text. */
const states = ['ENROUTE', 'DELIVRD', 'EXPIRED', 'DELETED', 'UNDELIV', 'ACCEPTD', 'UNKNOWN', 'REJECTD'];

/** null: something else was delivered, such as an answer from the telephone. */
export function smppReceiptOf(pdu: DeliverSm): SmppReceipt | null {
  const {
    esm_class: esmClass,
    source_addr: to,
    receipted_message_id: given,
    message_state: state,
    short_message: short,
    message_payload: payload,
  } = pdu;
  if (typeof esmClass !== 'number' || (esmClass & 0x3c) !== 0x04) return null;
  const text = textOf(short) || textOf(payload);
  const field = (name: string): string | null =>
    new RegExp(`(?:^|\\s)${name}:\\s*([^\\s]+)`, 'i').exec(text.slice(0, 1000))?.[1] ?? null;
  const identifier = typeof given === 'string' ? given.replace(/\0+$/, '') : '';
  const providerId = identifier === '' ? field('id') : identifier;
  if (providerId === null) return null;
  const named = typeof state === 'number' ? states[state - 1] : undefined;
  const stat = (field('stat') ?? named ?? 'UNKNOWN').toUpperCase();
  const error = field('err');
  return {
    providerId,
    alsoWritten: otherSpellings(providerId),
    to: typeof to === 'string' && to !== '' ? to : null,
    status: words[stat] ?? 'unknown',
    code: error === null || /^0+$/.test(error) ? stat : `${stat} ${error}`,
  };
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Buffer.isBuffer(value)) return value.toString('latin1');
  if (typeof value === 'object' && value !== null && 'message' in value) return textOf(value.message);
  return '';
}

/** Some centres answer in hexadecimal and report in decimal, or the other way round, in large letters or small ones. */
function otherSpellings(id: string): readonly string[] {
  const others = new Set<string>();
  if (/^\d{1,20}$/.test(id)) {
    const hex = BigInt(id).toString(16);
    others.add(hex).add(hex.toUpperCase()).add(BigInt(id).toString());
  }
  if (/^[0-9a-f]{1,16}$/i.test(id))
    others
      .add(id.toLowerCase())
      .add(id.toUpperCase())
      .add(BigInt(`0x${id}`).toString());
  others.delete(id);
  return [...others];
}
