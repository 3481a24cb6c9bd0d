// The demo's story, played once under each driver: every chapter, the same again with the same seed, in whole sentences of its language.
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadConfigOrThrow } from '../../src/config/load.ts';
import { playOnce } from '../../src/demo/play-once.ts';
import type { Language } from '../../src/model/texts.ts';
import type { Driver } from '../../src/sandbox/openstack/stack.ts';

const shipped = fileURLToPath(new URL('../../config', import.meta.url));

interface Played {
  readonly seed?: number;
  readonly language?: Language;
  readonly driver?: Driver;
  readonly isOurs?: boolean;
}

async function play({ seed = 1, language = 'en', driver = 'heat', isOurs = true }: Played) {
  const lines: string[] = [];
  const print = (line: string): number => lines.push(line);
  const config = await loadConfigOrThrow(shipped, { language });
  const { missing, messages } = await playOnce(config, { seed, driver, isOurs, print });
  const told = messages.map(({ at, channel, to, subject = '', text }) => [at, channel, to, subject, text].join('\n'));
  return { missing, table: lines.join('\n'), told };
}

/** A place that nobody filled, whatever kind of braces it had, or a sentence that nobody wrote. */
const unfilled = /\{\{?\s*\w+\s*\}?\}|\bundefined\b|\bNaN\b|\[object |\bdemo\.[a-z]/;
/** Three words of Latin letters in a row make an English sentence; names have hyphens, slashes, digits. */
const english = /(?<![\w/-])[A-Za-z]{2,} [A-Za-z]{2,} [A-Za-z]{2,}(?![\w/-])/;

describe('the story of the demo', () => {
  it('happens whole, and twice the same with one seed', async () => {
    const [first, second] = [await play({}), await play({})];
    expect(first.missing).toEqual([]);
    expect(second).toEqual(first);
    expect(first.told.length).toBeGreaterThan(4);
    expect(first.table).not.toMatch(unfilled);
    expect(first.told.filter((message) => unfilled.test(message))).toEqual([]);
  });

  it('is told in Chinese from end to end', async () => {
    const { missing, table, told } = await play({ language: 'zh-CN' });
    expect(missing).toEqual([]);
    const lines = [table, ...told].flatMap((text) => text.split('\n'));
    expect(lines.filter((line) => unfilled.test(line))).toEqual([]);
    // what is typed is no language
    const words = lines.map((line) => line.replace(/springtide alerts ack \w+/, ''));
    expect(words.filter((line) => english.test(line))).toEqual([]);
  });

  it('happens whole with another seed', async () => {
    expect((await play({ seed: 2 })).missing).toEqual([]);
  });

  it('under magnum-cluster-api waits until somebody vouches for the driver, and then knows', async () => {
    const { missing, table } = await play({ driver: 'magnum-cluster-api', seed: 3, language: 'zh-CN' });
    expect(missing).toEqual([]);
    expect(table).toContain('removal: byServerId');
    expect(table).not.toMatch(unfilled);
  });

  it('under magnum-capi-helm shows what springtide does when another VM leaves', async () => {
    const { missing, table, told } = await play({ driver: 'magnum-capi-helm', seed: 4 });
    expect(missing).toEqual([]);
    expect(told.filter((message) => /another server left|no more shrinking/.test(message))).toHaveLength(2);
    expect(table).not.toMatch(unfilled);
  });
});
