// What an SMTP failure means: for good, for now, or perhaps delivered after all.
import { oneLine } from '../render.ts';
import { failed, retry } from './channel.ts';
import type { FailureReason, SendResult } from './channel.ts';

/** The parts of nodemailer's errors that are read. */
export interface MailError extends Error {
  readonly code?: string | undefined;
  /** the socket's own word, under nodemailer's ESOCKET */
  readonly originalCode?: string | undefined;
  readonly command?: string | undefined;
  readonly responseCode?: number | undefined;
  readonly recipient?: string | undefined;
  readonly rejectedErrors?: readonly MailError[] | undefined;
}

/** `isWhole`: the server had been given all of it. */
export function resultOfMailError(to: string, error: MailError, isWhole: boolean): SendResult {
  const message = oneLine(error.message).slice(0, 300);
  const status = error.responseCode;
  const onRecipient = error.command === 'RCPT TO';
  // 503 speaks of the session and not of the mail
  if (status !== undefined && status >= 500 && status !== 503 && error.code !== 'ETLS')
    return failed(
      to,
      onRecipient ? 'RecipientRefused' : error.code === 'EAUTH' ? 'AuthRefused' : 'ClientError',
      message,
    );
  return retry(to, reasonOf(error), message, { uncertain: isWhole && status === undefined });
}

function reasonOf(error: MailError): FailureReason {
  if (error.responseCode !== undefined && error.code !== 'ETLS') return 'ServerError';
  if (/CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS|ERR_SSL/.test(error.originalCode ?? '')) return 'TlsFailed';
  switch (error.code) {
    case 'ETIMEDOUT':
      return 'Timeout';
    case 'EABORT':
      return error.message.includes('timeout') ? 'Timeout' : 'Interrupted';
    case 'ETLS':
    case 'EREQUIRETLS':
      return 'TlsFailed';
    case 'EAUTH':
    case 'ENOAUTH':
      return 'AuthRefused';
    case 'ECONNECTION':
    case 'ESOCKET':
    case 'EDNS':
    case 'EPROTOCOL':
      return 'Unreachable';
    default:
      return 'Unexpected';
  }
}
