// Loads a configuration directory: every mistake at once and in its place; documents that are right are not held up by others.
import type { Config } from '../model/config.ts';
import { SpringtideError } from '../model/errors.ts';
import { languages, type Language } from '../model/texts.ts';
import { withTemplates } from './check-templates.ts';
import { compileConfig } from './compile.ts';
import { claimNames, keyOf, settleConflicts, type Entry } from './conflicts.ts';
import { contentHash, readConfigFiles, type ConfigFiles } from './files.ts';
import { judge } from './judge.ts';
import { fileProblem, formatProblem, sortProblems, type DocumentName, type Problem } from './problem.ts';
import { withWrittenNumbers } from './rules.ts';
import { readSources, type Source } from './source.ts';
import { readOverrides, shippedSentences } from './texts.ts';

export interface LoadOptions {
  /** instead of the Daemon's own */
  readonly language?: Language;
  /** where given, references to unset variables are warned of */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface LoadedDocument extends DocumentName {
  readonly file: string;
  readonly status: 'accepted' | 'refused' | 'kept';
}

export interface LoadResult {
  /** null only where the Daemon is missing or refused */
  readonly config: Config | null;
  readonly problems: readonly Problem[];
  readonly documents: readonly LoadedDocument[];
  /** what is in force now: hand it to the next load, so that a refused document keeps its last good version */
  readonly inForce: readonly Entry[];
  /** of the files as they are: tells whether there is anything new to load */
  readonly contentHash: string;
}

export async function loadConfig(directory: string, options: LoadOptions = {}): Promise<LoadResult> {
  return loadFiles(await readConfigFiles(directory), options);
}

export async function loadConfigOrThrow(directory: string, options: LoadOptions = {}): Promise<Config> {
  const { config, problems } = await loadConfig(directory, options);
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (config !== null && errors.length === 0) return config;
  throw new SpringtideError({
    code: errors.some(({ code }) => code === 'ConfigEmpty') ? 'ConfigEmpty' : 'ConfigInvalid',
    where: directory,
    what: `${errors.length} ${errors.length === 1 ? 'problem' : 'problems'} in the configuration\n${errors.map(formatProblem).join('\n')}`,
  });
}

type Role = 'documents' | 'alerts' | 'rules' | 'template' | { readonly messages: string };

function roleOf(file: string): Role {
  if (!/\.ya?ml$/.test(file)) return 'template';
  const messages = /^messages\.([^/]+)\.ya?ml$/.exec(file)?.[1];
  if (messages !== undefined) return { messages };
  if (/^alerts\.ya?ml$/.test(file)) return 'alerts';
  return file.startsWith('rules/') ? 'rules' : 'documents';
}

/** Pure but for the shipped texts. `previous`: what was in force before. */
export function loadFiles(read: ConfigFiles, options: LoadOptions = {}, previous: readonly Entry[] = []): LoadResult {
  const problems: Problem[] = [...read.problems];
  const entries: Entry[] = [];
  const overrides: Partial<Record<Language, Record<string, string>>> = {};

  const templates = read.files.filter(({ path }) => roleOf(path) === 'template');
  for (const file of read.files) {
    const role = roleOf(file.path);
    if (role === 'template') continue;
    const reading = readSources(file);
    problems.push(...reading.problems);
    for (const source of reading.sources) {
      if (typeof role === 'object') {
        const language = languages.find((one) => one === role.messages);
        if (language === undefined) problems.push(languageProblem(source, role.messages));
        else {
          const own = readOverrides(source, language);
          problems.push(...own.problems);
          overrides[language] = { ...overrides[language], ...own.sentences };
        }
      } else {
        const judged = judge(role === 'rules' ? withWrittenNumbers(source) : source, role, options.env ?? null);
        const judgement = role === 'alerts' ? withTemplates(judged, source, templates) : judged;
        problems.push(...judgement.problems);
        entries.push({ key: keyOf(source, role), source, accepted: judgement.accepted });
      }
    }
  }

  const settled = settleConflicts(entries, new Set(previous.flatMap(({ key }) => key ?? [])));
  problems.push(...settled.problems);
  const good = settled.entries.filter(({ accepted }) => accepted !== null);
  const kept = keptVersions(settled.entries, read.problems, previous);
  const inForce = [...good, ...kept];
  const documents = inForce.flatMap(({ accepted }) => accepted ?? []);

  // what could not be read may well have been the Daemon
  const unknown = read.problems.length > 0 || entries.some(({ key }) => key === null);
  if (!unknown && ![...entries, ...kept].some(({ key }) => key === 'Daemon'))
    problems.push(missing(entries.length === 0 ? 'ConfigEmpty' : 'DaemonMissing'));
  else if (!unknown && !entries.some(({ key }) => key === 'Alerts')) problems.push(missing('AlertsMissing'));

  const spoken = documents.flatMap((one) => (one.kind === 'Daemon' ? [one.value.spec.language] : []))[0];
  const language = options.language ?? spoken ?? 'en';
  const own = overrides[language] ?? {};
  const texts = { language, sentences: { ...shippedSentences(language), ...own } };
  return {
    config: compileConfig({ documents, texts, overrides: own }),
    problems: sortProblems(problems),
    documents: [
      ...settled.entries.map((entry) => loadedDocument(entry, entry.accepted === null ? 'refused' : 'accepted')),
      ...kept.map((entry) => loadedDocument(entry, 'kept')),
    ],
    inForce,
    contentHash: contentHash(read),
  };
}

const loadedDocument = ({ source, key }: Entry, status: LoadedDocument['status']): LoadedDocument => ({
  ...(source.name ?? { kind: /^(?:Alerts$|Rules(?=\/))/.exec(key ?? '')?.[0] ?? 'unknown' }),
  file: source.file,
  status,
});

/**
 * The last good version of each document that is refused now. Where a refused document does not even say its name, and
 * where a file cannot be read, that is every earlier document of the file that is not to be seen any more.
 */
function keptVersions(entries: readonly Entry[], unreadable: readonly Problem[], previous: readonly Entry[]): Entry[] {
  const good = entries.filter(({ accepted }) => accepted !== null);
  const present = new Set(good.map(({ key }) => key));
  const refused = new Set(entries.filter(({ accepted }) => accepted === null).map(({ key }) => key));
  const nameless = [
    ...entries.filter(({ key, accepted }) => key === null && accepted === null).map(({ source }) => source.file),
    ...unreadable.map(({ file }) => file),
  ];
  const claims = new Set(good.flatMap(claimNames));
  return previous.filter(
    (entry) =>
      !present.has(entry.key) &&
      (refused.has(entry.key) || nameless.some((place) => isWithin(entry.source.file, place))) &&
      claimNames(entry).every((claim) => !claims.has(claim)),
  );
}

const isWithin = (file: string, place: string): boolean => file === place || file.startsWith(`${place}/`);

function missing(code: 'ConfigEmpty' | 'DaemonMissing' | 'AlertsMissing'): Problem {
  switch (code) {
    case 'ConfigEmpty':
      return fileProblem(
        'springtide.yaml',
        code,
        'error',
        'the directory holds no springtide document',
        'name another directory with --config DIR, or copy the example config/',
      );
    case 'DaemonMissing':
      return fileProblem(
        'springtide.yaml',
        code,
        'error',
        'no document of kind Daemon says where the world is',
        'add springtide.yaml with kind: Daemon',
      );
    case 'AlertsMissing':
      return fileProblem(
        'alerts.yaml',
        code,
        'warning',
        'there is no alerts.yaml: nobody is told of anything',
        'add one; config/alerts.yaml is an example',
      );
  }
}

const languageProblem = (source: Source, language: string): Problem =>
  fileProblem(
    source.file,
    'UnknownText',
    'error',
    `there is no language "${language}"`,
    `name the file ${languages.map((one) => `messages.${one}.yaml`).join(' or ')}`,
  );
