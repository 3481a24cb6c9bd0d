// Alertmanager's own tool as the judge: which receivers a label set reaches, and which configurations can be used.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { buildRoutes, routesOf } from '../../src/alerts/route.ts';
import { loadFiles } from '../../src/config/load.ts';
import { alertsDocument } from '../../src/config/schema/alerts.ts';

type Labels = Readonly<Record<string, string>>;

const directory = mkdtempSync(path.join(tmpdir(), 'springtide-amtool-'));
afterAll(() => rmSync(directory, { recursive: true }));

const amtool = (
  ...given: readonly string[]
): Promise<{ readonly good: boolean; readonly output: string; readonly said: string }> =>
  new Promise((resolve) =>
    execFile('amtool', given, (error, stdout, stderr) =>
      resolve({ good: error === null, output: stdout, said: stderr }),
    ),
  );

let files = 0;
function written(config: object): string {
  const file = path.join(directory, `${(files += 1)}.yml`);
  writeFileSync(file, stringify(config));
  return file;
}

const atOnce = 4;
async function each<Item>(items: readonly Item[], judge: (item: Item) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const work = async (): Promise<void> => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) await judge(next);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

const name = fc.constantFrom('a', 'b', 'c');
const value = fc.constantFrom('1', '2', '12', 'x.y', 'x"y', 'x\\y', 'x,y');
const pattern = fc.constantFrom(
  '1',
  '1|2',
  '[12]+',
  '.*',
  '.+',
  '',
  '1?2?',
  '(?i)X.Y',
  'x.y',
  'x\\.y',
  '(1|x).*',
  '[^1]*',
  '\\d+',
);
const quoted = (text: string): string => `"${text.replace(/[\\"]/g, '\\$&')}"`;
const matcher = fc.oneof(
  fc.tuple(name, fc.constantFrom('=', '!='), value).map(([label, sign, text]) => `${label}${sign}${quoted(text)}`),
  fc.tuple(name, fc.constantFrom('=~', '!~'), pattern).map(([label, sign, text]) => `${label} ${sign} ${quoted(text)}`),
  fc.constantFrom('a=1', '{b=2}', 'c!=', 'a=x.y', '{a="1",b=~"2|1"}'),
);
const route = fc.letrec((tie) => ({
  route: fc.record(
    {
      matchers: fc.array(matcher, { maxLength: 2 }),
      match: fc.dictionary(name, value, { maxKeys: 1 }),
      match_re: fc.dictionary(name, pattern, { maxKeys: 1 }),
      continue: fc.boolean(),
      receiver: fc.nat({ max: 19 }).map((number) => `r${number}`),
      routes: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.constant([]),
        fc.array(tie('route'), { maxLength: 3 }),
      ),
    },
    { requiredKeys: ['matchers'] },
  ),
})).route;
const labels = fc.dictionary(name, value);
const receivers = ['root', ...Array.from({ length: 20 }, (_, number) => `r${number}`)].map((one) => ({ name: one }));

describe('amtool config routes test', () => {
  it('names the receivers that we name, for 520 label sets, each on a tree of its own', async () => {
    const trees = fc.sample(fc.tuple(fc.array(route, { minLength: 1, maxLength: 12 }), labels), {
      numRuns: 520,
      seed: 7,
    });
    const asked = trees.map(([routes, set]: readonly [readonly object[], Labels]) => {
      const config = { route: { receiver: 'root', routes }, receivers };
      const root = buildRoutes(alertsDocument.parse(config).route);
      const file = written(config);
      return { file, set, ours: routesOf(root, set).map(({ receiver }) => receiver) };
    });
    const wrong: unknown[] = [];
    await each(asked, async ({ file, set, ours }) => {
      const pairs = Object.entries(set).map(([label, text]) => `${label}=${quoted(text)}`);
      const { output } = await amtool('config', 'routes', 'test', `--config.file=${file}`, ...pairs);
      if (output.trim() !== ours.join(',')) wrong.push({ file, set, ours, theirs: output });
    });
    expect(asked).toHaveLength(520);
    expect(wrong).toEqual([]);
    expect(new Set(asked.map(({ ours }) => ours.join())).size).toBeGreaterThan(30);
  });
});

const broken = {
  group_by: fc.constantFrom(['a', 'a'], ['-a'], ['...', 'a']),
  group_interval: fc.constantFrom('0s', '5', '1x'),
  repeat_interval: fc.constantFrom('0s', ''),
  receiver: fc.constantFrom('nobody', 'root'),
  matchers: fc.constantFrom(['a'], ['a=~"("'], ['a="b'], ['a-b=c'], ['a=b"']),
  match_re: fc.constantFrom({ a: '(' }, { a: '(?=x)' }),
  mute_time_intervals: fc.constantFrom(['day'], ['night']),
  nonsense: fc.constant(1),
};
const sound = {
  group_by: fc.constantFrom(['a', 'b'], ['...'], []),
  group_interval: fc.constantFrom('1m', '1h30m'),
  repeat_interval: fc.constantFrom('4h', '1d'),
  receiver: fc.constant('r1'),
  matchers: fc.array(matcher, { maxLength: 2 }),
  match_re: fc.dictionary(name, pattern, { maxKeys: 1 }),
  active_time_intervals: fc.constant(['day']),
};
const range = (low: number, high: number): fc.Arbitrary<string> =>
  fc.tuple(fc.integer({ min: low, max: high }), fc.integer({ min: low, max: high })).map((ends) => ends.join(':'));
const clock = fc.constantFrom('00:00', '09:00', '17:30', '24:00', '24:01', '9:00');
const interval = fc.record(
  {
    times: fc.array(fc.record({ start_time: clock, end_time: clock }), { maxLength: 1 }),
    weekdays: fc.array(fc.constantFrom('monday', 'Monday:friday', 'friday:monday', 'mon', '1'), { maxLength: 1 }),
    days_of_month: fc.array(fc.oneof(range(-33, 33), range(1, 31), range(-31, -1)), { maxLength: 1 }),
    months: fc.array(fc.oneof(range(1, 12), fc.constantFrom('may', 'march:junius', 'May:june')), { maxLength: 1 }),
    years: fc.array(range(2020, 2024), { maxLength: 1 }),
    location: fc.constantFrom('Asia/Shanghai', 'UTC', 'Local', '', 'Asia/Peking'),
  },
  { requiredKeys: [] },
);

const isUsable = (config: object): boolean => {
  const bytes = new TextEncoder().encode(stringify(config));
  const { problems } = loadFiles({ files: [{ path: 'alerts.yaml', bytes }], problems: [] });
  return !problems.some(({ file, severity }) => file === 'alerts.yaml' && severity === 'error');
};

describe('amtool check-config', () => {
  const child = fc.record(sound, { requiredKeys: [] });
  const wrongChild = fc
    .tuple(child, fc.record(broken, { requiredKeys: [] }))
    .map(([good, bad]) => ({ ...good, ...Object.fromEntries(Object.entries(bad).slice(0, 1)) }));

  it('takes what we take and refuses what we refuse, for 300 configurations', async () => {
    const configs = fc.sample(
      fc.record({
        routes: fc.array(fc.oneof(child, wrongChild), { maxLength: 3 }),
        day: fc.oneof(fc.constant({}), interval),
      }),
      { numRuns: 300, seed: 11 },
    );
    const asked = configs.map(({ routes, day }) => ({
      route: { receiver: 'root', routes },
      time_intervals: [{ name: 'day', time_intervals: [day] }],
      receivers,
    }));
    const wrong: unknown[] = [];
    await each(asked, async (config) => {
      const { good, said } = await amtool('check-config', written(config));
      if (good !== isUsable(config))
        wrong.push({ config: JSON.stringify(config.route), day: config.time_intervals, said });
    });
    expect(wrong).toEqual([]);
    const usable = asked.filter(isUsable).length;
    expect([usable > 50, usable < 250]).toEqual([true, true]);
  });
});
