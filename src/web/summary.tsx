// The answer to "is it all right?" in one sentence and four numbers.
import type { FiringGroups, View } from '../model/report.ts';
import { Change } from './change.tsx';
import { moodOf } from './mood.ts';
import { useWords } from './words.ts';

/** null where any part is unknown: half a sum is a wrong number. */
const sum = (numbers: readonly (number | null)[]): number | null =>
  numbers.reduce((total, next) => (total === null || next === null ? null : total + next), 0);

export function Summary({ view, firing }: { view: View; firing: FiringGroups | null }) {
  const { say, number } = useWords();
  const mood = moodOf(view, firing);
  // Of some of the targets the sum would be a wrong number: how many there are is a right one.
  const isBounded = view.podCount > view.pods.length;
  const tiles = [
    isBounded
      ? { name: 'targets', from: view.podCount, to: view.podCount }
      : {
          name: 'replicas',
          from: sum(view.pods.map((row) => row.current)),
          to: sum(view.pods.map((row) => row.desired)),
        },
    { name: 'nodes', from: sum(view.nodes.map((row) => row.current)), to: sum(view.nodes.map((row) => row.desired)) },
  ];
  return (
    <section class="summary" aria-label={say('page.summary')}>
      <p class={`headline ${mood}`}>{say(`page.headline.${mood}`)}</p>
      <dl>
        {tiles.map(({ name, from, to }) => (
          <div key={name}>
            <dt>{say(`page.sum.${name}`)}</dt>
            <dd>
              <Change from={from} to={to} />
            </dd>
          </div>
        ))}
        <div class={(view.pendingPods ?? 0) > 0 ? 'warn' : ''}>
          <dt>{say('page.sum.pending')}</dt>
          <dd>{number(view.pendingPods)}</dd>
        </div>
        <div>
          <dt>{say('page.sum.ready')}</dt>
          <dd>
            {number(view.readyNodes)}
            <span class="quiet"> / {number(view.nodeCount)}</span>
          </dd>
        </div>
      </dl>
    </section>
  );
}
