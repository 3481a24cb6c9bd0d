// A delivery receipt of an SMS centre: in the words of its text, or in parameters of their own.
import type { Receipt } from './receipt.ts';

/** As the package decodes it. */
export type DeliverSm = Readonly<Record<string, unknown>>;

export type SmppReceipt = Pick<Receipt, 'providerId' | 'to' | 'status' | 'code'>;

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

interface Message {
  /** the identifier that the ledger knows: that of the first part */
  providerId: string | null;
  /** parts whose receipt is not in yet */
  readonly left: Set<string>;
  /** all parts are taken */
  isWhole: boolean;
  /** what came before that */
  readonly early: SmppReceipt[];
}

/** One message while its parts are given to the centre. */
export interface Submission {
  /** The centre has taken a part by this identifier. */
  taken(id: string): void;
  /** Nothing more is given: all parts are taken, or it is given up. */
  end(isWhole: boolean): void;
}

export interface PartsTable {
  begin(): Submission;
  settle(receipt: SmppReceipt): void;
}

const most = 20_000;

/** Parts of messages until their receipts are in, the oldest forgotten; told is one receipt a message, when all of it has been taken. */
export function createPartsTable(tell: (receipt: SmppReceipt) => void): PartsTable {
  const parts = new Map<string, Message>();
  const underWay = new Set<Message>();
  /** of nothing that is known: it may be faster than the answer to one of these */
  const strangers = new Map<SmppReceipt, Set<Message>>();

  const known = (id: string): string | undefined => spellings(id).find((one) => parts.has(one));

  function settle(receipt: SmppReceipt): void {
    const id = known(receipt.providerId);
    const message = id === undefined ? undefined : parts.get(id);
    if (id === undefined || message === undefined) {
      // taken before a restart: told as it is
      if (underWay.size === 0 || strangers.size >= most) tell(receipt);
      else strangers.set(receipt, new Set(underWay));
      return;
    }
    if (!message.isWhole) {
      if (message.early.length < most) message.early.push(receipt);
      return;
    }
    const told = { ...receipt, providerId: message.providerId ?? id };
    if (receipt.status !== 'unknown') {
      parts.delete(id);
      message.left.delete(id);
      // a part of several has arrived, and the others have not
      if (receipt.status === 'delivered' && message.left.size > 0) return;
      message.left.forEach((left) => parts.delete(left));
    }
    tell(told);
  }

  function begin(): Submission {
    const message: Message = { providerId: null, left: new Set(), isWhole: false, early: [] };
    underWay.add(message);
    return {
      taken(id) {
        message.providerId ??= id;
        message.left.add(id);
        parts.set(id, message);
        for (const oldest of parts.keys()) {
          if (parts.size <= most) break;
          parts.delete(oldest);
        }
        for (const receipt of strangers.keys())
          if (spellings(receipt.providerId).includes(id)) {
            strangers.delete(receipt);
            message.early.push(receipt);
          }
      },
      end(isWhole) {
        underWay.delete(message);
        message.isWhole = isWhole;
        if (!isWhole) message.left.forEach((id) => parts.delete(id));
        if (isWhole) message.early.splice(0).forEach(settle);
        for (const [receipt, waitsFor] of strangers) {
          waitsFor.delete(message);
          if (waitsFor.size > 0) continue;
          strangers.delete(receipt);
          tell(receipt);
        }
      },
    };
  }

  return { begin, settle };
}

/** Some centres answer in hexadecimal and report in decimal, or the other way round. */
function spellings(id: string): readonly string[] {
  const others = [id];
  if (/^\d{1,20}$/.test(id)) {
    const hex = BigInt(id).toString(16);
    others.push(hex, hex.toUpperCase(), BigInt(id).toString());
  }
  if (/^[0-9a-f]{1,16}$/i.test(id)) others.push(BigInt(`0x${id}`).toString());
  return others;
}
