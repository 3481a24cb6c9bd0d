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
];
