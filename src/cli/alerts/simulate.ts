// springtide alerts simulate: events in, one line out for every attempt to tell somebody.
import path from 'node:path';
import { loadConfigOrThrow } from '../../config/load.ts';
import { parseDuration } from '../../config/schema/scalars.ts';
import type { Config } from '../../model/config.ts';
import { messageOf, SpringtideError } from '../../model/errors.ts';
import type { Language } from '../../model/texts.ts';
import { readAlertEvents, type AlertEvents } from '../../simulate/alert-events.ts';
import { billOf, lineOf } from '../../simulate/alert-line.ts';
import { simulateAlerts } from '../../simulate/alerts.ts';
import { fileText } from '../file-text.ts';

interface SimulateOptions {
  readonly config: string;
  readonly events: string;
  readonly until: string;
  readonly lang?: Language;
}

export async function simulate({ config: directory, events: file, until, lang }: SimulateOptions): Promise<void> {
  const length = parseDuration(until);
  if (length === null)
    throw new SpringtideError({
      code: 'UsageInvalid',
      where: '--until',
      what: `"${until}" is no duration`,
      mend: 'write 30m, 24h or 7d',
    });
  const load = (from: string): Promise<Config> => loadConfigOrThrow(from, lang === undefined ? {} : { language: lang });
  const config = await load(directory);
  const { alerts, texts } = config;
  const events = readAlertEvents(await eventsText(file), file);
  const others = await reloaded(events, file === '-' ? '.' : path.dirname(file), load);
  const { attempts, problems } = await simulateAlerts(alerts, texts, events, {
    until: length,
    documentIn: (name) => others.get(name)?.alerts ?? alerts,
    rulesIn: (name) => (name === null ? config : (others.get(name) ?? config)).rules,
    prometheusUrl: config.daemon.prometheus.url,
  });
  const bill = billOf(attempts);
  if (bill !== null) process.stderr.write(`${file}: ${bill}\n`);
  for (const problem of problems) process.stderr.write(`${file}: ${problem}\n`);
  process.stdout.write(attempts.map((attempt) => `${JSON.stringify(lineOf(attempt, events.start))}\n`).join(''));
}

async function eventsText(file: string): Promise<string> {
  try {
    return await fileText(file);
  } catch (error) {
    throw new SpringtideError({
      code: 'UsageInvalid',
      where: file,
      what: `it cannot be read: ${messageOf(error)}`,
      mend: 'name a file of events with --events FILE',
      cause: error,
    });
  }
}

/** The directories that the events name, as seen from their file: read before the play begins. */
async function reloaded(
  { events }: AlertEvents,
  from: string,
  load: (directory: string) => Promise<Config>,
): Promise<ReadonlyMap<string, Config>> {
  const names = new Set(events.flatMap((event) => (event.op === 'reload' ? (event.config ?? []) : [])));
  const found = new Map<string, Config>();
  for (const name of names) found.set(name, await load(path.resolve(from, name)));
  return found;
}
