// What fires, and a button for whoever is on it: the first thing to be seen at night.
import { useEffect, useState } from 'preact/hooks';
import type { FiringAnswer, FiringGroup } from '../model/report.ts';
import { ask, send } from './access.ts';
import { useWords } from './words.ts';

const namePlace = 'name';

/** Asked with every tick, and after each button. null: it was not heard yet, or this process does not lead. */
export function useFiring(
  language: string,
  tick: number | null,
  connected: boolean,
): [FiringAnswer | null, () => void] {
  const [answer, setAnswer] = useState<FiringAnswer | null>(null);
  const [asked, setAsked] = useState(0);
  useEffect(() => {
    if (!connected) {
      setAnswer(null);
      return undefined;
    }
    const given = new AbortController();
    ask(`api/v1/firing?lang=${language}`, given.signal)
      .then((response) => response.json())
      .then(
        (read: FiringAnswer | null) => setAnswer(read),
        () => undefined, // the next tick asks again
      );
    return () => given.abort();
  }, [language, tick, connected, asked]);
  return [answer, () => setAsked((count) => count + 1)];
}

type Said = 'sending' | 'nothing' | 'failed' | 'forbidden' | 'foreign';

const keyOf = ({ key, receiver }: FiringGroup): string => `${receiver} ${key}`;

async function refusalOf(response: Response): Promise<Said> {
  if (response.status !== 403) return 'failed';
  const { error } = (await response.json()) as { readonly error?: { readonly code?: string } };
  return error?.code === 'ForeignOrigin' ? 'foreign' : 'forbidden';
}

interface Outcome {
  readonly outcome?: string;
}

export function Firing({ answer, onChange }: { answer: FiringAnswer; onChange: () => void }) {
  const { say } = useWords();
  const { caller, mayAcknowledge } = answer;
  const [name, setName] = useState(() => localStorage.getItem(namePlace) ?? '');
  const [said, setSaid] = useState<Readonly<Record<string, Said>>>({});
  const note = (group: FiringGroup, what: Said | null): void =>
    setSaid(({ [keyOf(group)]: _before, ...others }) => (what === null ? others : { ...others, [keyOf(group)]: what }));
  const take = async (group: FiringGroup): Promise<void> => {
    note(group, 'sending');
    localStorage.setItem(namePlace, name.trim());
    try {
      const { key: groupKey, receiver } = group;
      const response = await send('api/v1/acknowledge', { groupKey, receiver, by: name.trim() });
      if (response.ok) {
        const { outcome } = (await response.json()) as Outcome;
        note(group, outcome === 'nothing' ? 'nothing' : null);
        onChange();
      } else note(group, await refusalOf(response));
    } catch {
      note(group, 'failed');
    }
  };
  if (answer.groups.length === 0) return null;
  const canTake = mayAcknowledge && answer.groups.some(({ takenBy }) => takenBy === null);
  return (
    <section class="card firing" id="firing" aria-labelledby="firing-title">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const pressed = event.submitter instanceof HTMLButtonElement ? event.submitter.value : '';
          const group = answer.groups.find((one) => keyOf(one) === pressed);
          if (group !== undefined) void take(group);
        }}
      >
        <div class="firing-head">
          <h2 id="firing-title">{say('page.firing.title', { count: answer.groups.length + answer.more })}</h2>
          {canTake ? (
            <label>
              <span>{say(caller === null ? 'page.firing.name' : 'page.firing.nameOf', { caller: caller ?? '' })}</span>
              <input
                name="by"
                maxLength={100}
                autocomplete="name"
                required={caller === null}
                value={name}
                onInput={(event) => setName(event.currentTarget.value)}
              />
            </label>
          ) : null}
        </div>
        <ul>
          {answer.groups.map((group) => (
            <Row key={keyOf(group)} group={group} may={mayAcknowledge} said={said[keyOf(group)] ?? null} />
          ))}
        </ul>
        {answer.more > 0 ? <p class="quiet">{say('page.firing.more', { count: answer.more })}</p> : null}
        {mayAcknowledge ? null : <p class="quiet">{say('page.firing.readOnly')}</p>}
      </form>
    </section>
  );
}

function Row({ group, may, said }: { group: FiringGroup; may: boolean; said: Said | null }) {
  const { say, moment, number } = useWords();
  const { severity, title, alerts, since, receiver, isKeptBack, takenBy } = group;
  const tone = ['page', 'critical'].includes(severity) ? 'page' : severity === 'info' ? 'info' : 'warning';
  return (
    <li class={takenBy === null ? tone : 'taken'}>
      <div class="what">
        <strong>{title}</strong>
        <span class="quiet">
          {say(alerts === 1 ? 'page.firing.one' : 'page.firing.many', {
            count: number(alerts),
            time: moment(since),
            receiver,
          })}
          {isKeptBack ? ` · ${say('page.firing.keptBack')}` : ''}
        </span>
        {said === null || said === 'sending' ? null : (
          <span class="wrong" role="alert">
            {say(`page.firing.${said}`, { address: location.origin })}
          </span>
        )}
      </div>
      {takenBy === null ? (
        may ? (
          <button
            type="submit"
            value={keyOf(group)}
            disabled={said === 'sending'}
            aria-label={`${say('page.firing.take')}: ${title}`}
          >
            {say('page.firing.take')}
          </button>
        ) : null
      ) : (
        <span class="by">{say('page.firing.taken', { name: takenBy.by, time: moment(takenBy.at) })}</span>
      )}
    </li>
  );
}
