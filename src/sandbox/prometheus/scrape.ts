// Scraping on the clock: targets hand out samples, the store gets them with `up` and stale markers.
import type { Cancel, Clock } from '../../clock.ts';
import type { Instant, Milliseconds } from '../../model/units.ts';
import { LabelSet, metricName } from './labels.ts';
import type { Series } from './series.ts';
import type { SeriesStore } from './store.ts';

export interface ScrapedSample {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

export type Scrape = () => Iterable<ScrapedSample>;

export interface Target {
  readonly labels: Readonly<Record<string, string>>;
  readonly health: 'unknown' | 'up' | 'down';
  readonly lastError: string;
  readonly lastScrape: Instant | null;
  /** As if nothing listened there: up is 0 and its series end. */
  markDown(): void;
  markUp(): void;
}

class ScrapedTarget implements Target {
  readonly labels: Readonly<Record<string, string>>;
  health: Target['health'] = 'unknown';
  lastError = '';
  lastScrape: Instant | null = null;
  reachable = true;
  readonly scrape: Scrape;
  /** The series of the last scrape: what is missing in the next one ends. */
  current = new Set<Series>();

  constructor(labels: Readonly<Record<string, string>>, scrape: Scrape) {
    this.labels = labels;
    this.scrape = scrape;
  }

  markDown(): void {
    this.reachable = false;
  }

  markUp(): void {
    this.reachable = true;
  }
}

const sweepEvery = 20;

export class Scraper {
  readonly #store: SeriesStore;
  readonly #clock: Clock;
  readonly #interval: Milliseconds;
  readonly #retention: Milliseconds;
  readonly #paused: () => boolean;
  readonly #targets = new Set<ScrapedTarget>();
  #ticks = 0;
  #cancel: Cancel = () => undefined;

  constructor(
    store: SeriesStore,
    options: { clock: Clock; interval: Milliseconds; retention: Milliseconds; paused: () => boolean },
  ) {
    this.#store = store;
    this.#clock = options.clock;
    this.#interval = options.interval;
    this.#retention = options.retention;
    this.#paused = options.paused;
    this.#schedule(0 as Milliseconds);
  }

  get targets(): readonly Target[] {
    return [...this.#targets];
  }

  add(labels: Readonly<Record<string, string>>, scrape: Scrape): Target {
    const target = new ScrapedTarget({ ...labels }, scrape);
    this.#targets.add(target);
    return target;
  }

  /** Its series end at once, `up` included. */
  remove(target: Target): void {
    for (const known of this.#targets) {
      if (known !== target) continue;
      this.#targets.delete(known);
      const now = this.#clock.now();
      for (const series of known.current) series.add(now, NaN, true);
    }
  }

  stop(): void {
    this.#cancel();
  }

  #schedule(delay: Milliseconds): void {
    this.#cancel = this.#clock.after(delay, () => {
      this.#schedule(this.#interval);
      this.#tick();
    });
  }

  #tick(): void {
    const now = this.#clock.now();
    if (!this.#paused()) for (const target of this.#targets) this.#scrape(target, now);
    if (++this.#ticks % sweepEvery === 0) this.#store.dropOlderThan(now, this.#retention);
  }

  #scrape(target: ScrapedTarget, now: Instant): void {
    const seen = new Set<Series>();
    const write = (name: string, labels: Readonly<Record<string, string>>, value: number): void => {
      const series = this.#store.series(LabelSet.from({ ...labels, ...target.labels, [metricName]: name }));
      series.add(now, value);
      seen.add(series);
    };
    target.lastScrape = now;
    const samples = collect(target);
    for (const { name, labels = {}, value } of samples ?? []) write(name, exported(labels, target.labels), value);
    write('up', {}, samples === null ? 0 : 1);
    write('scrape_samples_scraped', {}, samples?.length ?? 0);
    for (const series of target.current) if (!seen.has(series)) series.add(now, NaN, true);
    target.current = seen;
  }
}

/** null: the scrape failed, and nothing of it counts. */
function collect(target: ScrapedTarget): readonly ScrapedSample[] | null {
  try {
    if (!target.reachable) throw new Error('connection refused');
    const samples = [...target.scrape()];
    target.health = 'up';
    target.lastError = '';
    return samples;
  } catch (error) {
    target.health = 'down';
    target.lastError = error instanceof Error ? error.message : String(error);
    return null;
  }
}

/** The target's own labels win; a sample's label of the same name is kept under another one. */
function exported(
  labels: Readonly<Record<string, string>>,
  own: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  if (!Object.keys(labels).some((name) => name in own)) return labels;
  return Object.fromEntries(
    Object.entries(labels).map(([name, value]) => [name in own ? `exported_${name}` : name, value]),
  );
}
