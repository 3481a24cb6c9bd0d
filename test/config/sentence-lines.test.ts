// Sentences read line by line are those that YAML's parser reads; what is no such line is left to it.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { sentenceLines } from '../../src/config/sentence-lines.ts';

describe('sentences a line', () => {
  it.each(['en', 'zh-CN'])('are the shipped ones of %s, every one', (language) => {
    const text = readFileSync(new URL(`../../config/messages.${language}.yaml`, import.meta.url), 'utf8');
    expect(sentenceLines(text)).toEqual(parse(text));
  });

  it.each([
    ['# nothing\n', {}],
    ["a.b: 'it''s {x}: # so'\n\nb-c: \"it's\"", { 'a.b': "it's {x}: # so", 'b-c': "it's" }],
    ["empty: ''", { empty: '' }],
  ])('reads %j', (text, sentences) => {
    expect(sentenceLines(text)).toEqual(sentences);
    expect(sentenceLines(text)).toEqual(parse(text) ?? {});
  });

  it.each([
    'a: plain',
    'a: "with \\n an escape"',
    "a: 'b' # why",
    "a:\n  'b'",
    "a: 'b",
    "a: 'b'c'",
    '- a',
    "a: &b 'c'",
  ])('leaves %j to the parser', (text) => expect(sentenceLines(text)).toBeNull());
});
