// The last good documents over a restart: found again by their names, whatever has become of the files.
import { describe, expect, it } from 'vitest';
import { lastGoodText, packLastGood, restoreLastGood } from '../../src/config/last-good.ts';
import { inForceOnly, loadFiles, type LoadResult } from '../../src/config/load.ts';
import { reloadFiles } from '../../src/config/watch.ts';
import { goodTexts, inMemory, type FileTexts } from './files.ts';

const web = goodTexts['policies/web.yaml'] ?? '';
const texts: FileTexts = {
  ...goodTexts,
  'rules/own.yaml': 'groups: [{name: g, rules: [{alert: Down, expr: up == 0}]}]\n',
  'policies/bank.yaml': `apiVersion: springtide/v1
kind: Calendar
metadata: {name: bank}
spec: {timeZone: Asia/Shanghai, windows: {office: {days: [mon-fri], start: "08:00", end: "20:00"}}}
---
${web.replaceAll('name: web', 'name: night').replace(/metrics:[\s\S]*/, 'schedule: [{name: day, use: office, min: 5}]\n  mode: act\n')}`,
};
const first = loadFiles(inMemory(texts));

async function restarted(files: FileTexts, running: LoadResult, origin = '/config'): Promise<LoadResult> {
  const packed = await packLastGood(lastGoodText(running.inForce, inMemory(texts).files, '/config'));
  const { entries, damage } = await restoreLastGood(packed, origin, {});
  expect(damage).toBeNull();
  return reloadFiles(inMemory(files), {}, inForceOnly(entries, {})).result;
}

describe('what was in force before a restart', () => {
  it('is the same afterwards', async () => {
    expect(first.problems).toEqual([]);
    const again = await restarted(texts, first);
    expect([again.config?.hash, again.problems]).toEqual([first.config?.hash, []]);
  });

  it('stays where every file is broken now, the Daemon too', async () => {
    const broken = Object.fromEntries(Object.entries(texts).map(([file, text]) => [file, `${text}\n  broken: [\n`]));
    const again = await restarted(broken, first);
    expect(again.config?.hash).toBe(first.config?.hash);
    expect(new Set(again.problems.map(({ file }) => file))).toEqual(new Set(Object.keys(texts)));
  });

  it('stays where no file is there any more', async () => {
    const again = await restarted({}, first);
    expect([again.config?.hash, again.problems.map(({ code }) => code)]).toEqual([first.config?.hash, ['ConfigEmpty']]);
  });

  it('stays where many policies are gone with the restart', async () => {
    const again = await restarted(goodTexts, first);
    expect(again.problems.map(({ code }) => code)).toEqual(['ManyRemoved']);
    expect(again.config?.podPolicies.map(({ metadata }) => metadata.name)).toEqual(['night', 'web']);
  });

  it('keeps two versions of one file apart: one document of the old, one of the new', async () => {
    const two = loadFiles(
      inMemory({ ...texts, 'policies/web.yaml': `${web}---\n${web.replaceAll('name: web', 'name: api')}` }),
    );
    const half = loadFiles(
      inMemory({
        ...texts,
        'policies/web.yaml': `${web.replace('max: 40', 'max: many')}---\n${web.replaceAll('name: web', 'name: api').replace('max: 40', 'max: 50')}`,
      }),
      {},
      two.inForce,
    );
    const again = await restarted({ ...texts, 'policies/web.yaml': 'kind: [' }, half);
    expect(again.config?.podPolicies.map(({ metadata, spec }) => [metadata.name, spec.replicas.max])).toEqual([
      ['api', 50],
      ['night', 40],
      ['web', 40],
    ]);
  });

  it('of another directory is not taken', async () => {
    const again = await restarted(goodTexts, first, '/elsewhere');
    expect([again.problems, again.config?.podPolicies.length]).toEqual([[], 1]);
  });

  it.each([
    ['torn', (packed: string) => packed.slice(0, packed.length / 2)],
    ['not ours', () => 'hello'],
    ['empty', () => ''],
  ])('is not believed where it is %s, and that is said', async (_, damaged) => {
    const packed = await packLastGood(lastGoodText(first.inForce, [], '/config'));
    const { entries, damage } = await restoreLastGood(damaged(packed), '/config', {});
    expect([entries, typeof damage]).toEqual([[], 'string']);
  });
});
