// alertmanager: a silence that is set, changed, set anew; each step is a case on what the steps before it left.
import { forgottenAt, setSilence, silenceState, type Silence } from '../../../../src/alerts/silence.ts';
import { parseMatchers } from '../../../../src/matching/matchers.ts';
import { later, seconds, since } from '../../../../src/model/units.ts';
import type { Instant } from '../../../../src/model/units.ts';
import { wholeAdapter, type Fields } from '../vector.ts';

interface Step {
  readonly at_s: number;
  readonly op: string;
  /** the facts' name of the silence, not its id */
  readonly id: string;
  readonly matchers?: readonly string[];
  readonly start_s?: number | null;
  readonly end_s?: number | null;
  readonly comment?: string;
  readonly expect: Fields;
}

interface Sequence {
  readonly retention_s: number;
  readonly steps: readonly Step[];
}

interface OneStep {
  readonly retention: number;
  readonly before: readonly Step[];
  readonly step: Step;
}

export const stepsOf = (sequence: unknown): readonly unknown[] => {
  const { steps, retention_s: retention } = sequence as Sequence;
  return steps.map((step, index): OneStep & { readonly name: string } => ({
    name: `${step.at_s} s: ${step.op}`,
    retention,
    before: steps.slice(0, index),
    step,
  }));
};

const start = Date.UTC(2026, 0, 1) as Instant;
const at = (offset: number): Instant => later(start, seconds(offset));
const offsetOf = (instant: Instant): number => since(start, instant) / 1000;

class Scene {
  readonly #known = new Map<string, Silence>();
  readonly #names = new Map<string, string>();
  #made = 0;

  find(name: string): Silence | undefined {
    return this.#known.get(this.#names.get(name) ?? '');
  }

  /** What came of it, in the words of the facts. */
  play(step: Step, retention: number): Fields {
    const now = at(step.at_s);
    const old = this.find(step.id);
    const result = setSilence(this.#known, inputOf(step, old), now, () => `id-${(this.#made += 1)}`);
    if (!result.ok) return { error: true };
    for (const one of result.changed) this.#known.set(one.id, one);
    const silence = this.#known.get(result.id);
    if (silence === undefined) throw new Error('it was not kept');
    const isNew = result.id !== old?.id;
    const name = typeof step.expect['new_id'] === 'string' ? step.expect['new_id'] : step.id;
    if (isNew) this.#names.set(name, result.id);
    const left = old === undefined ? undefined : this.#known.get(old.id);
    return {
      new_id: isNew && (step.expect['new_id'] ?? true),
      same_id: !isNew,
      start_s: offsetOf(silence.startsAt),
      end_s: offsetOf(silence.endsAt),
      comment: silence.comment,
      expires_at_s: offsetOf(forgottenAt(silence, seconds(retention))),
      // Its last instant still belongs to it.
      old: left && { end_s: offsetOf(left.endsAt), state: silenceState(left, (now + 1) as Instant) },
    };
  }
}

function inputOf(step: Step, old: Silence | undefined): Parameters<typeof setSilence>[1] {
  const { matchers, start_s: starts, end_s: ends } = step;
  const timeOf = (offset: number | null): Instant | null => (offset === null ? null : at(offset));
  return {
    id: old?.id,
    matchers: matchers === undefined ? (old?.matchers ?? []) : [matchers.flatMap((text) => parseMatchers(text))],
    startsAt: starts === undefined ? (old?.startsAt ?? null) : timeOf(starts),
    endsAt: ends === undefined ? (old?.endsAt ?? null) : timeOf(ends),
    createdBy: 'somebody',
    comment: step.comment ?? old?.comment ?? '',
  };
}

export const stepCase = wholeAdapter<{ whole: OneStep }>(({ retention, before, step }) => {
  const scene = new Scene();
  for (const one of before) scene.play(one, retention);
  const got = scene.play(step, retention);
  const states = Object.keys(step.expect).filter((key) => key.endsWith('_state'));
  const { error, ...expected } = step.expect;
  return {
    expected: { ...expected, ...(error !== undefined && { error: true }) },
    got: {
      ...got,
      ...Object.fromEntries(
        states.map((key) => {
          const silence = scene.find(key.slice(0, -'_state'.length));
          return [key, silence && silenceState(silence, at(step.at_s))];
        }),
      ),
    },
  };
});
