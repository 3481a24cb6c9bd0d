// What stories of reloads say: who is told by which file, what he was told of the alert that is down, and what is left in the ledger.
import type { Story } from './recorder.ts';

export const byInstance = (text: string): string =>
  text.replace('group_by: [alertname]', 'group_by: [alertname, instance]');

export const sms = (...names: readonly string[]): string =>
  `sms_configs: [{ to: [${names.join(', ')}], send_resolved: true }]`;

export const ofDown = (story: Story, from = 0): readonly string[] =>
  story.taken
    .slice(from)
    .filter(({ delivery }) => delivery.notice.alerts.some(({ labels }) => labels['alertname'] === 'Down'))
    .map(({ to, firing, resolved }) => [to, ...firing, ...resolved.map((name) => `-${name}`)].join(' '));

/** What is owed, and what is known of what is over. */
export const left = ({ ledger: { state } }: Story): readonly string[] => [
  ...state.open.keys(),
  ...[...state.told.keys()].filter((key) => key.includes('Down')),
];
