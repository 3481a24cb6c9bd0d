// The page as a whole: the live connection, the language, what is selected, and where everything stands.
import { useEffect, useReducer, useState } from 'preact/hooks';
import type { History, View } from '../model/report.ts';
import type { Language, Texts } from '../model/texts.ts';
import { ask, givenToken, keepToken } from './access.ts';
import { Charts } from './charts.tsx';
import { Decisions } from './decisions.tsx';
import { Firing, useFiring } from './firing.tsx';
import { Header } from './header.tsx';
import { Login } from './login.tsx';
import { Messages } from './messages.tsx';
import { News } from './news.tsx';
import { NodesTable } from './nodes.tsx';
import { Notices } from './notices.tsx';
import { PodsTable } from './pods.tsx';
import { fewRows } from './standing.ts';
import { emptyState, isStale, nextState } from './state.ts';
import { watch } from './stream.ts';
import { Summary } from './summary.tsx';
import { preferredLanguage, wordsOf, WordsContext, type Words } from './words.ts';

/** Milliseconds since the epoch, once a second: "3 s ago" grows without any event. */
function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

const answerOf = async (url: string, signal: AbortSignal): Promise<unknown> => (await ask(url, signal)).json();

/** The words in the language that was asked for; while they load, those before stay. */
function useLanguage(): [Words | null, (language: Language) => void] {
  const [language, setLanguage] = useState(preferredLanguage);
  const [words, setWords] = useState<Words | null>(null);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    const given = new AbortController();
    answerOf(`api/v1/texts?lang=${language}`, given.signal).then(
      (texts) => {
        document.documentElement.lang = language;
        setWords(wordsOf(texts as Texts));
      },
      () => {
        if (!given.signal.aborted) setTimeout(() => setAttempt(attempt + 1), 3_000);
      },
    );
    return () => given.abort();
  }, [language, attempt]);
  const choose = (chosen: Language): void => {
    localStorage.setItem('language', chosen);
    setLanguage(chosen);
  };
  return [words, choose];
}

/** What was chosen, or the first one while nothing is, or when it is gone. */
const chosenOf = (rows: readonly { readonly key: string }[], chosen: string | null): string | null =>
  rows.find((row) => row.key === chosen)?.key ?? rows[0]?.key ?? null;

export function App() {
  const [state, tell] = useReducer(nextState, emptyState);
  const [words, chooseLanguage] = useLanguage();
  const [chosenTarget, chooseTarget] = useState<string | null>(null);
  const [chosenGroup, chooseGroup] = useState<string | null>(null);
  const now = useNow();
  // An object of its own each time: the same token pasted again is tried again.
  const [entry, setEntry] = useState(() => ({ token: givenToken() }));
  useEffect(() => watch('api/v1/events', tell), [entry]);
  const comeIn = (given: string | null): void => {
    keepToken(given);
    tell({ kind: 'connection', connection: given === null ? 'locked' : 'connecting' });
    setEntry({ token: given });
  };

  const view: View | null = state.view;
  const target = chosenOf(view?.pods ?? [], chosenTarget);
  const group = chosenOf(view?.nodes ?? [], chosenGroup);
  const connected = state.connection === 'live';
  useEffect(() => {
    if (!connected) return undefined;
    const given = new AbortController();
    const wanted = new URLSearchParams({ target: target ?? '', group: group ?? '' });
    answerOf(`api/v1/history?${wanted.toString()}`, given.signal).then(
      (history) => tell({ kind: 'history', history: history as History }),
      () => undefined, // charts stay empty; the next connection asks again
    );
    return () => given.abort();
  }, [target, group, connected, entry]);

  const [firing, askFiring] = useFiring(words?.language ?? 'en', view?.tick ?? null, connected);

  if (words === null) return <p class="waiting">springtide …</p>;
  const charts = view === null ? null : <Charts history={state.history} target={target} group={group} view={view} />;
  const isLocked = state.connection === 'locked';
  // Below a long list nobody would see the charts of the target just chosen in it.
  const isLong = (view?.pods.length ?? 0) > fewRows;
  return (
    <WordsContext.Provider value={words}>
      <Header
        state={state}
        now={now}
        onLanguage={chooseLanguage}
        onLeave={entry.token === null || isLocked ? null : () => comeIn(null)}
      />
      <main>
        <Notices state={state} stale={isStale(state, now)} showsAlerts={firing === null} />
        {firing === null ? null : <Firing answer={firing} onChange={askFiring} />}
        {isLocked ? (
          <Login refused={entry.token !== null} onToken={comeIn} />
        ) : view === null || view.tick === null ? (
          <p class="waiting">{view?.role === 'follower' ? null : words.say('page.waiting')}</p>
        ) : (
          <>
            <Summary view={view} firing={firing} />
            <div class="columns">
              <div class="tiers">
                {isLong ? charts : null}
                <PodsTable rows={view.pods} count={view.podCount} chosen={target} onChoose={chooseTarget} />
                <NodesTable
                  rows={view.nodes}
                  waiting={view.waiting}
                  more={view.waitingMore}
                  chosen={group}
                  onChoose={chooseGroup}
                />
                {isLong ? null : charts}
              </div>
              <div class="stories">
                <Decisions entries={view.decisions} />
                <Messages messages={view.messages} />
              </div>
            </div>
          </>
        )}
        <News entries={state.news} />
      </main>
    </WordsContext.Provider>
  );
}
