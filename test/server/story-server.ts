// The alert API before the pipeline of a story, for tests that send to it over real HTTP.
import pino from 'pino';
import { startAlertServer } from '../../src/server/alerts/listener.ts';
import type { AlertServer } from '../../src/server/alerts/listener.ts';
import { anAlertsDocument, catalogue, start } from '../alerts/builders.ts';
import type { Story } from '../alerts/recorder.ts';

/** `text`: its alerts.yaml. */
export const servedStory = (
  story: Story,
  text: string,
  more: Partial<Parameters<typeof startAlertServer>[0]> = {},
): Promise<AlertServer> =>
  startAlertServer({
    listen: '127.0.0.1:0',
    desk: {
      ...story.pipeline,
      document: () => anAlertsDocument(text),
      now: () => story.clock.now(),
      startedAt: start,
      version: '1.2.3',
    },
    receipts: () => Promise.resolve({ status: 404, contentType: 'text/plain', body: '' }),
    words: () => ({ texts: catalogue('en'), people: ['zhang'] }),
    token: () => Promise.resolve(null),
    log: pino({ level: 'silent' }),
    ...more,
  });
