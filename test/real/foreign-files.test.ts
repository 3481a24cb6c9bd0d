// Files as people write them, empty, loose and merged, before their own judges: amtool and promtool take what we take, and refuse the rest.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { loadFiles } from '../../src/config/load.ts';
import { formatProblem } from '../../src/config/problem.ts';
import { goodTexts, inMemory } from '../config/files.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'springtide-foreign-'));
afterAll(() => rmSync(directory, { recursive: true }));

let files = 0;
function judged(tool: 'amtool' | 'promtool', command: readonly string[], text: string): Promise<string> {
  const file = path.join(directory, `${(files += 1)}.yml`);
  writeFileSync(file, text);
  return new Promise((resolve) =>
    execFile(tool, [...command, file], (error, stdout, stderr) => resolve(error === null ? '' : stdout + stderr)),
  );
}

const ours = (file: string, text: string): string =>
  loadFiles(inMemory({ ...goodTexts, [file]: text }))
    .problems.filter(({ severity }) => severity === 'error')
    .map(formatProblem)
    .join('\n');

/** What may stand behind a key; most often it is nothing, or a plain name. */
const kinds = {
  TRUTH: ['', '~', 'yes', 'No', 'ON', 'off', 'y', 'true', 'True', "'yes'", 'ja', '1'],
  TEXT: ['x', '', '5', '1.10', '0x1F', 'true', 'yes', "'x'", '2026-01-01', '[]', '{}'],
  NAME: ['x', '', '5', '1.10', 'true', 'yes', "'x'", '2026-01-01', '[]'],
  NAMES: ['', '~', '[]', '[a, b]', '[true]', 'a', '{}'],
  TEXTS: ['', '~', '{}', '{a: 5, b: 1.10, c: , d: true, e: no}', '[a]', '{a: [b]}'],
  SPAN: ['', '~', '5m', '1h30m', '5', '1d'],
} as const;

type Kind = keyof typeof kinds;
const isKind = (place: string): place is Kind => Object.hasOwn(kinds, place);

const filled = (template: string): fc.Arbitrary<string> =>
  fc
    .tuple(
      ...template
        .split(/\b(TRUTH|TEXTS|TEXT|NAMES|NAME|SPAN)\b/)
        .map((place) =>
          isKind(place)
            ? fc.oneof(
                { weight: 1, arbitrary: fc.constantFrom<string[]>(...kinds[place]) },
                { weight: 3, arbitrary: fc.constant(place === 'NAME' ? 'x' : '') },
              )
            : fc.constant(place),
        ),
    )
    .map((parts) => parts.join(''));

const sample = (template: string, count: number): string[] => fc.sample(filled(template), count);

async function each(texts: readonly string[], judge: (text: string) => Promise<void>): Promise<void> {
  const waiting = [...texts];
  const work = async (): Promise<void> => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) await judge(next);
  };
  await Promise.all([work(), work(), work(), work()]);
}

const alertmanager = `
global:
  smtp_smarthost: mail:25
  smtp_from: a@b.cn
  smtp_auth_username: TEXT
  smtp_auth_password: TEXT
  smtp_require_tls: TRUTH
  resolve_timeout: SPAN
templates: NAMES
route:
  receiver: a
  group_by: NAMES
  group_wait: SPAN
  match: 
  routes:
    - &base
      receiver: a
      match: TEXTS
      continue: TRUTH
      repeat_interval: SPAN
      routes:
    - <<: *base
      continue: TRUTH
inhibit_rules:
  - {source_match: TEXTS, target_match: {a: TEXT}, equal: NAMES}
time_intervals:
receivers:
  - name: a
    email_configs:
      - &mail {to: 'a@b.cn', send_resolved: TRUTH, headers: {X-Priority: TEXT, subject: TEXT}, hello: TEXT}
      - <<: *mail
        require_tls: TRUTH
    webhook_configs:
      - {url: 'http://127.0.0.1:1/', send_resolved: TRUTH, http_config: }
`;

it('amtool takes what we take, for 80 files', async () => {
  const taken = { yes: 0, no: 0 };
  await each(sample(alertmanager, 80), async (text) => {
    const said = await judged('amtool', ['check-config'], text);
    const mistakes = ours('alerts.yaml', text);
    expect.soft(mistakes !== '', `${text}\n${said}\n${mistakes}`).toBe(said !== '');
    taken[said === '' ? 'yes' : 'no'] += 1;
  });
  expect(Math.min(taken.yes, taken.no)).toBeGreaterThan(5);
});

it.each([
  ['route: {receiver: a, routes: [{match_re: {team: }}]}', false],
  ["route: {receiver: a, routes: [{match_re: {team: ''}}]}", true],
  ['route: {receiver: a, routes: [{match: {team: }}]}', true],
  ['inhibit_rules: [{source_match_re: {team: ~}}]\nroute: {receiver: a}', false],
  ['inhibit_rules: [{target_match_re: {team: a, job: }}]\nroute: {receiver: a}', false],
  ['inhibit_rules: [{target_match: {team: }}]\nroute: {receiver: a}', true],
])('amtool agrees about a value that is not there: %s', async (text, isTaken) => {
  const whole = `${text}\nreceivers: [{name: a}]\n`;
  expect((await judged('amtool', ['check-config'], whole)) === '').toBe(isTaken);
  expect(ours('alerts.yaml', whole) === '').toBe(isTaken);
});

const prometheus = `
groups:
  - name: NAME
    interval: SPAN
    limit: 
    rules:
      - alert: A
        expr: 1
        for: SPAN
        keep_firing_for: SPAN
        labels: &labels {severity: TEXT, team: TEXT}
        annotations: TEXTS
      - alert: B
        expr: holt_winters(x[1h], 0.5, 5.)
        labels: {<<: *labels, tier: TEXT}
      - record: b
        expr: x
        for: 0s
        annotations: 
  - name: other
    rules:
`;

it('promtool takes what we take, for 60 files', async () => {
  const taken = { yes: 0, no: 0 };
  await each(sample(prometheus, 60), async (text) => {
    const said = await judged('promtool', ['check', 'rules'], text);
    const mistakes = ours('rules/a.yaml', text);
    expect.soft(mistakes !== '', `${text}\n${said}\n${mistakes}`).toBe(said !== '');
    taken[said === '' ? 'yes' : 'no'] += 1;
  });
  expect(Math.min(taken.yes, taken.no)).toBeGreaterThan(5);
});
