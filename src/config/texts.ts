// The catalogue of operator texts: the shipped sentences, single ones of them replaced by an operator's own.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Language, Texts } from '../model/texts.ts';
import { nearestKey } from './documents.ts';
import type { Problem } from './problem.ts';
import { shown } from './shape.ts';
import { sentenceLines } from './sentence-lines.ts';
import { problemAt, type Finding, type Source } from './source.ts';

/** Facts that each family of sentences may be filled with. */
export const textFacts = {
  pods: [
    'metric',
    'value',
    'target',
    'current',
    'desired',
    'proposal',
    'min',
    'max',
    'count',
    'unknown',
    'window',
    'remaining',
    'by',
    'what',
    'percent',
    'annotation',
    'schedule',
    'covered',
    'coverable',
    'expected',
    'upper',
    'ahead',
    'doubt',
    'suffices',
    'of',
    'nodes',
    'why',
  ],
  nodes: [
    'group',
    'current',
    'desired',
    'count',
    'pods',
    'max',
    'min',
    'limit',
    'what',
    'until',
    'node',
    'flavor',
    'by',
    'why',
  ],
  alerts: [
    'cluster',
    'group',
    'target',
    'namespace',
    'name',
    'count',
    'current',
    'desired',
    'max',
    'what',
    'why',
    'since',
    'node',
    'by',
    'reason',
    'policy',
    'plan',
    'guard',
    'of',
    'percent',
    'until',
    'schedule',
    'start',
    'floor',
    'calendar',
    'min',
  ],
} as const;

export const placesOf = (sentence: string): string[] => [
  ...new Set([...sentence.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)),
];

const shipped = new Map<Language, Readonly<Record<string, string>>>();

/** The sentences that come with springtide. */
export function shippedSentences(language: Language): Readonly<Record<string, string>> {
  const known = shipped.get(language);
  if (known !== undefined) return known;
  const file = new URL(`../../config/messages.${language}.yaml`, import.meta.url);
  const text = readFileSync(file, 'utf8');
  const read = sentenceLines(text) ?? (parse(text) as Readonly<Record<string, string>>);
  shipped.set(language, read);
  return read;
}

export function shippedTexts(language: Language): Texts {
  return { language, sentences: shippedSentences(language) };
}

export interface Overrides {
  readonly sentences: Readonly<Record<string, string>>;
  readonly problems: readonly Problem[];
}

/** The sentences of one messages file that differ from the shipped ones and can be used. */
export function readOverrides(source: Source, language: Language): Overrides {
  const { raw } = source;
  if (raw === undefined) return { sentences: {}, problems: [] };
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    const message = `the document is ${shown(raw)}, expected a mapping of codes to sentences`;
    return {
      sentences: {},
      problems: [problemAt(source, { code: 'NotADocument', path: [], message, mend: "write reason.CODE: 'SENTENCE'" })],
    };
  }
  const known = shippedSentences(language);
  const sentences: Record<string, string> = {};
  const problems: Problem[] = [];
  for (const [code, sentence] of Object.entries(raw)) {
    const finding = findingOf(code, sentence, known);
    if (finding !== null) problems.push(problemAt(source, finding));
    else if (sentence !== known[code]) sentences[code] = String(sentence);
  }
  return { sentences, problems };
}

function findingOf(code: string, sentence: unknown, known: Readonly<Record<string, string>>): Finding | null {
  const original = known[code];
  if (original === undefined) {
    const near = nearestKey(code, Object.keys(known));
    const hint = near === null ? '' : `, did you mean "${near}"?`;
    return {
      code: 'UnknownText',
      // A copy of another version's texts must not keep a configuration from loading.
      severity: 'warning',
      path: [code],
      at: 'key',
      message: `nothing uses the text "${code}"${hint}`,
      mend: 'docs/reference/reasons.md lists them all',
    };
  }
  if (typeof sentence !== 'string')
    return {
      code: 'WrongType',
      path: [code],
      message: `"${code}" is ${shown(sentence)}, expected a sentence`,
      mend: 'put the sentence in quotes',
    };
  const places = placesOf(original);
  const strange = placesOf(sentence).filter((place) => !places.includes(place));
  if (strange.length === 0) return null;
  const mend =
    places.length === 0
      ? 'this sentence has no places'
      : `places of this sentence: ${places.map((place) => `{${place}}`).join(' ')}`;
  return { code: 'UnknownText', path: [code], message: `nothing fills {${strange.join('}, {')}} in "${code}"`, mend };
}
