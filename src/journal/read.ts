// Looking things up in the decision journal: what was decided at a time, since when, and what came next.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { instantOf, type Instant, rfc3339 } from '../model/units.ts';
import { substanceOf, type JournalEntry } from './entry.ts';
import { dayOf, fileOf, journalDays } from './files.ts';

export interface InForce {
  /** the newest at or before the time that was asked for */
  readonly entry: JournalEntry;
  /** the first that said the same, as far back as its day goes */
  readonly since: string;
  /** the first after it that says something else; null: there is none yet */
  readonly next: JournalEntry | null;
}

const tiers: ReadonlySet<unknown> = new Set<JournalEntry['tier']>(['pods', 'nodes', 'node', 'waiting']);

/** What is no whole entry is passed over: a crash tears the last line. */
function entryIn(line: string): JournalEntry | null {
  try {
    const entry = JSON.parse(line) as Partial<JournalEntry> | null;
    const whole = instantOf(entry?.time) !== null && typeof entry?.decision === 'object' && entry.decision !== null;
    return whole && tiers.has(entry.tier) ? (entry as JournalEntry) : null;
  } catch {
    return null;
  }
}

async function* linesOf(file: string): AsyncGenerator<string, void> {
  const input = createReadStream(file);
  try {
    yield* createInterface({ input, crlfDelay: Infinity });
  } catch (thrown) {
    // Taken away by its own age between the look into the directory and now.
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown;
  } finally {
    input.destroy();
  }
}

async function* entriesFor(file: string, key: string): AsyncGenerator<JournalEntry, void> {
  // Most lines are somebody else's: they are not even parsed.
  const mark = `"key":${JSON.stringify(key)}`;
  for await (const line of linesOf(file)) {
    if (!line.includes(mark)) continue;
    const entry = entryIn(line);
    if (entry?.key === key) yield entry;
  }
}

interface Scan {
  found: JournalEntry | null;
  since: string;
  next: JournalEntry | null;
}

/** Goes on with what is found so far; true: there is no more to learn. */
async function scan(file: string, key: string, at: Instant, sofar: Scan): Promise<boolean> {
  for await (const entry of entriesFor(file, key)) {
    const same = sofar.found !== null && substanceOf(sofar.found) === substanceOf(entry);
    if ((instantOf(entry.time) ?? Infinity) <= at) {
      if (!same) sofar.since = entry.time;
      sofar.found = entry;
    } else if (sofar.found !== null && !same) {
      sofar.next = entry;
      return true;
    }
  }
  return false;
}

/** null: nothing about it was written at or before that time. */
export async function inForceAt(directory: string, key: string, at: Instant): Promise<InForce | null> {
  const days = await journalDays(directory);
  const asked = dayOf(rfc3339(at));
  const sofar: Scan = { found: null, since: '', next: null };
  let ended = false;
  for (const day of days.filter((one) => one <= asked).reverse()) {
    ended = await scan(fileOf(directory, day), key, at, sofar);
    if (sofar.found !== null) break;
  }
  if (sofar.found === null) return null;
  const from = dayOf(sofar.found.time);
  for (const day of days.filter((one) => one > from))
    if (ended) break;
    else ended = await scan(fileOf(directory, day), key, at, sofar);
  return { entry: sofar.found, since: sofar.since, next: sofar.next };
}

export interface Mentioned {
  readonly keys: ReadonlySet<string>;
  /** the days that there are files of, the oldest first */
  readonly days: readonly string[];
}

/** Whose decisions the journal holds around that time: the day that is asked for and the one before it. */
export async function mentionedAt(directory: string, at: Instant): Promise<Mentioned> {
  const days = await journalDays(directory);
  const asked = dayOf(rfc3339(at));
  const keys = new Set<string>();
  for (const day of days.filter((one) => one <= asked).slice(-2))
    for await (const line of linesOf(fileOf(directory, day))) {
      const key = /^\{"time":"[^"]+","tick":\d+,"key":"([^"]+)"/.exec(line)?.[1];
      if (key !== undefined) keys.add(key);
    }
  return { keys, days };
}

/** Every whole entry from the day of `since` on, with what was in force before it, in the order they were written. */
export async function* entriesSince(directory: string, since: Instant): AsyncGenerator<JournalEntry, void> {
  const days = await journalDays(directory);
  const asked = dayOf(rfc3339(since));
  // The day before knows what stood when the day began.
  const first = days.filter((day) => day < asked).at(-1) ?? asked;
  for (const day of days.filter((one) => one >= first))
    for await (const line of linesOf(fileOf(directory, day))) {
      const entry = entryIn(line);
      if (entry !== null) yield entry;
    }
}
