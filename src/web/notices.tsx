// What must be seen first: a page that is not live, a replica that only follows, alerts, sources that could not be read, stages that failed.
import type { PageState } from './state.ts';
import { useWords } from './words.ts';

const errorsShown = 4;

/** `showsAlerts`: nobody else does. */
export function Notices({ state, stale, showsAlerts }: { state: PageState; stale: boolean; showsAlerts: boolean }) {
  const { say, clock } = useWords();
  const { view, connection } = state;
  const silent = stale || (connection === 'lost' && view !== null);
  return (
    <div class="notices" role="status">
      {silent ? (
        <p class="notice bad" id="stale">
          <strong>{say('page.stale', { time: clock(new Date(state.heard).toISOString()) })}</strong>{' '}
          {say('page.stale.advice')}
        </p>
      ) : null}
      {view?.role === 'follower' ? (
        <p class="notice" id="following">
          <strong>{say('page.following')}</strong> {say('page.following.advice')}
        </p>
      ) : null}
      {(showsAlerts ? view?.alerts : undefined)?.map((alert) => (
        <p key={alert.name + alert.summary} class="notice warn">
          <strong>{alert.summary}</strong> <span class="quiet">{say('page.since', { time: clock(alert.since) })}</span>
        </p>
      ))}
      {view?.failures.map((failure) => (
        <p key={failure.stage} class="notice bad">
          <strong>{say(`page.failed.${failure.stage}`)}</strong> {failure.code}: {failure.message}
        </p>
      ))}
      {view?.errors.slice(0, errorsShown).map((error) => (
        <p key={error.source + error.what} class="notice warn">
          <strong>{say('page.unreadable', { source: error.source })}</strong> <code>{error.what}</code> {error.code}:{' '}
          {error.message}
        </p>
      ))}
      {view !== null && view.errors.length > errorsShown ? (
        <p class="notice warn">{say('page.unreadable.more', { count: view.errors.length - errorsShown })}</p>
      ) : null}
    </div>
  );
}
