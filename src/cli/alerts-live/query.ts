// springtide alerts status, query: what fires, who hears of it, and what keeps it back.
import type { Command } from 'commander';
import type { CentralView } from '../../alerts/central.ts';
import type { ShownAlert, ShownSilence } from './answers.ts';
import { withDaemon, withDaemonOptions, type AlertDaemon, type DaemonOptions, type Surroundings } from './daemon.ts';
import { alertText, filtersOf, jsonText, linesText, voiceOf, type Voice } from './words.ts';

type Kind = 'active' | 'silenced' | 'inhibited' | 'muted';

type QueryOptions = DaemonOptions & Readonly<Partial<Record<Kind, true>>>;

export function addQueries(alerts: Command, around: Surroundings): void {
  withDaemonOptions(alerts.command('status').description('the daemon, and how much fires for each receiver')).action(
    (options: DaemonOptions) => withDaemon(options, (daemon) => status(daemon, options, around)),
  );
  withDaemonOptions(
    alerts
      .command('query')
      .description('the alerts that fire, and what keeps each of them back')
      .argument('[matchers...]', 'NAME=VALUE, !=, =~, !~; a first word without any of them is the name of an alert')
      .option('--active', 'those that nothing keeps back')
      .option('--silenced', 'those that are silenced')
      .option('--inhibited', 'those that a graver one inhibits')
      .option('--muted', 'those outside of the hours of their routes')
      .addHelpText('after', '\nSeveral of --active, --silenced, --inhibited, --muted: any of them; none: all alerts.'),
  ).action((words: string[], options: QueryOptions) =>
    withDaemon(options, (daemon) => query(daemon, words, options, around)),
  );
}

async function status(daemon: AlertDaemon, options: DaemonOptions, { clock, print }: Surroundings): Promise<void> {
  // one by one: where it cannot be reached, the first says why
  const known = await daemon.status();
  const [receivers, alerts] = await Promise.all([daemon.receivers(), daemon.alerts([])]);
  const counts = receivers.map(({ name }) => ({
    receiver: name,
    ...countsOf(alerts.filter((alert) => alert.receivers.some((one) => one.name === name))),
  }));
  const total = countsOf(alerts);
  const { version } = known.versionInfo;
  const { central = null } = known;
  if (options.output === 'json') {
    print(jsonText({ url: daemon.url, version, since: known.uptime, central, ...total, receivers: counts }));
    return;
  }
  const { say, time } = voiceOf(daemon.texts, options, clock.now());
  print(
    linesText([
      say('status.daemon', { version, url: daemon.url, since: time(known.uptime) }),
      ...(central === null ? [] : centralLines(central, { say, time })),
      say('status.total', total),
      ...counts.map((one) => `  ${say('status.receiver', one)}`),
    ]),
  );
}

function centralLines(
  { host, tells, heard, problem, refuses }: CentralView,
  { say, time }: Pick<Voice, 'say' | 'time'>,
): readonly string[] {
  const line = say(`status.central.${tells}`, { host, heard: time(heard), why: problem ?? '' });
  // an older daemon does not say
  if (refuses?.count === undefined) return [line];
  const { count, labels, why } = refuses;
  return [line, `  ${say('status.central.refuses', { count, alert: alertText(labels), why })}`];
}

function countsOf(alerts: readonly ShownAlert[]): { count: number; active: number; suppressed: number } {
  const active = alerts.filter((alert) => kindsOf(alert).includes('active')).length;
  return { count: alerts.length, active, suppressed: alerts.length - active };
}

function kindsOf({ status: { silencedBy, inhibitedBy, mutedBy = [] } }: ShownAlert): readonly Kind[] {
  const kinds: Kind[] = [
    ...(silencedBy.length > 0 ? ['silenced' as const] : []),
    ...(inhibitedBy.length > 0 ? ['inhibited' as const] : []),
    ...(mutedBy.length > 0 ? ['muted' as const] : []),
  ];
  return kinds.length === 0 ? ['active'] : kinds;
}

async function query(
  daemon: AlertDaemon,
  words: readonly string[],
  options: QueryOptions,
  { clock, print }: Surroundings,
): Promise<void> {
  const filters = filtersOf(words);
  const wanted = (['active', 'silenced', 'inhibited', 'muted'] as const).filter((kind) => options[kind] === true);
  const matching = await daemon.alerts(filters);
  const found = matching.filter((alert) => wanted.length === 0 || kindsOf(alert).some((kind) => wanted.includes(kind)));
  if (options.output === 'json') {
    print(jsonText(found));
    return;
  }
  const isBack = found.some((alert) => !kindsOf(alert).includes('active'));
  const [all, silences] = isBack ? await Promise.all([daemon.alerts([]), daemon.silences([])]) : [[], []];
  const voice = voiceOf(daemon.texts, options, clock.now());
  const lines = found.flatMap((alert) => alertLines(alert, { all, silences }, voice));
  print(linesText(lines.length === 0 ? [voice.say('query.none')] : lines));
}

interface Others {
  readonly all: readonly ShownAlert[];
  readonly silences: readonly ShownSilence[];
}

function alertLines(alert: ShownAlert, others: Others, voice: Voice): string[] {
  const { say, time } = voice;
  const state = kindsOf(alert).includes('active') ? 'active' : 'suppressed';
  const receivers = alert.receivers.map(({ name }) => name).join(', ');
  return [
    `${alert.fingerprint}  ${say(`state.${state}`)}  ${alertText(alert.labels)}`,
    `    ${say('query.since', { since: time(alert.startsAt), receivers })}`,
    ...backLines(alert.status, others, voice).map((line) => `    ${line}`),
  ];
}

/** What keeps it back, by name. */
export function backLines(
  { silencedBy, inhibitedBy, mutedBy = [] }: Omit<ShownAlert['status'], 'state'>,
  { all, silences }: Others,
  { say, time }: Voice,
): string[] {
  return [
    ...silencedBy.map((id) => {
      const silence = silences.find((one) => one.id === id);
      return say('back.silenced', {
        id,
        by: silence?.createdBy ?? '?',
        until: silence === undefined ? '?' : time(silence.endsAt),
        comment: silence?.comment ?? '',
      });
    }),
    ...inhibitedBy.map((fingerprint) => {
      const source = all.find((one) => one.fingerprint === fingerprint);
      return say('back.inhibited', { fingerprint, alert: source === undefined ? '?' : alertText(source.labels) });
    }),
    ...(mutedBy.length === 0 ? [] : [say('back.hours', { names: mutedBy.join(', ') })]),
  ];
}
