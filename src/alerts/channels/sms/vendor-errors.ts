// What the vendors' codes mean: come back later, mend the configuration, look at the account, or try again.
import type { Instant, Milliseconds } from '../../../model/units.ts';
import { failed, retry } from '../channel.ts';
import type { FailureReason, SendResult } from '../channel.ts';

export type VendorVerdict =
  | { readonly kind: 'taken' }
  /** the number, the application or the account has had its share of this window */
  | { readonly kind: 'limited'; readonly window: LimitWindow }
  /** will be refused again as it is */
  | { readonly kind: 'refused'; readonly reason: FailureReason }
  /** no money, no contract: refused until somebody has seen to it */
  | { readonly kind: 'account' }
  | { readonly kind: 'transient' };

export type LimitWindow = 'second' | 'halfMinute' | 'minute' | 'hour' | 'day' | 'month';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** the vendors count days by the clock of Beijing */
const beijing = 8 * hour;
/** a day that is used up is asked again now and then: a limit may be raised, a window may roll */
const longestWait = 4 * hour;
const accountWait = 10 * minute;

/** Until the window is over, as the vendor counts it. */
export function waitFor(window: LimitWindow, now: Instant): Milliseconds {
  const untilNext = (length: number): number => length - ((now + beijing) % length);
  switch (window) {
    case 'second':
      return 2_000 as Milliseconds;
    case 'halfMinute':
      return 31_000 as Milliseconds;
    case 'minute':
      return minute as Milliseconds;
    case 'hour':
      return Math.max(minute, untilNext(hour) + 5_000) as Milliseconds;
    case 'day':
      return Math.min(longestWait, untilNext(day) + minute) as Milliseconds;
    case 'month':
      return longestWait as Milliseconds;
  }
}

export function resultOfVerdict(to: string, verdict: VendorVerdict, message: string, now: Instant): SendResult {
  switch (verdict.kind) {
    case 'taken':
      return { to, status: 'sent', providerId: null };
    case 'limited':
      return retry(to, 'RateLimited', message, { retryAfter: waitFor(verdict.window, now) });
    case 'refused':
      return failed(to, verdict.reason, message);
    case 'account':
      return retry(to, 'AccountRefused', message, { retryAfter: accountWait as Milliseconds });
    case 'transient':
      return retry(to, 'ServerError', message);
  }
}

const limited = (window: LimitWindow): VendorVerdict => ({ kind: 'limited', window });
const refused = (reason: FailureReason): VendorVerdict => ({ kind: 'refused', reason });
const account: VendorVerdict = { kind: 'account' };
const transient: VendorVerdict = { kind: 'transient' };

/** By Code; where the code does not say which window, the words do: 触发小时级流控Permits:5. */
export function aliyunVerdict(code: string, message: string): VendorVerdict {
  switch (code) {
    case 'OK':
      return { kind: 'taken' };
    case 'isv.BUSINESS_LIMIT_CONTROL':
      return limited(
        /分钟/.test(message) ? 'minute' : /小时/.test(message) ? 'hour' : /天/.test(message) ? 'day' : 'hour',
      );
    case 'isv.DAY_LIMIT_CONTROL':
      return limited('day');
    case 'isv.MONTH_LIMIT_CONTROL':
      return limited('month');
    case 'isv.OUT_OF_SERVICE':
    case 'isv.AMOUNT_NOT_ENOUGH':
    case 'isv.PRODUCT_UN_SUBSCRIPT':
    case 'isv.PRODUCT_UNSUBSCRIBE':
    case 'isv.ACCOUNT_ABNORMAL':
    case 'isv.ACCOUNT_NOT_EXISTS':
      return account;
    case 'isp.SYSTEM_ERROR':
    case 'isp.UNKNOWN_ERR_CODE':
    case 'ServiceUnavailable':
    case 'InternalError':
    case 'SignatureNonceUsed':
      return transient;
    case 'isv.MOBILE_NUMBER_ILLEGAL':
      return refused('RecipientRefused');
    case 'isp.RAM_PERMISSION_DENY':
    case 'isv.DENY_IP_RANGE':
    case 'SignatureDoesNotMatch':
    case 'IncompleteSignature':
    case 'InvalidTimeStamp.Expired':
    case 'Forbidden.RAM':
      return refused('AuthRefused');
    default:
      if (code.startsWith('Throttling')) return limited('second');
      if (code.startsWith('InvalidAccessKeyId') || code.startsWith('InvalidSecurityToken'))
        return refused('AuthRefused');
      return refused('ClientError');
  }
}

/** Of a number (SendStatusSet) or of the whole request (Error): the codes are of one family. */
export function tencentVerdict(code: string): VendorVerdict {
  switch (code) {
    case 'Ok':
      return { kind: 'taken' };
    case 'LimitExceeded.PhoneNumberThirtySecondLimit':
      return limited('halfMinute');
    case 'LimitExceeded.PhoneNumberOneHourLimit':
      return limited('hour');
    case 'LimitExceeded.DeliveryFrequencyLimit':
      return limited('minute');
    case 'RequestLimitExceeded':
      return limited('second');
    case 'FailedOperation.InsufficientBalanceInSmsPackage':
      return account;
    case 'FailedOperation.PhoneNumberInBlacklist':
    case 'InvalidParameterValue.IncorrectPhoneNumber':
      return refused('RecipientRefused');
    default:
      if (code.startsWith('LimitExceeded.')) return limited('day');
      if (code.startsWith('RequestLimitExceeded.')) return limited('second');
      if (code === 'InternalError' || code.startsWith('InternalError.')) return transient;
      if (/^(?:AuthFailure|UnauthorizedOperation)(?:\.|$)/.test(code)) return refused('AuthRefused');
      return refused('ClientError');
  }
}

const twilioRecipients: ReadonlySet<number> = new Set([21211, 21408, 21608, 21610, 21612, 21614, 21635]);

/** By the error's own number, else by the status. */
export function twilioVerdict(status: number, code: number | null): VendorVerdict {
  // the queue of this sender is full for hours
  if (code === 21611) return limited('hour');
  // what the account may send in a day
  if (code === 63038) return limited('day');
  if (code === 20429 || status === 429) return limited('second');
  if (status >= 500) return transient;
  if (code === 20003 || status === 401 || status === 403) return refused('AuthRefused');
  return refused(code !== null && twilioRecipients.has(code) ? 'RecipientRefused' : 'ClientError');
}
