// The decision journal: written beside the ticks and never in their way. What cannot be written is counted, and told once.
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import type { TargetMemory } from '../model/memory.ts';
import type { Outcome } from '../model/outcome.ts';
import type { PendingPods, Plan } from '../model/plan.ts';
import { targetKey, type TargetKey } from '../model/target.ts';
import { instantOf, minutes, type Instant, type Milliseconds } from '../model/units.ts';
import { inSlices } from '../slices.ts';
import {
  groupKey,
  nodeKey,
  podKey,
  standingsOf,
  substanceOf,
  waitingKey,
  type JournalEntry,
  type NodeEntry,
} from './entry.ts';
import { dayOf, fileOf, journalLimits, prune, type JournalLimits } from './files.ts';

export interface JournalTick {
  readonly number: number;
  readonly plan: Plan;
  readonly outcomes: readonly Outcome[];
  readonly targets: Readonly<Record<TargetKey, TargetMemory>>;
}

export interface JournalCounts {
  readonly written: number;
  /** over a day's limit, or more than the disk could take in */
  readonly dropped: number;
  readonly failed: number;
}

export interface DecisionJournal {
  /** Takes what has changed and returns at once; it never throws. */
  write(tick: JournalTick): void;
  /** Resolves when all that was taken is in the files, or given up. */
  close(): Promise<void>;
  readonly counts: JournalCounts;
}

export interface JournalOptions {
  readonly directory: string;
  readonly log: { warn(facts: object, text: string): void };
  readonly limits?: JournalLimits;
}

/** A decision that stays the same is written anew this often, with its numbers. */
const heartbeat = minutes(10);
/** With more of them they come less often, so that a day's heartbeats stay under 30 MiB. */
const oftenEnough = 100;
/** Ticks: a disk that hangs must not fill the memory instead. What still holds is in the next tick again. */
const mostWaiting = 4;
/** What is written in one piece. */
const batch = 100;

const afterwards = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Last {
  readonly substance: string;
  readonly at: Instant;
}

interface OpenFile {
  readonly day: string;
  readonly handle: FileHandle;
  size: number;
}

export function openJournal(options: JournalOptions): DecisionJournal {
  return new Journal(options);
}

class Journal implements DecisionJournal {
  readonly #options: JournalOptions;
  readonly #limits: JournalLimits;
  #last = new Map<string, Last>();
  readonly #waiting: JournalTick[] = [];
  #writing: Promise<void> | null = null;
  #file: OpenFile | null = null;
  #counts = { written: 0, dropped: 0, failed: 0 };
  /** the trouble that has been told already */
  #told: string | null = null;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#limits = options.limits ?? journalLimits;
  }

  get counts(): JournalCounts {
    return { ...this.#counts };
  }

  write(tick: JournalTick): void {
    if (this.#waiting.length < mostWaiting) this.#waiting.push(tick);
    else this.#counts.dropped += tick.plan.pods.length + tick.plan.nodes.length;
    this.#writing ??= this.#pump();
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#release();
  }

  async #pump(): Promise<void> {
    for (;;) {
      // The tick that brought them ends first.
      await afterwards();
      const tick = this.#waiting.shift();
      if (tick === undefined) break;
      await this.#keep(tick);
    }
    this.#writing = null;
  }

  /** In small batches: thousands of targets are told apart and written without holding anybody up. */
  async #keep(tick: JournalTick): Promise<void> {
    const news = await inSlices(this.#newsOf(tick));
    for (let index = 0; index < news.length; index += batch)
      await this.#tryAppend(dayOf(tick.plan.time), news.slice(index, index + batch));
  }

  *#newsOf(tick: JournalTick): Generator<undefined, readonly JournalEntry[]> {
    const { pods, nodes, pending = [] } = tick.plan;
    const kept = nodes.reduce((sum, decision) => sum + decision.kept.length, 0);
    const entries = pods.length + nodes.length + kept + pending.length;
    const every = (heartbeat * Math.ceil(Math.max(1, entries) / oftenEnough)) as Milliseconds;
    const seen = new Map<string, Last>();
    const news: JournalEntry[] = [];
    for (const entry of entriesOf(tick)) {
      if (this.#isNews(entry, every, seen)) news.push(entry);
      yield;
    }
    news.push(...this.#endings(tick, seen));
    this.#last = seen;
    return news;
  }

  /** Whose pods have all found a place: told once, so that nobody reads of a wait that is over. */
  #endings({ number, plan }: JournalTick, seen: ReadonlyMap<string, Last>): readonly JournalEntry[] {
    const { time, configHash, nodes, pendingLeftOut } = plan;
    // What was not looked at, or has no space in the plan, has not ended.
    if (pendingLeftOut !== undefined || nodes.some(({ reason }) => reason === 'KubernetesUnreadable')) return [];
    return [...this.#last.keys()].flatMap((key): JournalEntry[] => {
      const [what, namespace = '', kind = '', name = ''] = key.split('/');
      if (what !== 'waiting' || seen.has(key)) return [];
      const decision: PendingPods = {
        pod: { namespace, name },
        owner: { namespace, kind, name },
        pods: 0,
        names: [],
        since: null,
        ordered: [],
        why: [],
      };
      return [{ time, tick: number, key, configHash, tier: 'waiting', decision }];
    });
  }

  #isNews(entry: JournalEntry, every: Milliseconds, seen: Map<string, Last>): boolean {
    const now = instantOf(entry.time) ?? (0 as Instant);
    const substance = substanceOf(entry);
    const last = this.#last.get(entry.key);
    const stays = last?.substance === substance && now - last.at < every && now >= last.at;
    // The first of them are taken for older than they are, each differently: their heartbeats are spread out.
    const at = last === undefined ? ((now - spread(entry.key, every)) as Instant) : now;
    seen.set(entry.key, stays ? last : { substance, at });
    return !stays;
  }

  async #tryAppend(day: string, entries: readonly JournalEntry[]): Promise<void> {
    try {
      await this.#append(day, entries);
    } catch (thrown) {
      this.#counts.failed += entries.length;
      this.#tell('failed', { err: thrown }, 'the decision journal cannot be written; decisions go on without it');
      await this.#release();
    }
  }

  async #append(day: string, entries: readonly JournalEntry[]): Promise<void> {
    const file = this.#file?.day === day ? this.#file : await this.#begin(day);
    if (file.size >= this.#limits.dayBytes) {
      this.#counts.dropped += entries.length;
      this.#tell(`full ${day}`, { day, bytes: file.size }, 'the decision journal of this day is full');
      return;
    }
    const text = await inSlices(linesOf(entries));
    await file.handle.appendFile(text);
    file.size += Buffer.byteLength(text);
    this.#counts.written += entries.length;
    if (this.#told === 'failed') this.#told = null;
  }

  async #begin(day: string): Promise<OpenFile> {
    const { directory } = this.#options;
    await this.#release();
    await mkdir(directory, { recursive: true });
    await prune(directory, day, this.#limits);
    const handle = await open(fileOf(directory, day), 'a', 0o600);
    const file: OpenFile = { day, handle, size: 0 };
    this.#file = file;
    const { size } = await handle.stat();
    // Whatever was torn off at its end stays a line of its own.
    if (size > 0) await handle.appendFile('\n');
    file.size = size;
    return file;
  }

  async #release(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    await file?.handle.close().catch(() => undefined);
  }

  #tell(what: string, facts: object, text: string): void {
    if (this.#told === what) return;
    this.#told = what;
    this.#options.log.warn({ directory: this.#options.directory, ...facts }, text);
  }
}

function* linesOf(entries: readonly JournalEntry[]): Generator<undefined, string> {
  let text = '';
  for (const entry of entries) {
    text += `${JSON.stringify(entry)}\n`;
    yield;
  }
  return text;
}

function* entriesOf({ number, plan, outcomes, targets }: JournalTick): Generator<JournalEntry, undefined> {
  const { time, configHash } = plan;
  const scales = new Map(
    outcomes.flatMap((outcome) => (outcome.kind === 'scale' ? [[targetKey(outcome.target), outcome] as const] : [])),
  );
  const others = outcomes.filter((outcome) => outcome.kind !== 'scale');
  const ofGroup = (name: string): NodeEntry['outcomes'] => others.filter(({ nodeGroup }) => nodeGroup === name);
  const taken = new Set<string>();
  for (const decision of plan.pods) {
    const key = podKey(decision);
    // Claimed twice: the other policy's decision says the same.
    if (taken.has(key)) continue;
    taken.add(key);
    const outcome = scales.get(key) ?? null;
    yield { time, tick: number, key, configHash, tier: 'pods', decision, outcome, memory: targets[key] ?? null };
  }
  for (const decision of plan.nodes) {
    const key = groupKey(decision.nodeGroup);
    yield { time, tick: number, key, configHash, tier: 'nodes', decision, outcomes: ofGroup(decision.nodeGroup) };
    for (const standing of standingsOf(decision))
      yield { time, tick: number, key: nodeKey(standing.node), configHash, tier: 'node', decision: standing };
  }
  for (const decision of plan.pending ?? [])
    yield { time, tick: number, key: waitingKey(decision.owner), configHash, tier: 'waiting', decision };
  return undefined;
}

function spread(key: string, over: number): number {
  let hash = 0;
  for (let index = 0; index < key.length; index++) hash = (hash * 31 + key.charCodeAt(index)) >>> 0;
  return hash % over;
}
