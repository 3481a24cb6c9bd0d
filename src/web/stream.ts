// The live connection: server-sent events read by fetch, which can show a token, and begun anew whenever they end.
import type { View } from '../model/report.ts';
import { ask, Locked } from './access.ts';
import { cutEvents, type SentEvent } from './events.ts';
import type { PageEvent } from './state.ts';

const firstPause = 1_000;
const longestPause = 30_000;

const pageEvent = ({ name, data }: SentEvent): PageEvent | null => {
  if (name === 'view') return { kind: 'view', view: JSON.parse(data) as View, at: Date.now() };
  if (name === 'tick') return { kind: 'tick', update: JSON.parse(data) as View, at: Date.now() };
  return null;
};

/** Resolves when the server has ended it. */
async function read(response: Response, tell: (event: PageEvent) => void): Promise<void> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const part = await reader?.read();
    if (part === undefined || part.done) return;
    const { events, rest } = cutEvents(text + part.value);
    text = rest;
    for (const event of events.map(pageEvent)) if (event !== null) tell(event);
  }
}

/** Answers with the function that ends it. */
export function watch(url: string, tell: (event: PageEvent) => void): () => void {
  const ended = new AbortController();
  const { signal } = ended;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let pause = firstPause;

  const heard = (event: PageEvent): void => {
    pause = firstPause;
    tell(event);
  };
  const open = async (): Promise<void> => {
    try {
      await read(await ask(url, signal), heard);
    } catch (thrown) {
      if (signal.aborted) return;
      if (thrown instanceof Locked) {
        tell({ kind: 'connection', connection: 'locked' });
        return;
      }
    }
    if (signal.aborted) return;
    tell({ kind: 'connection', connection: 'lost' });
    timer = setTimeout(() => void open(), pause);
    pause = Math.min(2 * pause, longestPause);
  };
  void open();
  return () => {
    clearTimeout(timer);
    ended.abort();
  };
}
