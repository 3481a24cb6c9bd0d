// A memory or a ledger that a newer version has written: it stays as it is, people are told, and nothing is scaled by whoever cannot read it.
import type { Config } from './model/config.ts';
import { SpringtideError } from './model/errors.ts';
import { emptyMemory } from './model/memory.ts';
import { minutes } from './model/units.ts';
import type { MemoryStore } from './state/directory.ts';

export interface Opened<Kept> {
  readonly kept: Kept;
  /** why it is not what was there; null: it is */
  readonly tooNew: SpringtideError | null;
}

/** Anything else that is wrong with it still ends the term. */
export async function unlessTooNew<Kept>(open: () => Promise<Kept>, instead: () => Kept): Promise<Opened<Kept>> {
  try {
    return { kept: await open(), tooNew: null };
  } catch (thrown) {
    if (!(thrown instanceof SpringtideError) || thrown.code !== 'MemoryTooNew') throw thrown;
    return { kept: instead(), tooNew: thrown };
  }
}

/** Written over, the newer one would be lost. */
export const memoryOfThisTerm: MemoryStore = {
  load: () => Promise.resolve(emptyMemory()),
  save: () => Promise.resolve(),
};

/** The same configuration with nothing carried out: without timers and history everything would be decided as if for the first time. */
export function rehearsing(config: () => Config): () => Config {
  let known: { readonly of: Config; readonly rehearsed: Config } | null = null;
  return () => {
    const latest = config();
    if (known?.of === latest) return known.rehearsed;
    const { daemon } = latest;
    const mode = daemon.mode === 'off' ? 'off' : 'dryRun';
    known = { of: latest, rehearsed: { ...latest, daemon: { ...daemon, mode } } };
    return known.rehearsed;
  };
}

/** Beside others somebody may be able to read it: after so long he is let have his turn. */
export const turnWithoutState = minutes(5);
