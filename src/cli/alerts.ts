// springtide alerts: who would be told, by the configuration alone; and what asks a running daemon.
import { Option, type Command } from 'commander';
import { languages } from '../model/texts.ts';
import { route } from './alerts/route.ts';
import { simulate } from './alerts/simulate.ts';
import { addLiveAlertCommands, terminal } from './alerts-live/commands.ts';

const exitCodes = '\nExit codes: 0 ok, 2 bad input (with what to mend).';

export function registerAlerts(program: Command): void {
  const alerts = program
    .command('alerts')
    .description('who is told and why, silences, who is on it; and who would be told, by the configuration alone');
  alerts
    .command('route')
    .description('the receivers of an alert with these labels, the routes that lead to them, and whom they tell')
    .argument('<labels...>', 'LABEL=VALUE, as the alert has them; a first word without a value is its name')
    .option('-c, --config <directory>', 'the configuration directory', 'config')
    .addOption(new Option('-o, --output <format>', 'json or text').choices(['json', 'text']).default('text'))
    .addOption(new Option('--lang <language>', 'language of the sentences').choices([...languages]))
    .addHelpText('after', exitCodes)
    .action((labels: string[], options: Parameters<typeof route>[1]) => route(labels, options, terminal));
  alerts
    .command('simulate')
    .description('play events in virtual time: every attempt to tell somebody, one JSON line each')
    .option('-c, --config <directory>', 'the configuration directory', 'config')
    .requiredOption('--events <file>', 'JSON Lines, a header first ("-": standard input)')
    .option('--until <duration>', 'for how long it is played', '24h')
    .addOption(new Option('--lang <language>', 'language of the messages').choices([...languages]))
    .addHelpText(
      'after',
      `\nEvents:
  {"start": "2026-11-11T02:00:00Z", "seed": 1}
  {"at": "0s",  "op": "push", "alerts": [{"labels": {"alertname": "Down"}, "startsAt": "0s", "endsAt": "20m"}]}
  {"at": "90s", "op": "fail", "receiver": "duty", "channel": "sms", "for": "5m"}
  {"at": "2m",  "op": "rule", "alert": "QueueLong", "answer": [{"labels": {"queue": "orders"}, "value": 900}]}
  others: silence, unsilence, ack, receipt, restart, reload, central; all fields: docs/schema/alert-events.json
${exitCodes}`,
    )
    .action(simulate);
  addLiveAlertCommands(alerts);
}
