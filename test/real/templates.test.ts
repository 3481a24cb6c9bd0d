// amtool as the judge of template files and of what mails made of them say.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import type { Alert, LabelSet } from '../../src/alerts/alert.ts';
import { templateData } from '../../src/alerts/template-data.ts';
import { loadFiles } from '../../src/config/load.ts';
import type { Instant } from '../../src/model/units.ts';
import { parseTemplate, TemplateSet } from '../../src/templates/template.ts';
import { goodTexts, inMemory } from '../config/files.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'springtide-templates-'));
afterAll(() => rmSync(directory, { recursive: true }));

interface Said {
  readonly good: boolean;
  readonly output: string;
}
const amtool = (...given: readonly string[]): Promise<Said> =>
  new Promise((resolve) =>
    execFile('amtool', given, (error, stdout, stderr) =>
      resolve({ good: error === null, output: error === null ? stdout : stdout + stderr }),
    ),
  );

let files = 0;
function written(text: string, ending: string): string {
  const file = path.join(directory, `${(files += 1)}${ending}`);
  writeFileSync(file, text);
  return file;
}

async function each<Item>(items: readonly Item[], judge: (item: Item) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const work = async (): Promise<void> => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) await judge(next);
  };
  await Promise.all([work(), work(), work(), work()]);
}

const alerts = (templates: string): string =>
  `templates: ['${templates}']\nroute: {receiver: a}\nreceivers: [{name: a}]\n`;

const name = fc.constantFrom('a', 'b', '__subject', 'email.default.html');
const body = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('', ' \n', '{{/* nothing */}}', '{{- "" -}}', 'x', '{{ .Status }}') },
  fc.constantFrom('{{ .Status | default "x" }}', '{{ template "c" }}', '{{ $x }}', '{{ end }}', '{{ title .Status }}'),
);
const piece = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(name, body).map(([one, text]) => `{{ define "${one}" }}${text}{{ end }}`) },
  fc.tuple(name, body).map(([one, text]) => `{{ block "${one}" . }}${text}{{ end }}`),
  fc.constantFrom(' ', '<p>', '{{ if .Status }}x{{ end }}'),
);

it('amtool takes the template files that we take, of 120', async () => {
  const taken = { yes: 0, no: 0 };
  const texts = fc.sample(
    fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join('')),
    { numRuns: 120, seed: 5 },
  );
  await each(texts, async (text) => {
    const { good, output } = await amtool('check-config', written(alerts(written(text, '.tmpl')), '.yml'));
    const { problems } = loadFiles(inMemory({ ...goodTexts, 'alerts.yaml': alerts('x.tmpl'), 'x.tmpl': text }));
    const mistakes = problems.filter(({ severity }) => severity === 'error').map(({ message }) => message);
    expect.soft(mistakes.length === 0, `${text}\n${output}\n${mistakes.join()}`).toBe(good);
    taken[good ? 'yes' : 'no'] += 1;
  });
  expect(Math.min(taken.yes, taken.no)).toBeGreaterThan(20);
});

interface Recorded {
  readonly receiver: string;
  readonly externalURL: string;
  readonly groupLabels: LabelSet;
  readonly alerts: readonly (Pick<Alert, 'labels' | 'annotations' | 'generatorURL' | 'fingerprint'> &
    Readonly<Record<'status' | 'startsAt' | 'endsAt', string>>)[];
}
const { data } = JSON.parse(readFileSync(path.join(import.meta.dirname, '../templates/go-answers.json'), 'utf8')) as {
  readonly data: Recorded;
};
const at = (text: string): Instant => Date.parse(text) as Instant;
const ours = templateData(
  {
    groupKey: '{}',
    groupLabels: data.groupLabels,
    receiver: data.receiver,
    alerts: data.alerts.map(({ status, startsAt, endsAt, ...alert }): Alert => ({
      ...alert,
      since: at(startsAt),
      accepted: at(startsAt),
      ended: status === 'firing' ? null : at(endsAt),
    })),
  },
  { externalUrl: data.externalURL },
);

const action = fc.constantFrom(
  '{{ .Status }}',
  '{{ .ExternalURL }}',
  '{{ (index .Alerts 0).Annotations.summary }}',
  '{{ (index .Alerts 0).GeneratorURL }}',
  '{{ "a&b <i> \\"q\\" 100%" }}',
  '{{ safeHtml "<u>" }}',
  '{{ len .Alerts }}',
);
const literal = fc.constantFrom(
  'a < b ',
  '<3 ',
  '<p>',
  '</p>',
  '<br/>',
  '& &amp; ',
  '节',
  '<',
  '</ ',
  '<!x>',
  '"',
  ' ',
);
const within = fc.oneof(action, fc.constantFrom('x', 'javascript:', '/a?b=', '#c', '节 '));
const inside = fc.array(within, { maxLength: 3 }).map((parts) => parts.join(''));
const element = fc.oneof(
  fc.tuple(inside, inside).map(([where, text]) => `<a href="${where}">${text}</a>`),
  fc.tuple(inside, inside).map(([title, alt]) => `<img title='${title}' alt="${alt}">`),
  inside.map((text) => `<td class="${text}" style="color: red">`),
  inside.map((text) => `<img src="${text}" data-url='${text}' width="${text}">`),
  inside.map((text) => `<title>${text} < ${text}</title>`),
);
const markup = fc.letrec<{ html: string }>((tie) => ({
  html: fc
    .array(
      fc.oneof(
        { depthSize: 'small' },
        literal,
        action,
        element,
        tie('html').map((text) => `{{ if .Status }}${text} {{ end }}`),
        tie('html').map(
          (text) => `{{ range .GroupLabels.SortedPairs }}{{ .Name }}{{ with $ }}${text} {{ end }}{{ end }}`,
        ),
      ),
      { maxLength: 5 },
    )
    .map((parts) => parts.join('')),
})).html;

it('amtool fills 150 texts as we do, as HTML and as they are', async () => {
  const given = { ...data, status: 'firing', commonLabels: {}, commonAnnotations: {} };
  const facts = written(JSON.stringify(given), '.json');
  const none = written('{{ define "none" }}{{ end }}', '.tmpl');
  let told = 0;
  await each(fc.sample(markup, { numRuns: 150, seed: 3 }), async (text) => {
    for (const mode of ['html', 'text'] as const) {
      const { good, output } = await amtool(
        ...['template', 'render', `--template.glob=${none}`, `--template.type=${mode}`, `--template.data=${facts}`],
        `--template.text=${text}`,
      );
      // Go reads ahead, and refuses what ends in different places
      if (!good) continue;
      const read = parseTemplate(text, { dialect: 'alertmanager', mode, set: TemplateSet.empty });
      expect.soft(read.ok ? read.template.execute(ours, { now: at('2026-11-21') }) : read.message, text).toBe(output);
      told += 1;
    }
  });
  expect(told).toBeGreaterThan(200);
});
