// What a telephone number and a mail address look like: for files that are loaded, and for messages that are sent.

const mailAddress = /^[^\s@<>,;:"()[\]\\\p{Cc}]+@[^\s@<>,;:"()\\\p{Cc}]+$/u;
const number = /^\+?\d{3,20}$/;

/** Without what people write between the digits; null: it is none. */
export function phoneNumberIn(written: string): string | null {
  const digits = written.replace(/[\s()-]/g, '');
  return number.test(digits) ? digits : null;
}

const mainland = '86';
const mainlandMobile = /^1\d{10}$/;

/** Whose numbers are written without a country: the mainland's, or nobody's. */
export type Home = typeof mainland | null;

/** Country and number without a plus, whichever way it is written: one telephone has one of these. */
export function wholeNumber(written: string, home: Home): string {
  const digits = written.replace(/^(?:\+|00)/, '');
  return home !== null && digits === written && mainlandMobile.test(digits) ? `${home}${digits}` : digits;
}

/** As within the mainland; null: it is of elsewhere. */
export const mainlandNumberIn = (whole: string): string | null =>
  whole.startsWith(mainland) && mainlandMobile.test(whole.slice(mainland.length)) ? whole.slice(mainland.length) : null;

/** Of a country, and in the mainland it would be another one's: +1 310 555 0123. */
export const isMistakenForMainland = (whole: string): boolean => mainlandMobile.test(whole);

/** `zhang@bank.cn` or `Zhang <zhang@bank.cn>`; null: it is none. */
export function mailAddressIn(written: string): string | null {
  const address = /<([^<>]+)>$/.exec(written)?.[1] ?? written;
  return mailAddress.test(address) ? address : null;
}

export interface Sender {
  readonly name: string;
  readonly address: string;
}

/** `springtide@bank.cn` or `Duty <springtide@bank.cn>`, and one of them; null: no mail can come from it. */
export function senderIn(written: string): Sender | null {
  const [, name = '', bracketed] = /^(.*?)<([^<>]+)>$/.exec(written.trim()) ?? [];
  const address = bracketed ?? written.trim();
  if (!/^[^\s@<>,;\p{Cc}]+@[^\s@<>,;\p{Cc}]+$/u.test(address)) return null;
  return { name: name.replace(/^\s*"|"\s*$/g, ''), address };
}
