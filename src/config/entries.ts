// From files to documents, each judged on its own: by its place a file holds policies, alerts, rules, sentences or templates.
import type { DaemonSpec } from '../model/config.ts';
import { languages, type Language } from '../model/texts.ts';
import { asWritten } from './as-written.ts';
import { withTemplates } from './check-templates.ts';
import { keyOf, type Entry } from './conflicts.ts';
import type { DocumentKind } from './documents.ts';
import type { ConfigFile } from './files.ts';
import { judge, type DocumentRole, type Judgement } from './judge.ts';
import { fileProblem, type Problem } from './problem.ts';
import { foreignFindings } from './sources/foreign.ts';
import { problemAt, readSources, type Finding, type Source } from './source.ts';
import { readOverrides } from './texts.ts';

export interface ReadOptions {
  /** where given, references to unset variables are warned of */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** what cannot come into force of an otherwise good Daemon: what needs a restart, a connection that cannot be made */
  readonly judgeDaemon?: (daemon: DaemonSpec) => readonly Finding[];
}

export type Overrides = Partial<Record<Language, Readonly<Record<string, string>>>>;

export interface ReadEntries {
  readonly entries: readonly Entry[];
  readonly problems: readonly Problem[];
  readonly overrides: Overrides;
}

type Role = DocumentRole | 'template' | { readonly messages: string };

/** A ConfigMap has no folders: its rules are in `rules.yaml` or `rules-NAME.yaml`, and a key without a suffix is YAML too. */
function roleOf({ path, configMap }: ConfigFile): Role {
  const file = configMap?.key ?? path;
  const isTemplate = configMap === undefined ? !/\.ya?ml$/.test(file) : file.endsWith('.tmpl');
  if (isTemplate) return 'template';
  const messages = /^messages\.([^/]+)\.ya?ml$/.exec(file)?.[1];
  if (messages !== undefined) return { messages };
  if (/^alerts\.ya?ml$/.test(file)) return 'alerts';
  const isRules = configMap === undefined ? file.startsWith('rules/') : /^rules(?:[.-].*)?\.ya?ml$/.test(file);
  return isRules ? 'rules' : 'documents';
}

export const isTemplate = (file: ConfigFile): boolean => roleOf(file) === 'template';

export function readEntries(files: readonly ConfigFile[], options: ReadOptions): ReadEntries {
  const templates = files.filter((file) => isTemplate(file) && file.configMap === undefined);
  const entries: Entry[] = [];
  const problems: Problem[] = [];
  const overrides: Overrides = {};
  for (const file of files) {
    const role = roleOf(file);
    if (role === 'template') continue;
    if (typeof role === 'object' && file.configMap?.isOwn !== false) {
      for (const source of sourcesOf(file, 'documents', problems)) {
        const language = languages.find((one) => one === role.messages);
        if (language === undefined) {
          problems.push(languageProblem(source, role.messages));
          continue;
        }
        const own = readOverrides(source, language);
        problems.push(...own.problems);
        overrides[language] = { ...overrides[language], ...own.sentences };
      }
      continue;
    }
    const read = judged(file, typeof role === 'object' ? 'documents' : role, templates, options);
    entries.push(...read.entries);
    problems.push(...read.problems);
  }
  return { entries, problems, overrides };
}

function sourcesOf(file: ConfigFile, role: DocumentRole, problems: Problem[]): readonly Source[] {
  const reading = readSources(file, { merges: role !== 'documents' });
  problems.push(...reading.problems);
  switch (role) {
    case 'alerts':
      return reading.sources.map((source) => asWritten(source, 'Alerts'));
    case 'rules':
      return reading.sources.map((source) => asWritten(source, 'Rules'));
    case 'documents':
      return reading.sources;
  }
}

type Judged = Pick<ReadEntries, 'entries' | 'problems'>;

interface Known extends Judged, Pick<ReadOptions, 'env'> {
  /** those that it was judged with */
  readonly templates: readonly ConfigFile[];
}

/** Of thousands of files one changes: what is known of the others is not found out again. */
const known = new WeakMap<ConfigFile, Known>();

/** What is judged by its own file, its templates and the environment alone. */
const isKeptKind: ReadonlySet<string> = new Set<DocumentKind>(['PodPolicy', 'NodePolicy', 'Rules', 'Alerts']);

const isStill = (before: Known, templates: readonly ConfigFile[], { env }: ReadOptions): boolean =>
  before.env === env &&
  before.templates.length === templates.length &&
  before.templates.every((file, index) => file === templates[index]);

function judged(file: ConfigFile, role: DocumentRole, all: readonly ConfigFile[], options: ReadOptions): Judged {
  const templates = role === 'alerts' ? all : [];
  const before = known.get(file);
  if (before !== undefined && isStill(before, templates, options)) return before;
  const problems: Problem[] = [];
  const entries = sourcesOf(file, role, problems).map((source): Entry => {
    const foreign = foreignFindings(source, role, file.configMap ?? null);
    if (foreign.length > 0) {
      problems.push(...foreign.map((finding) => problemAt(source, finding)));
      return { key: `Foreign/${file.path}`, source, accepted: null };
    }
    const own = judge(source, role, options.env ?? null);
    const judgement = withDaemon(role === 'alerts' ? withTemplates(own, source, templates) : own, source, options);
    problems.push(...judgement.problems);
    return { key: keyOf(source, role), source, accepted: judgement.accepted };
  });
  if (entries.every(({ accepted }) => isKeptKind.has(accepted?.kind ?? '')))
    known.set(file, { entries, problems, templates, ...(options.env && { env: options.env }) });
  return { entries, problems };
}

function withDaemon(judgement: Judgement, source: Source, { judgeDaemon }: ReadOptions): Judgement {
  if (judgement.accepted?.kind !== 'Daemon' || judgeDaemon === undefined) return judgement;
  const findings = judgeDaemon(judgement.accepted.value.spec);
  if (findings.length === 0) return judgement;
  return {
    accepted: null,
    problems: [...judgement.problems, ...findings.map((finding) => problemAt(source, finding))],
  };
}

const languageProblem = (source: Source, language: string): Problem =>
  fileProblem(
    source.file,
    'UnknownText',
    'error',
    `there is no language "${language}"`,
    `name the file ${languages.map((one) => `messages.${one}.yaml`).join(' or ')}`,
  );
