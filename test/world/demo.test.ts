// The demo's story, played once: every chapter of it, the same again with the same seed, and in whole sentences of its language.
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadConfigOrThrow } from '../../src/config/load.ts';
import { playOnce } from '../../src/demo/play-once.ts';
import type { Language } from '../../src/model/texts.ts';

const shipped = fileURLToPath(new URL('../../config', import.meta.url));

async function play(seed: number, language: Language) {
  const lines: string[] = [];
  const { missing, messages } = await playOnce(await loadConfigOrThrow(shipped, { language }), seed, (line) =>
    lines.push(line),
  );
  const told = messages.map(({ at, channel, to, subject = '', text }) => [at, channel, to, subject, text].join('\n'));
  return { missing, table: lines.join('\n'), told };
}

/** A place that nobody filled, whatever kind of braces it had. */
const unfilled = /\{\{?\s*\w+\s*\}?\}|\bundefined\b|\bNaN\b|\[object /;
/** Three words of Latin letters in a row make an English sentence; names have hyphens, slashes, digits. */
const english = /(?<![\w/-])[A-Za-z]{2,} [A-Za-z]{2,} [A-Za-z]{2,}(?![\w/-])/;

describe('the story of the demo', () => {
  it('happens whole, and twice the same with one seed', async () => {
    const [first, second] = [await play(1, 'en'), await play(1, 'en')];
    expect(first.missing).toEqual([]);
    expect(second).toEqual(first);
    expect(first.told.length).toBeGreaterThan(4);
    expect(first.table).not.toMatch(unfilled);
    expect(first.told.filter((message) => unfilled.test(message))).toEqual([]);
  });

  it('is told in Chinese from end to end', async () => {
    const { missing, table, told } = await play(1, 'zh-CN');
    expect(missing).toEqual([]);
    const lines = [table, ...told].flatMap((text) => text.split('\n'));
    expect(lines.filter((line) => unfilled.test(line))).toEqual([]);
    expect(lines.filter((line) => english.test(line))).toEqual([]);
  });

  it.each([2, 3, 4])('happens whole with seed %i', async (seed) => {
    expect((await play(seed, 'en')).missing).toEqual([]);
  });
});
