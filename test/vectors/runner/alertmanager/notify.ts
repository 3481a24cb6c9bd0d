// alertmanager: what an answer means, why something failed, what is cut, what is sent and remembered, and when it is tried again.
import type { Alert } from '../../../../src/alerts/alert.ts';
import { periodOf } from '../../../../src/alerts/alert.ts';
import { backoffAfter } from '../../../../src/alerts/backoff.ts';
import { knownTo } from '../../../../src/alerts/ledger/told-entry.ts';
import { failed, retry } from '../../../../src/alerts/channels/channel.ts';
import { reasonOfStatus, resultOfAnswer } from '../../../../src/alerts/channels/http-results.ts';
import { recordLife } from '../../../../src/alerts/dedup.ts';
import { decideFlush } from '../../../../src/alerts/plan-notification.ts';
import { cutToBytes, cutToCharacters } from '../../../../src/alerts/truncate.ts';
import { later, minutes, seconds } from '../../../../src/model/units.ts';
import type { Instant, Milliseconds } from '../../../../src/model/units.ts';
import { aStory } from '../../../alerts/recorder.ts';
import { wholeAdapter, type Compared, type Fields } from '../vector.ts';

const now = Date.UTC(2026, 0, 1) as Instant;

interface Answer {
  readonly status: number;
  readonly body: string | null;
  readonly retry: boolean;
  readonly error: string | null;
}

export const retrierCase = wholeAdapter<{ whole: Answer }>(({ status, body, retry: again, error }) => {
  const result = resultOfAnswer('any', 'it', { status, body: body ?? '', headers: {} }, now);
  const says = result.status === 'sent' ? '' : result.message;
  return {
    expected: { retry: again, error: error !== null, saysWhy: true },
    got: {
      retry: result.status === 'retry',
      error: result.status !== 'sent',
      saysWhy: error === null || (says.includes(String(status)) && says.includes(body ?? '')),
    },
  };
});

/** Ours are finer: a limit that was reached is a mistake of the client's too. */
const reasons: Readonly<Record<string, string>> = {
  AuthRefused: 'authError',
  ClientError: 'clientError',
  RateLimited: 'clientError',
  ServerError: 'serverError',
  Unexpected: 'other',
};

export const failureReasonCase = wholeAdapter<{ whole: { readonly status: number; readonly reason: string } }>(
  ({ status, reason }) => ({ expected: { reason }, got: { reason: reasons[reasonOfStatus(status)] } }),
);

interface Truncation {
  readonly input: string;
  readonly n: number;
  readonly runes?: Fields;
  readonly bytes?: Fields;
}

export const truncateCase = wholeAdapter<{ whole: Truncation }>(({ input, n, runes, bytes }) => {
  const [byCharacters, byBytes] = [cutToCharacters(input, n), cutToBytes(input, n)];
  return {
    expected: { ...(runes && { runes }), ...(bytes && { bytes }) },
    got: {
      runes: { out: byCharacters.text, truncated: byCharacters.truncated },
      bytes: { out: byBytes.text, truncated: byBytes.truncated },
    },
  };
});

interface Filtering {
  readonly send_resolved: boolean;
  readonly alerts: readonly { readonly id: number; readonly state: string }[];
  readonly expect_sent: readonly number[];
  readonly expect_passed_on: readonly number[];
  readonly expect_notifier_called?: boolean;
}

interface Failing {
  readonly notifier: { readonly retry: boolean; readonly error: string | null };
  readonly cancel_during?: boolean;
  readonly expect: Fields;
}

export const retryStageCase = wholeAdapter<{ whole: Filtering | Failing }>((whole) =>
  'notifier' in whole ? failing(whole) : filtering(whole),
);

/** What is passed on is what is remembered as told. All that has ended was told before. */
function filtering(whole: Filtering): Compared {
  const alerts = whole.alerts.map(({ id, state }): Alert => ({
    fingerprint: String(id),
    labels: { id: String(id) },
    annotations: {},
    since: now,
    ended: state === 'resolved' ? now : null,
    accepted: now,
  }));
  const idOf = (period: string): number => Number(period.split('@')[0]);
  const decision = decideFlush({
    alerts,
    isMuted: () => false,
    mutedBefore: new Set(),
    to: ['any'],
    endsOnly: new Set(),
    sendResolved: whole.send_resolved,
    repeat: minutes(60),
    open: undefined,
    heldTo: new Set(),
    toldTo: () => ({ firing: alerts.filter(({ ended }) => ended !== null).map(periodOf), resolved: [], at: now }),
    now,
  });
  const kept = decision.notify === null ? decision.silently.flatMap(({ entry }) => [entry]) : [decision];
  return {
    expected: {
      sent: whole.expect_sent,
      passedOn: whole.expect_passed_on,
      ...(whole.expect_notifier_called !== undefined && { called: whole.expect_notifier_called }),
    },
    got: {
      sent: (decision.notify?.alerts ?? []).map(({ fingerprint }) => Number(fingerprint)),
      passedOn: kept.flatMap(({ firing, resolved }) => [...firing, ...resolved].map(idOf)).sort(),
      called: decision.notify !== null,
    },
  };
}

const oneReceiver = `
route: { receiver: any, group_wait: 0s }
receivers: [{ name: any, webhook_configs: [{ url: 'http://127.0.0.1:1' }] }]
`;

/** Through the pipeline, with a channel that answers as the case says. */
async function failing({ notifier, cancel_during: isCancelled, expect }: Failing): Promise<Compared> {
  let attempts = 0;
  const story = aStory(oneReceiver, (to) => {
    attempts += 1;
    if (notifier.error === null) return null;
    if (isCancelled === true) void story.pipeline.stop(0 as Milliseconds);
    if (!notifier.retry) return failed(to, 'ClientError', notifier.error);
    return retry(to, isCancelled === true ? 'Interrupted' : 'Unreachable', notifier.error);
  });
  await story.pipeline.tell(
    [{ labels: { alertname: 'A' }, annotations: {}, state: 'firing', since: '2026-01-01T00:00:00Z' }],
    story.clock.now(),
  );
  await story.pass(minutes(2), seconds(1));
  const { open, recent, told } = story.ledger.state;
  const recipients = [...open.values(), ...recent].flatMap((one) => [...one.recipients.values()]);
  const { error_contains: contains, error, ...rest } = expect;
  const shortfall = recipients.find(({ state }) => state !== 'sent');
  await story.pipeline.stop(0 as Milliseconds);
  return {
    expected: {
      ...rest,
      ...((contains !== undefined || error !== undefined) && { error: contains !== undefined || error === true }),
    },
    got: {
      attempts,
      error: shortfall?.message === notifier.error,
      // what was refused is no news that he has had: it is told at the next flush
      log_updated: [...told.values()].some((entry) => knownTo(entry) !== undefined),
      failure_reason: shortfall?.reason === 'Interrupted' ? 'contextCanceled' : shortfall?.reason,
    },
  };
}

interface Backoff {
  readonly initial_interval_ms: number;
  readonly randomization_factor: number;
  readonly max_interval_ms: number;
  readonly base_sequence_ms: readonly number[];
}

const nearlyOne = 1 - 1e-9;

/** In whole milliseconds. */
export const backoffCase = wholeAdapter<{ whole: Backoff }>((whole) => {
  const {
    initial_interval_ms: first,
    randomization_factor: spread,
    max_interval_ms: longest,
    base_sequence_ms: base,
  } = whole;
  return {
    expected: {
      base: base.map(Math.round),
      spread: [Math.round(first * (1 - spread)), Math.round(first * (1 + spread))],
      longest: [Math.round(longest * (1 - spread)), Math.round(longest * (1 + spread))],
    },
    got: {
      base: base.map((_, index) => backoffAfter(index + 1, 0.5)),
      spread: [backoffAfter(1, 0), backoffAfter(1, nearlyOne)],
      longest: [backoffAfter(100, 0), backoffAfter(100, nearlyOne)],
    },
  };
});

export const setNotifiesCase = wholeAdapter<{
  whole: { readonly repeat_interval_s: number; readonly expect_expiry_s: number };
}>(({ repeat_interval_s: repeat, expect_expiry_s: expiry }) => ({
  expected: { expiry },
  got: { expiry: (later(now, recordLife(seconds(repeat))) - now) / 1000 },
}));
