// Silences: set, ended early, listed, and forgotten long after their end; each change is durable before it is said to be done.
import type { Clock } from '../clock.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { LedgerRecord } from './ledger/records.ts';
import type { Muting } from './muting.ts';
import { expireSilence, isForgotten, setSilence } from './silence.ts';
import type { Silence, SilenceInput } from './silence.ts';

export type SilenceOutcome =
  { readonly ok: true; readonly id: string } | { readonly ok: false; readonly code: string; readonly message: string };

export interface Silencer {
  all(): readonly Silence[];
  /** Rejects where it could not be made durable. */
  set(input: SilenceInput): Promise<SilenceOutcome>;
  expire(id: string): Promise<'done' | 'unknown'>;
}

interface Parts {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly muting: Muting;
  readonly newId: () => string;
  /** others are silenced from now on */
  readonly onChange: () => void;
}

export function createSilencer({ clock, ledger, muting, newId, onChange }: Parts): Silencer {
  const { state } = ledger;

  async function keep(changed: readonly Silence[]): Promise<void> {
    const now = clock.now();
    const forgotten = [...state.silences.values()].filter((one) => isForgotten(one, now)).map(({ id }) => id);
    const records: LedgerRecord[] = [
      ...forgotten.map((id) => ({ kind: 'silenceForgotten' as const, id })),
      ...changed.map((silence) => ({ kind: 'silence' as const, silence })),
    ];
    for (const id of forgotten) muting.forgetSilence(id);
    for (const silence of changed) muting.silence(silence);
    onChange();
    await ledger.append(records);
  }

  return {
    all: () => [...state.silences.values()].filter((one) => !isForgotten(one, clock.now())),
    set: async (input) => {
      const result = setSilence(state.silences, input, clock.now(), newId);
      if (!result.ok) return result;
      await keep(result.changed);
      return { ok: true, id: result.id };
    },
    expire: async (id) => {
      const known = state.silences.get(id);
      if (known === undefined) return 'unknown';
      // where it has ended already: nobody knows whether that was written
      await keep([expireSilence(known, clock.now()) ?? known]);
      return 'done';
    },
  };
}
