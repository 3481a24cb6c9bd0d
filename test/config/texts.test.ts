// The catalogue: both languages say everything, with the same places, and no place that nothing fills.
import { describe, expect, it } from 'vitest';
import { placesOf, shippedSentences, textFacts } from '../../src/config/texts.ts';
import { alertNames, keptReasons, nodeReasons, podReasons } from '../../src/model/reason.ts';

const english = shippedSentences('en');
const chinese = shippedSentences('zh-CN');
const shared = podReasons.filter((code) => (nodeReasons as readonly string[]).includes(code));
const only = <T extends string>(codes: readonly T[]): T[] =>
  codes.filter((code) => !(shared as readonly string[]).includes(code));
const inBoth = textFacts.pods.filter((fact) => (textFacts.nodes as readonly string[]).includes(fact));

const families: [string, readonly string[], readonly string[]][] = [
  ['pods', only(podReasons).map((code) => `reason.${code}`), textFacts.pods],
  ['nodes', only(nodeReasons).map((code) => `reason.${code}`), textFacts.nodes],
  ['both tiers', shared.map((code) => `reason.${code}`), inBoth],
  ['kept nodes', only(keptReasons).map((code) => `reason.${code}`), textFacts.nodes],
  [
    'alerts',
    alertNames.flatMap((name) => ['summary', 'description', 'sms'].map((part) => `alert.${name}.${part}`)),
    textFacts.alerts,
  ],
];

describe('the catalogue', () => {
  it.each(families)('has a sentence for every code of %s, in both languages, of known facts', (_, keys, facts) => {
    for (const key of keys) {
      const places = placesOf(english[key] ?? '');
      expect([key, english[key] ?? '', chinese[key] ?? '']).not.toContain('');
      expect([key, ...places.filter((place) => !facts.includes(place))]).toEqual([key]);
    }
  });

  it('has the same keys in the same order in both languages', () => {
    expect(Object.keys(chinese)).toEqual(Object.keys(english));
  });

  it('has the same places in both languages', () => {
    const places = (sentences: Readonly<Record<string, string>>): [string, string[]][] =>
      Object.entries(sentences).map(([key, sentence]) => [key, placesOf(sentence).sort()]);
    expect(places(chinese)).toEqual(places(english));
  });

  it('has no sentence that no code needs', () => {
    const known = new Set(families.flatMap(([, keys]) => keys));
    const unknown = Object.keys(english).filter((key) => /^(?:reason|alert)\./.test(key) && !known.has(key));
    expect(unknown).toEqual([]);
  });
});
