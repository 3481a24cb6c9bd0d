// The words of the page from the operator texts, and numbers and times as people of that language write them.
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Facts } from '../model/reason.ts';
import type { Language, Texts } from '../model/texts.ts';

export interface Words {
  readonly language: Language;
  readonly say: (code: string, facts?: Facts) => string;
  /** A reason in the reader's language; the daemon's own message where a fact is missing. */
  readonly explain: (reason: string, facts: Facts, message: string) => string;
  readonly number: (value: number | null | undefined) => string;
  /** 08:15:30 */
  readonly clock: (time: string | null) => string;
  /** 08:15:30 today, Nov 12, 2026, 08:00 on any other day: what is due tomorrow must not look like this morning */
  readonly moment: (time: string | null) => string;
}

export const languageNames: Readonly<Record<Language, string>> = { en: 'English', 'zh-CN': '中文' };

/** What the address asks for, else what the reader chose before, else what the browser prefers. */
export function preferredLanguage(): Language {
  const chosen = new URLSearchParams(location.search).get('lang') ?? localStorage.getItem('language');
  if (chosen === 'en' || chosen === 'zh-CN') return chosen;
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en';
}

export function wordsOf({ language, sentences }: Texts): Words {
  const plain = new Intl.NumberFormat(language, { maximumSignificantDigits: 4 });
  const clock = new Intl.DateTimeFormat(language, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });
  const day = new Intl.DateTimeFormat(language, {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const whole = new Intl.NumberFormat(language);
  const number: Words['number'] = (value) => {
    if (value === null || value === undefined) return '–';
    return Number.isInteger(value) ? whole.format(value) : plain.format(value);
  };
  const fill = (sentence: string, facts: Facts): string =>
    sentence.replace(/\{(\w+)\}/g, (place, name: string) => {
      const value = facts[name];
      if (value === undefined) return place;
      return typeof value === 'number' ? number(value) : value;
    });
  const clockOf: Words['clock'] = (time) => {
    const at = Date.parse(time ?? '');
    return Number.isNaN(at) ? '–' : clock.format(at);
  };
  return {
    language,
    number,
    say: (code, facts = {}) => fill(sentences[code] ?? code, facts),
    explain: (reason, facts, message) => {
      const sentence = fill(sentences[`reason.${reason}`] ?? '{}', facts);
      if (!sentence.includes('{')) return sentence;
      return message === '' ? reason : message;
    },
    clock: clockOf,
    moment: (time) => {
      const at = new Date(Date.parse(time ?? ''));
      const isToday = Number.isNaN(at.getTime()) || at.toDateString() === new Date().toDateString();
      return isToday ? clockOf(time) : day.format(at);
    },
  };
}

export const WordsContext = createContext<Words>(wordsOf({ language: 'en', sentences: {} }));
export const useWords = (): Words => useContext(WordsContext);
