// The top of the page: which cluster, in which mode, how fresh, in which language and colours.
import { useEffect, useState } from 'preact/hooks';
import type { Language } from '../model/texts.ts';
import { isStale, type PageState } from './state.ts';
import { languageNames, useWords } from './words.ts';

const themes = ['auto', 'light', 'dark'] as const;
type Theme = (typeof themes)[number];

function ThemeSwitch() {
  const { say } = useWords();
  const [theme, setTheme] = useState<Theme>(
    () => themes.find((known) => known === localStorage.getItem('theme')) ?? 'auto',
  );
  useEffect(() => {
    document.documentElement.dataset['theme'] = theme;
    localStorage.setItem('theme', theme);
  }, [theme]);
  return (
    <label>
      <span class="unseen">{say('page.theme')}</span>
      <select
        value={theme}
        onChange={(event) => setTheme(themes.find((known) => known === event.currentTarget.value) ?? 'auto')}
      >
        {themes.map((known) => (
          <option key={known} value={known}>
            {say(`page.theme.${known}`)}
          </option>
        ))}
      </select>
    </label>
  );
}

function LanguageSwitch({ onLanguage }: { onLanguage: (language: Language) => void }) {
  const { language, say } = useWords();
  return (
    <div class="choice" role="group" aria-label={say('page.language')}>
      {(Object.keys(languageNames) as Language[]).map((known) => (
        <button
          key={known}
          type="button"
          lang={known}
          aria-pressed={known === language}
          onClick={() => onLanguage(known)}
        >
          {languageNames[known]}
        </button>
      ))}
    </div>
  );
}

function Freshness({ state, now }: { state: PageState; now: number }) {
  const { say } = useWords();
  const age = Math.max(0, Math.round((now - state.heard) / 1000));
  const live = state.connection === 'live' && !isStale(state, now);
  const label = say(
    live ? 'page.live' : `page.connection.${state.connection === 'live' ? 'silent' : state.connection}`,
  );
  return (
    <p class={`freshness ${live ? 'good' : 'bad'}`}>
      <span class="dot" aria-hidden="true" />
      <strong>{label}</strong>
      {(state.view?.tick ?? null) === null ? null : (
        <span class="quiet">{say('page.tick', { tick: state.view?.tick ?? 0, seconds: age })}</span>
      )}
    </p>
  );
}

export interface HeaderProps {
  readonly state: PageState;
  readonly now: number;
  readonly onLanguage: (language: Language) => void;
  /** null: there is no token to forget */
  readonly onLeave: (() => void) | null;
}

export function Header(props: HeaderProps) {
  const { say } = useWords();
  const { view } = props.state;
  return (
    <header>
      <div class="brand">
        <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
          <path class="wave" d="M2 12c5-6 9-6 14 0s9 6 14 0" />
          <path class="wave deep" d="M2 21c5-6 9-6 14 0s9 6 14 0" />
        </svg>
        <h1>
          springtide
          {view === null ? null : <span class="cluster">{view.cluster}</span>}
        </h1>
        {view === null ? null : <span class={`chip mode-${view.mode}`}>{say(`page.mode.${view.mode}`)}</span>}
      </div>
      <Freshness state={props.state} now={props.now} />
      <div class="switches">
        <LanguageSwitch onLanguage={props.onLanguage} />
        <ThemeSwitch />
        {props.onLeave === null ? null : (
          <button type="button" onClick={props.onLeave}>
            {say('page.login.leave')}
          </button>
        )}
      </div>
    </header>
  );
}
