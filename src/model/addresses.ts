// What a telephone number and a mail address look like: for files that are loaded, and for messages that are sent.

const mailAddress = /^[^\s@<>,;:"()[\]\\\p{Cc}]+@[^\s@<>,;:"()\\\p{Cc}]+$/u;
const number = /^\+?\d{3,20}$/;

/** Without what people write between the digits; null: it is none. */
export function phoneNumberIn(written: string): string | null {
  const digits = written.replace(/[\s()-]/g, '');
  return number.test(digits) ? digits : null;
}

/** `zhang@bank.cn` or `Zhang <zhang@bank.cn>`; null: it is none. */
export function mailAddressIn(written: string): string | null {
  const address = /<([^<>]+)>$/.exec(written)?.[1] ?? written;
  return mailAddress.test(address) ? address : null;
}
