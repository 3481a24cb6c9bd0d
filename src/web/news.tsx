// Reads new decisions out to those who do not see the page; a burst becomes a count.
import type { DecisionEntry } from '../model/report.ts';
import { spoken } from './decisions.tsx';
import { useWords } from './words.ts';

const mostSpoken = 3;

export function News({ entries }: { entries: readonly DecisionEntry[] }) {
  const words = useWords();
  return (
    <div class="unseen" aria-live="polite" id="news">
      {entries.slice(0, mostSpoken).map((entry) => (
        <p key={entry.id}>{spoken(words, entry)}</p>
      ))}
      {entries.length > mostSpoken ? (
        <p>{words.say('page.news.more', { count: entries.length - mostSpoken })}</p>
      ) : null}
    </div>
  );
}
