// springtide alerts send-test: a message that says that it is a test, to everybody of one receiver.
import type { Command } from 'commander';
import { withDaemon, withDaemonOptions, type AlertDaemon, type DaemonOptions, type Surroundings } from './daemon.ts';
import { jsonText, linesText, recipientText, voiceOf } from './words.ts';

export function addSendTest(alerts: Command, around: Surroundings): void {
  withDaemonOptions(
    alerts
      .command('send-test')
      .description('a test message to everybody of a receiver, the later steps of its escalation too, at once and once')
      .argument('<receiver>', 'its name in alerts.yaml')
      .addHelpText('after', '\nExit codes: 0 every channel has taken it, 1 at least one has not.'),
  ).action((receiver: string, options: DaemonOptions) =>
    withDaemon(options, (daemon) => sendTest(daemon, receiver, options, around)),
  );
}

async function sendTest(
  daemon: AlertDaemon,
  receiver: string,
  options: DaemonOptions,
  { clock, print, exit }: Surroundings,
): Promise<void> {
  const results = await daemon.sendTest(receiver);
  if (results.length === 0 || results.some(({ outcome }) => outcome === 'failed')) exit(1);
  if (options.output === 'json') {
    print(jsonText({ receiver, results }));
    return;
  }
  const { say } = voiceOf(daemon.texts, options, clock.now());
  const lines = results.map(({ channel, to, outcome, reason, message, providerId }) =>
    say(`test.${outcome}`, {
      who: recipientText(channel, to),
      why: [reason, message].filter((one) => one !== null).join(': '),
      id: providerId ?? '-',
    }),
  );
  print(linesText(lines.length === 0 ? [say('test.nobody', { receiver })] : lines));
}
