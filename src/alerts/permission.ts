// Whether this process may speak at all: asked before anything begins, and listened to while it is on its way.
import type { Cancel } from '../clock.ts';

export interface Permission {
  /** null: it may begin now; otherwise why it must not */
  refusal(): string | null;
  /** Calls back in the moment in which it ends; the returned function forgets about it. */
  onClose(run: () => void): Cancel;
}

/** Whoever is alone may always speak. */
export const alwaysPermitted: Permission = { refusal: () => null, onClose: () => () => undefined };

/** What is handed the signal is broken off when the permission ends: nothing of it is on its way when somebody else speaks. */
export async function whilePermitted<Result>(
  permission: Permission,
  signal: AbortSignal,
  run: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const abort = new AbortController();
  const stop = (): void => abort.abort();
  const forget = permission.onClose(stop);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await run(abort.signal);
  } finally {
    forget();
    signal.removeEventListener('abort', stop);
  }
}
