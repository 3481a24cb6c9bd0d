// The providers of a life full of deaths: out of order at random, slow, and sometimes they take what they do not say that they have taken.
import { z } from 'zod';
import { failed, retry } from '../../src/alerts/channels/channel.ts';
import type { Channel, SendResult } from '../../src/alerts/channels/channel.ts';
import type { Channels } from '../../src/alerts/courier.ts';
import type { LedgerState } from '../../src/alerts/ledger/state.ts';
import { sleep } from '../../src/clock.ts';
import type { Clock } from '../../src/clock.ts';
import type { Milliseconds } from '../../src/model/units.ts';
import type { Random } from '../../src/sandbox/random.ts';
import type { Judge, Word } from './chaos-judge.ts';

export interface ProviderParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly judge: Judge;
  readonly state: LedgerState;
  readonly isMoody: () => boolean;
  readonly isAlive: () => boolean;
}

export const never = <Value>(): Promise<Value> => new Promise(() => undefined);

/** Of a webhook, wherever it is written. */
const addressOf = (settings: unknown): string | undefined => {
  const { url, url_file: file } = z
    .looseObject({ url: z.string().optional(), url_file: z.string().optional() })
    .parse(settings);
  return url ?? file;
};

export function moodyChannels({ clock, random, judge, state, isMoody, isAlive }: ProviderParts): Channels {
  const answer = async (word: Word): Promise<SendResult> => {
    const { delivery, channel, to } = word;
    const mood = isMoody() ? random() : 1;
    const takes = mood >= 0.35 || mood < 0.1;
    const isSlow = random() < 0.5;
    if (takes && !isSlow) judge.arrived(word, state);
    await sleep(clock, (random() * 3000) as Milliseconds);
    if (!isAlive()) return never();
    if (takes && isSlow) judge.arrived(word, state);
    if (mood < 0.1) return retry(to, 'Timeout', 'taken, and the answer lost', { uncertain: true });
    if (mood < 0.2) return retry(to, 'Timeout', 'lost on the way', { uncertain: true });
    // a server of mail answers for each of those that a mail is for
    if (channel === 'email' && mood < 0.28) {
      const isHis = mood < 0.24;
      judge.refused(word, isHis);
      return failed(to, isHis ? 'RecipientRefused' : 'ClientError', 'not taken');
    }
    if (mood < 0.35) return retry(to, 'ServerError', 'out of order');
    return { to, status: 'sent', providerId: `${delivery.id} ${to}` };
  };
  const channel = (name: string, style: Channel<unknown>['style']): Channel<unknown> => ({
    style,
    send: (delivery, settings) =>
      Promise.all(delivery.to.map((to) => answer({ delivery, channel: name, to, address: addressOf(settings) ?? to }))),
    close: () => undefined,
  });
  return {
    email: channel('email', 'together'),
    sms: channel('sms', 'apart'),
    webhook: channel('webhook', 'together'),
  };
}
