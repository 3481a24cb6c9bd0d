// Server-sent events: one serialized event a tick for all who watch; those who cannot keep up are dropped.
import type { ServerResponse } from 'node:http';
import type { Cancel, Clock } from '../clock.ts';
import { seconds } from '../model/units.ts';

export interface Stream {
  /** false: there are too many already, and nothing was written */
  add(response: ServerResponse, first: string): boolean;
  send(event: string): void;
  readonly size: number;
  close(): void;
}

export interface StreamOptions {
  /** for heartbeats only: real time, whatever clock the ticks follow */
  readonly clock: Clock;
  readonly most?: number;
  /** bytes that may wait for one client */
  readonly mostWaiting?: number;
  readonly onSize?: (size: number) => void;
}

export const sseEvent = (name: string, value: unknown): string => `event: ${name}\ndata: ${JSON.stringify(value)}\n\n`;

export function createStream({ clock, most = 64, mostWaiting = 1 << 20, onSize }: StreamOptions): Stream {
  const clients = new Set<ServerResponse>();
  let heartbeat: Cancel | null = null;

  const remove = (client: ServerResponse): void => {
    if (!clients.delete(client)) return;
    onSize?.(clients.size);
    if (clients.size === 0) stop();
  };
  const stop = (): void => {
    heartbeat?.();
    heartbeat = null;
  };
  /** An EventSource comes back by itself, and gets a whole view then: dropping loses nothing. */
  const drop = (client: ServerResponse): void => {
    remove(client);
    client.destroy();
  };
  const write = (client: ServerResponse, text: string): void => {
    if (client.writableLength > mostWaiting) drop(client);
    else client.write(text);
  };
  const beat = (): void => {
    heartbeat = clock.after(seconds(15), () => {
      for (const client of clients) write(client, ': alive\n\n');
      if (clients.size > 0) beat();
    });
  };

  return {
    add: (response, first) => {
      if (clients.size >= most) return false;
      response.writeHead(200, {
        'Content-Type': 'text/event-stream; charset=utf-8',
        'Cache-Control': 'no-store',
        'X-Accel-Buffering': 'no',
        Connection: 'close', // the connection is the stream: when one ends, so does the other
      });
      response.write(`retry: 2000\n\n${first}`);
      clients.add(response);
      onSize?.(clients.size);
      response.on('close', () => remove(response));
      response.on('error', () => remove(response));
      if (heartbeat === null) beat();
      return true;
    },
    send: (event) => {
      for (const client of clients) write(client, event);
    },
    get size() {
      return clients.size;
    },
    close: () => {
      stop();
      for (const client of clients) client.end();
      clients.clear();
    },
  };
}
