// A number and where it is going, and the range that it may move in.
import { useWords } from './words.ts';

export function Change({ from, to }: { from: number | null; to: number | null }) {
  const { number, say } = useWords();
  if (to === null || to === from) return <span class="change">{number(from)}</span>;
  const direction = from === null || to > from ? 'up' : 'down';
  return (
    <span class={`change ${direction}`}>
      {number(from)}
      <span aria-hidden="true"> → </span>
      <span class="unseen"> {say('page.to')} </span>
      <b>{number(to)}</b>
    </span>
  );
}

interface Span {
  readonly min: number | null;
  readonly max: number | null;
  readonly current: number | null;
  readonly desired: number | null;
}

/** From the minimum to the maximum: what is there as a filled bar, what is wanted as a mark. */
export function Range({ min, max, current, desired }: Span) {
  const { say } = useWords();
  if (min === null || max === null || max <= 0 || current === null) return null;
  const share = (value: number): number => Math.min(100, Math.max(0, (100 * value) / max));
  return (
    <span class="range">
      <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
        <rect class="all" x="0" y="1.5" width="100" height="3" />
        <rect class="floor" x="0" y="1.5" width={share(min)} height="3" />
        <rect class="filled" x="0" y="1.5" width={share(current)} height="3" />
        {desired === null || desired === current ? null : (
          <rect class="wanted" x={Math.max(0, share(desired) - 1.6)} y="0" width="1.6" height="6" />
        )}
      </svg>
      <span class="quiet">{say('page.range', { min, max })}</span>
    </span>
  );
}
