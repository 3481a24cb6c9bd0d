// The live connection: an EventSource that is started anew when the browser has given it up.
import type { View } from '../model/report.ts';
import type { PageEvent } from './state.ts';

const longestPause = 30_000;

/** Answers with the function that ends it. */
export function watch(url: string, tell: (event: PageEvent) => void): () => void {
  let source: EventSource;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let pause = 1_000;

  const open = (): void => {
    source = new EventSource(url);
    source.addEventListener('view', (event: MessageEvent<string>) => {
      pause = 1_000;
      tell({ kind: 'view', view: JSON.parse(event.data) as View, at: Date.now() });
    });
    source.addEventListener('tick', (event: MessageEvent<string>) => {
      tell({ kind: 'tick', update: JSON.parse(event.data) as View, at: Date.now() });
    });
    source.addEventListener('error', () => {
      tell({ kind: 'connection', connection: 'lost' });
      // After a broken connection the browser tries again by itself; after a refusal (503, 421) it never does.
      if (source.readyState !== EventSource.CLOSED) return;
      timer = setTimeout(open, pause);
      pause = Math.min(2 * pause, longestPause);
    });
  };
  open();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}
