// Finding a target among many: a part of its name, and how it stands.
import { standings, type Choice, type Sought } from './standing.ts';
import { useWords } from './words.ts';

interface Props {
  readonly sought: Sought;
  readonly counts: Readonly<Record<Choice, number>>;
  readonly onSeek: (sought: Sought) => void;
}

export function Search({ sought, counts, onSeek }: Props) {
  const { say, number } = useWords();
  const choices: readonly Choice[] = ['all', ...standings];
  return (
    <div class="search">
      <input
        type="search"
        value={sought.text}
        placeholder={say('page.search')}
        aria-label={say('page.search')}
        onInput={(event) => onSeek({ ...sought, text: event.currentTarget.value })}
      />
      <div class="filters" role="group" aria-label={say('page.filter')}>
        {choices.map((choice) =>
          counts[choice] === 0 && choice !== 'all' && choice !== sought.standing ? null : (
            <button
              key={choice}
              type="button"
              class={`filter is-${choice}`}
              aria-pressed={choice === sought.standing}
              onClick={() => onSeek({ ...sought, standing: choice })}
            >
              {say(`page.standing.${choice}`)} <b>{number(counts[choice])}</b>
            </button>
          ),
        )}
      </div>
    </div>
  );
}
