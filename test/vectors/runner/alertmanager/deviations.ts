// Where our alerts decide otherwise on purpose: see ../deviations.ts. What the facts themselves call a mistake of upstream's is marked.
import type { Rule } from '../deviations.ts';

export const alertRules: readonly (Rule & { readonly upstreamMistake?: true })[] = [
  {
    name: 'mails-reach-whom-they-can',
    upstreamMistake: true,
    covers: ({ file, array, got }) =>
      file === 'alertmanager/email' &&
      array === 'live_0_25' &&
      (got['othersGetIt'] === true ? got['retried'] === false : got['empty'] === false && got['sentAgain'] === false),
  },
  {
    name: 'too-many-requests-may-come-again',
    covers: ({ file, array, input, got }) =>
      file === 'alertmanager/notify' && array === 'http_retrier' && input['status'] === 429 && got['retry'] === true,
  },
  {
    name: 'records-outlive-repeats',
    upstreamMistake: true,
    covers: ({ file, array, input, got }) =>
      file === 'alertmanager/notify' &&
      array === 'set_notifies' &&
      Number(got['expiry']) >= 2 * Number(input['repeat_interval_s']),
  },
];
