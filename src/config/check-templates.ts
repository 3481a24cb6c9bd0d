// Templates of alerts.yaml and of the files that it names: read when the configuration is, each mistake in its place.
import { defaultTemplates } from '../templates/defaults.ts';
import { parseTemplate, TemplateSet } from '../templates/template.ts';
import type { TemplateFile } from '../templates/template.ts';
import type { ConfigFile } from './files.ts';
import type { Judgement } from './judge.ts';
import { fileProblem } from './problem.ts';
import type { Problem, ProblemPath } from './problem.ts';
import { valueAt } from './shape.ts';
import { problemAt } from './source.ts';
import type { Finding, Source } from './source.ts';
import { isMeant } from './template-files.ts';

/** The judgement of alerts.yaml with its templates: those it is given where they are right, their problems where not. */
export function withTemplates(judgement: Judgement, source: Source, files: readonly ConfigFile[]): Judgement {
  if (source.raw === undefined) return judgement;
  const read = files.map(decoded);
  const texts = read.flatMap((one) => ('text' in one ? [one] : []));
  const problems: Problem[] = read.flatMap((one) => ('text' in one ? [] : [one.problem]));
  const set = setOf(texts, problems);
  const findings = [
    ...patternFindings(source.raw, files),
    // where a file cannot be read, what it defines is not missing but unknown
    ...(set === null ? [] : textFindings(source.raw, set)),
  ];
  problems.push(...findings.map((finding) => problemAt(source, finding)));
  const all = [...judgement.problems, ...problems];
  const { accepted } = judgement;
  if (accepted?.kind !== 'Alerts' || problems.some(({ severity }) => severity === 'error'))
    return { accepted: null, problems: all };
  if (texts.length === 0) return { accepted, problems: all };
  return { accepted: { ...accepted, value: { ...accepted.value, templateFiles: texts } }, problems: all };
}

type Decoded = TemplateFile | { readonly problem: Problem };

function decoded({ path, bytes }: ConfigFile): Decoded {
  try {
    return { name: path, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return {
      problem: fileProblem(path, 'NotUtf8', 'error', 'the file is not UTF-8 text', 'save it as UTF-8'),
    };
  }
}

/** Files one by one, so that every wrong one is named. */
function setOf(files: readonly TemplateFile[], problems: Problem[]): TemplateSet | null {
  let set: TemplateSet | null = defaultTemplates;
  for (const file of files) {
    const read = TemplateSet.parse([file], 'alertmanager', set ?? defaultTemplates);
    if (read.ok) set &&= read.set;
    else {
      problems.push(problemInFile(file, read));
      set = null;
    }
  }
  return problems.length === 0 ? set : null;
}

function problemInFile(
  { name, text }: TemplateFile,
  { offset, message, mend }: { readonly offset: number; readonly message: string; readonly mend: string },
): Problem {
  const before = text.slice(0, offset).split('\n');
  const source = text.split('\n')[before.length - 1] ?? '';
  return {
    file: name,
    line: before.length,
    column: (before.at(-1) ?? '').length + 1,
    code: 'WrongTemplate',
    severity: 'error',
    path: [],
    message,
    ...(mend !== '' && { mend }),
    source: source.replace(/\r$/, ''),
  };
}

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

const patternFindings = (raw: unknown, files: readonly ConfigFile[]): Finding[] =>
  list(valueAt(raw, ['templates'])).flatMap((pattern, index): Finding[] =>
    typeof pattern !== 'string' || files.some(({ path }) => isMeant(pattern, path))
      ? []
      : [
          {
            code: 'WrongTemplate',
            severity: 'warning',
            path: ['templates', index],
            message: `no file matches "${pattern}"`,
            mend: 'name files relative to this one; a file that cannot be read or has more than 1 MiB is left out',
          },
        ],
  );

/** What receivers fill in, and how. */
function textFindings(raw: unknown, set: TemplateSet): Finding[] {
  const check = (path: ProblemPath, mode: 'text' | 'html' = 'text'): Finding[] => {
    const text = valueAt(raw, path);
    return typeof text === 'string' ? mistakeIn(text, path, mode, set) : [];
  };
  return [
    ...check(['global', 'smtp_from']),
    ...list(valueAt(raw, ['receivers'])).flatMap((receiver, index) => {
      const place = ['receivers', index];
      return [
        ...list(valueAt(receiver, ['email_configs'])).flatMap((email, number) => {
          const at = [...place, 'email_configs', number];
          const headers = valueAt(email, ['headers']);
          return [
            ...check([...at, 'to']),
            ...check([...at, 'from']),
            ...check([...at, 'text']),
            ...check([...at, 'html'], 'html'),
            ...(typeof headers === 'object' && headers !== null
              ? Object.keys(headers).flatMap((name) => check([...at, 'headers', name]))
              : []),
          ];
        }),
        ...list(valueAt(receiver, ['sms_configs'])).flatMap((_, number) =>
          check([...place, 'sms_configs', number, 'text']),
        ),
        ...list(valueAt(receiver, ['escalation'])).flatMap((_, number) =>
          check([...place, 'escalation', number, 'email', 'to']),
        ),
      ];
    }),
  ];
}

function mistakeIn(text: string, path: ProblemPath, mode: 'text' | 'html', set: TemplateSet): Finding[] {
  if (!text.includes('{{')) return [];
  const read = parseTemplate(text, { dialect: 'alertmanager', mode, set });
  if (read.ok) return [];
  const { offset, message, mend } = read;
  return [{ code: 'WrongTemplate', path, offset, message, ...(mend !== '' && { mend }) }];
}
