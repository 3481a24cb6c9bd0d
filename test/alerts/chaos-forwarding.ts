// The central one of a life full of deaths, out of order and silent at random, and what is forwarded is held to.
import type { Alert } from '../../src/alerts/alert.ts';
import { retry } from '../../src/alerts/channels/channel.ts';
import type { Forwarder, ForwardResult } from '../../src/alerts/channels/forward.ts';
import { sleep } from '../../src/clock.ts';
import type { Clock } from '../../src/clock.ts';
import { later, minutes, seconds } from '../../src/model/units.ts';
import type { Instant, Milliseconds } from '../../src/model/units.ts';
import type { Random } from '../../src/sandbox/random.ts';
import { start } from './builders.ts';
import type { Accepted, Word } from './chaos-judge.ts';
import { never } from './chaos-providers.ts';

export interface ForwardRules {
  readonly silentAfter: Milliseconds;
  /** by the number of the alert: it is refused by itself */
  readonly refuses: (number: number) => boolean;
}

/** Without a word from us it takes for over what it has heard to fire. */
const believes = minutes(5);
/** What is sent has its answer by then, and what waits is sent. */
const onItsWay = seconds(15);

const numberIn = ({ labels }: Alert): number => Number(labels['number']);

export class ForwardJudge {
  readonly problems: string[] = [];
  readonly #rules: ForwardRules;
  /** the last word of each that was taken over there */
  readonly #last = new Map<string, 'fires' | 'is over'>();
  /** it has answered somebody who lived to hear it */
  readonly #answers: Instant[] = [];
  readonly #firstSent = new Map<string, Instant>();
  readonly #toldHere = new Set<string>();

  constructor(rules: ForwardRules) {
    this.#rules = rules;
  }

  refuses(alert: Alert): boolean {
    return this.#rules.refuses(numberIn(alert));
  }

  sent(fingerprint: string, at: Instant): void {
    if (!this.#firstSent.has(fingerprint)) this.#firstSent.set(fingerprint, at);
  }

  took(alerts: readonly Alert[]): void {
    for (const { fingerprint, ended } of alerts) this.#last.set(fingerprint, ended === null ? 'fires' : 'is over');
  }

  answered(at: Instant): void {
    this.#answers.push(at);
  }

  /** Whoever hears of it over there need not be told here. */
  knows(fingerprint: string): boolean {
    return this.#last.has(fingerprint);
  }

  /** A provider has taken a message: somebody here hears of these. */
  arrived({ delivery }: Word): void {
    for (const alert of delivery.notice.alerts) {
      const { fingerprint } = alert;
      const since = this.#firstSent.get(fingerprint);
      const isNews = alert.ended === null && !this.#toldHere.has(fingerprint);
      if (isNews && since !== undefined && !this.refuses(alert) && this.#answersFrom(since, delivery.at))
        this.problems.push(`alert ${numberIn(alert)} was told here while the central one had the word`);
      this.#toldHere.add(fingerprint);
    }
  }

  /** When everything is well again and quiet. */
  ended(accepted: readonly Accepted[]): void {
    for (const { fingerprint, number, over } of accepted)
      if (over !== null && this.#last.get(fingerprint) === 'fires' && this.#hasAsked(over))
        this.problems.push(`the end of alert ${number} is not forwarded`);
  }

  /** It answered what was sent after this, before it let go by itself of what it last heard to fire. */
  #hasAsked(over: Instant): boolean {
    return this.#answers.some((at) => at >= over + onItsWay && at < over + believes - onItsWay);
  }

  /** It was never silent for long enough between the two, and before. */
  #answersFrom(since: Instant, until: Instant): boolean {
    const { silentAfter } = this.#rules;
    let last = this.#answers.findLast((at) => at <= since);
    if (last === undefined) return false;
    for (const at of this.#answers.filter((one) => one > since && one < until)) {
      if (at - last >= silentAfter) return false;
      last = at;
    }
    return since - last < silentAfter && until - last < silentAfter;
  }
}

export interface CentralParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly judge: ForwardJudge;
  readonly isMoody: () => boolean;
  readonly isAlive: () => boolean;
}

/** When it is silent, whoever asks: drawn for each life. */
export function silencesOf(random: Random): (now: Instant) => boolean {
  const silences = Array.from({ length: 5 }, () => {
    const from = later(start, (random() * minutes(8)) as Milliseconds);
    return { from, until: later(from, (seconds(5) + random() * seconds(85)) as Milliseconds) };
  });
  return (now) => silences.some(({ from, until }) => from <= now && now < until);
}

export function moodyCentral(
  { clock, random, judge, isMoody, isAlive }: CentralParts,
  isSilent: (now: Instant) => boolean,
): Pick<Forwarder, 'forward'> {
  return {
    forward: async (alerts, { url }): Promise<ForwardResult> => {
      const mood = isMoody() ? random() : 1;
      const isDown = isSilent(clock.now());
      const good = alerts.filter((alert) => !judge.refuses(alert));
      // a batch of several: the first came through, the others did not
      const takes = isDown ? 0 : mood < 0.1 ? good.length : mood < 0.15 ? Math.floor(random() * good.length) : 0;
      const isSlow = random() < 0.5;
      const take = (): void => judge.took(mood < 0.3 || isDown ? good.slice(0, takes) : good);
      if (!isSlow) take();
      await sleep(clock, (random() * 3000) as Milliseconds);
      if (!isAlive()) return never();
      if (isSlow) take();
      if (isDown) return retry(url, 'Timeout', 'silent');
      if (mood < 0.15) return retry(url, 'Timeout', 'taken, and the answer lost', { uncertain: true });
      if (mood < 0.3) return retry(url, 'ServerError', 'out of order');
      judge.answered(clock.now());
      const refused = alerts
        .filter((alert) => judge.refuses(alert))
        .map(({ fingerprint, labels }) => ({ fingerprint, labels, why: 'it answered 400' }));
      return { to: url, status: 'sent', providerId: null, refused };
    },
  };
}
