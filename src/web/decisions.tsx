// The last decisions: what changed or was refused, why, and what became of it.
import { useState } from 'preact/hooks';
import type { DecisionEntry } from '../model/report.ts';
import { Change } from './change.tsx';
import { useWords, type Words } from './words.ts';

const shownAtFirst = 7;

type Result = 'good' | 'bad' | 'warn' | 'quiet';
function resultOf({ action, outcome }: DecisionEntry): { readonly look: Result; readonly name: string } {
  switch (outcome?.status) {
    case 'succeeded':
      return { look: 'good', name: 'succeeded' };
    case 'failed':
      return { look: 'bad', name: 'failed' };
    case 'refused':
      return { look: 'warn', name: 'refused' };
    case 'dryRun':
      return { look: 'quiet', name: 'dryRun' };
    case undefined:
      return action === 'refused' ? { look: 'warn', name: 'refused' } : { look: 'quiet', name: 'none' };
  }
}

/** One line for ears: shop/web, from 4 to 8: … */
export const spoken = ({ say, explain, number }: Words, entry: DecisionEntry): string =>
  say('page.news', {
    subject: entry.node ?? entry.subject,
    from: number(entry.from),
    to: number(entry.to),
    why: explain(entry.reason, entry.facts, entry.message),
  });

function Entry({ entry }: { entry: DecisionEntry }) {
  const { say, explain, clock } = useWords();
  const { look, name } = resultOf(entry);
  const why = explain(entry.reason, entry.facts, entry.message);
  return (
    <li class={look}>
      <p class="line">
        <time dateTime={entry.lastTime}>{clock(entry.lastTime)}</time>
        <span class={`tier ${entry.tier}`}>{say(`page.tier.${entry.tier}`)}</span>
        <b class="subject">{entry.subject}</b>
        {entry.step === undefined ? (
          <Change from={entry.from} to={entry.to} />
        ) : (
          <span>{say(`page.drain.${entry.step}`, { node: entry.node ?? '' })}</span>
        )}
        <span class="result">
          {say(`page.outcome.${name}`)}
          {entry.times > 1 ? <span class="quiet"> ×{entry.times}</span> : null}
        </span>
      </p>
      <p class="why">
        {why}
        {entry.outcome?.message === undefined ? null : (
          <span class="trouble">
            {' '}
            {entry.outcome.code}: {entry.outcome.message}
          </span>
        )}
      </p>
    </li>
  );
}

export function Decisions({ entries }: { entries: readonly DecisionEntry[] }) {
  const { say } = useWords();
  const [all, setAll] = useState(false);
  const shown = all ? entries : entries.slice(0, shownAtFirst);
  return (
    <section class="card" id="decisions" aria-labelledby="decisions-title">
      <h2 id="decisions-title">{say('page.decisions')}</h2>
      {entries.length === 0 ? <p class="quiet">{say('page.decisions.none')}</p> : null}
      <ol class="entries">
        {shown.map((entry) => (
          <Entry key={entry.id} entry={entry} />
        ))}
      </ol>
      {entries.length > shownAtFirst ? (
        <button type="button" class="more" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? say('page.less') : say('page.more', { count: entries.length - shownAtFirst })}
        </button>
      ) : null}
    </section>
  );
}
