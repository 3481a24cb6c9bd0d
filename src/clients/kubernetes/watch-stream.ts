// One open watch: bytes to lines to events, and the guard that ends a stream that has fallen silent.
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { Cancel, Clock } from '../../clock.ts';
import { messageOf } from '../../model/errors.ts';
import { since } from '../../model/units.ts';
import type { Milliseconds } from '../../model/units.ts';
import { ClientError } from '../http/error.ts';
import type { ClientErrorCode } from '../http/error.ts';
import type { Json } from './projections.ts';

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: Json;
}

export interface WatchReading {
  readonly body: Readable;
  readonly clock: Clock;
  readonly silentAfter: Milliseconds;
  readonly signal: AbortSignal;
  readonly onData: () => void;
  /** What it throws ends the stream. */
  readonly onEvent: (event: WatchEvent) => void;
}

const longestLine = 16 * 1024 * 1024;
const types: ReadonlySet<unknown> = new Set(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']);

/** Resolves when the server ends the watch in good order; rejects with why it ended otherwise. */
export function readWatch(reading: WatchReading): Promise<void> {
  const { body, clock, silentAfter, signal } = reading;
  return new Promise((resolve, reject) => {
    const decoder = new StringDecoder('utf8');
    let rest: string[] = [];
    let restLength = 0;
    let lastData = clock.now();
    let cancel: Cancel = () => undefined;

    const end = (error: unknown): void => {
      cancel();
      signal.removeEventListener('abort', aborted);
      body.removeAllListeners('data');
      body.destroy();
      if (error === null) resolve();
      else reject(error instanceof Error ? error : new Error(messageOf(error)));
    };
    const aborted = (): void => end(failed('Aborted', 'was ended by us'));
    // One timer that looks again later: arming one a chunk would be a timer a pod.
    const guard = (wait: Milliseconds): void => {
      cancel = clock.after(wait, () => {
        const silent = since(lastData, clock.now());
        if (silent >= silentAfter) end(failed('Timeout', `said nothing for ${silent} ms and was dropped`));
        else guard((silentAfter - silent) as Milliseconds);
      });
    };
    const accept = (text: string): void => {
      const lines = text.split('\n');
      const last = lines.pop() ?? '';
      for (const [index, line] of lines.entries()) {
        const whole = index === 0 ? rest.join('') + line : line;
        if (whole.trim() !== '') reading.onEvent(parseEvent(whole));
      }
      if (lines.length > 0) [rest, restLength] = [[], 0];
      if (last === '') return;
      rest.push(last);
      restLength += last.length;
      if (restLength > longestLine) throw failed('BodyTooLarge', `has a line of more than ${longestLine} characters`);
    };

    if (signal.aborted) {
      aborted();
      return;
    }
    signal.addEventListener('abort', aborted, { once: true });
    guard(silentAfter);
    body.on('data', (chunk: Buffer) => {
      lastData = clock.now();
      try {
        accept(decoder.write(chunk));
        reading.onData();
      } catch (error) {
        end(error);
      }
    });
    body.on('error', (error) => end(failed('Unreachable', `broke off (${error.message})`, error)));
    body.on('end', () => end(restLength === 0 ? null : failed('Unreachable', 'broke off in the middle of a line')));
    body.on('close', () => end(failed('Unreachable', 'broke off')));
  });
}

function parseEvent(line: string): WatchEvent {
  let parsed: Partial<WatchEvent>;
  try {
    parsed = JSON.parse(line) as Partial<WatchEvent>;
  } catch (cause) {
    throw failed('NotJson', 'has a line that is no JSON', cause);
  }
  if (!types.has(parsed.type) || typeof parsed.object !== 'object' || parsed.object === null)
    throw failed('NotJson', 'has a line that is no event');
  return parsed as WatchEvent;
}

const failed = (code: ClientErrorCode, what: string, cause?: unknown): ClientError =>
  new ClientError({ code, source: 'Kubernetes', message: `Kubernetes: the watch ${what}.`, cause });
