// Alerts, silences and matchers as words on a line.
import { MatcherError, parseMatcher, printMatcher, type Matcher } from '../../matching/matchers.ts';
import { fillText, type Texts } from '../../model/texts.ts';
import { instantOf, type Instant } from '../../model/units.ts';
import { Times } from '../explain/times.ts';
import { userName } from '../switch.ts';
import type { ShownSilence } from './answers.ts';
import { usage, type DaemonOptions } from './daemon.ts';

/** The matchers of a command line; a first word without an operator is the name of an alert. */
export function matchersOf(
  words: readonly string[],
  mend = 'write NAME=VALUE, NAME!=VALUE, NAME=~RE2 or NAME!~RE2',
): Matcher[] {
  return words.map((word, index) => {
    if (index === 0 && !/[=~{]/.test(word)) return { name: 'alertname', operator: '=', value: word };
    try {
      return parseMatcher(word);
    } catch (error) {
      if (!(error instanceof MatcherError)) throw error;
      throw usage(`"${word}": ${error.why}`, mend);
    }
  });
}

export const filtersOf = (words: readonly string[]): string[] => matchersOf(words).map(printMatcher);

/** Who does it: he is named, or it is the user at the keyboard. */
export function nameOf(by: string | undefined): string {
  const name = by?.trim() ?? userName();
  if (name !== '') return name;
  throw usage('--by has no name', 'write --by NAME');
}

/** Down{instance="a", severity="page"} */
export function alertText(labels: Readonly<Record<string, string>>): string {
  const { alertname = '', ...others } = labels;
  const rest = Object.entries(others).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return rest.length === 0 ? alertname : `${alertname}{${rest.join(', ')}}`;
}

/** sms zhang; a webhook is known by its number alone, which says so itself */
export const recipientText = (channel: string, to: string): string =>
  to.startsWith(`${channel} `) ? to : `${channel} ${to}`;

export const silenceMatchers = ({ matchers }: Pick<ShownSilence, 'matchers'>): string =>
  matchers
    .map(({ name, value, isRegex, isEqual = true }) => {
      const operator = isRegex ? (isEqual ? '=~' : '!~') : isEqual ? '=' : '!=';
      return printMatcher({ name, value, operator });
    })
    .join(', ');

export interface Voice {
  readonly say: (code: string, facts?: Readonly<Record<string, string | number>>) => string;
  /** of RFC 3339 */
  readonly time: (text: string) => string;
  readonly isPast: (text: string) => boolean;
}

export function voiceOf(texts: Texts, { tz }: Pick<DaemonOptions, 'tz'>, now: Instant): Voice {
  const times = new Times(tz, now, texts);
  return {
    say: (code, facts = {}) => fillText(texts, `cli.alerts.${code}`, facts),
    time: (text) => {
      const at = instantOf(text);
      return at === null ? text : times.both(at);
    },
    isPast: (text) => (instantOf(text) ?? now) < now,
  };
}

export const jsonText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
export const linesText = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');
