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
  {
    name: 'ends-only-of-what-was-announced',
    upstreamMistake: true,
    covers: ({ file, array, got }) =>
      file === 'alertmanager/acceptance' && array === 'scenarios' && got['onlyPhantomsAreMissing'] === true,
  },
  {
    name: 'reload-keeps-the-time',
    covers: ({ file, array, input, got }) =>
      file === 'alertmanager/acceptance' &&
      array === 'scenarios' &&
      (input['events'] as readonly { readonly op: string }[]).some(({ op }) => op === 'reload') &&
      got['isSooner'] === true,
  },
  {
    name: 'coming-back-is-news',
    upstreamMistake: true,
    covers: ({ file, got }) =>
      file === 'alertmanager/dedup' &&
      (got['cameBack'] as readonly string[]).length > 0 &&
      got['reason'] === 'NewAlerts',
  },
  {
    name: 'owed-until-told',
    covers: ({ file, array, expected, got }) =>
      file === 'alertmanager/dispatch' &&
      array === 'flush_context_timeout' &&
      got['given_up_after_s'] === null &&
      Number(got['tried']) > Number(expected['expect_s'] ?? 0),
  },
];
