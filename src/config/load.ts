// Loads a configuration directory: every mistake at once and in its place; documents that are right are not held up by others.
import type { Config } from '../model/config.ts';
import { SpringtideError } from '../model/errors.ts';
import type { Language } from '../model/texts.ts';
import { compileConfig } from './compile.ts';
import { claimNames, settleConflicts, type Entry } from './conflicts.ts';
import { readEntries, type Overrides, type ReadOptions } from './entries.ts';
import { contentHash, readConfigFiles, wholeDirectory, type ConfigFiles } from './files.ts';
import { allConfigMaps } from './sources/config-maps.ts';
import { fileProblem, formatProblem, sortProblems, type DocumentName, type Problem } from './problem.ts';
import { heldRemovals, removalProblem } from './removals.ts';
import { shippedSentences } from './texts.ts';

export interface LoadOptions extends ReadOptions {
  /** instead of the Daemon's own */
  readonly language?: Language;
  /** the content hash that a person has agreed to lose many policies with */
  readonly confirmed?: string | null;
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
  return configOrThrow(await loadConfig(directory, options), directory);
}

export function configOrThrow(
  { config, problems }: Pick<LoadResult, 'config' | 'problems'>,
  directory: string,
): Config {
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (config !== null && errors.length === 0) return config;
  throw new SpringtideError({
    code: errors.some(({ code }) => code === 'ConfigEmpty') ? 'ConfigEmpty' : 'ConfigInvalid',
    where: directory,
    what: `${errors.length} ${errors.length === 1 ? 'problem' : 'problems'} in the configuration\n${errors.map(formatProblem).join('\n')}`,
  });
}

/** Pure but for the shipped texts. `previous`: what was in force before. */
export function loadFiles(read: ConfigFiles, options: LoadOptions = {}, previous: readonly Entry[] = []): LoadResult {
  const { entries, overrides, ...judged } = readEntries(read.files, options);
  const problems: Problem[] = [...read.problems, ...judged.problems];
  const settled = settleConflicts(entries, new Set(previous.flatMap(({ key }) => key ?? [])));
  problems.push(...settled.problems);
  const good = settled.entries.filter(({ accepted }) => accepted !== null);
  const unread = read.problems.filter(({ severity }) => severity === 'error');
  const kept = keptVersions(settled.entries, unread, previous);
  const hash = contentHash(read);
  const isFree = entries.length === 0 || options.confirmed === hash;
  const held = isFree ? [] : heldRemovals(previous, settled.entries, kept);
  if (held.length > 0) problems.push(removalProblem(held, previous, hash));
  const inForce = [...good, ...kept, ...held];
  // what could not be read may well have been the Daemon
  const unknown = unread.length > 0 || entries.some(({ key }) => key === null);
  if (!unknown && ![...entries, ...kept].some(({ key }) => key === 'Daemon'))
    problems.push(missing(entries.length === 0 ? 'ConfigEmpty' : 'DaemonMissing'));
  else if (!unknown && !entries.some(({ key }) => key === 'Alerts')) problems.push(missing('AlertsMissing'));

  return {
    config: compiled(inForce, overrides, options),
    problems: sortProblems(problems),
    documents: [
      ...settled.entries.map((entry) => loadedDocument(entry, entry.accepted === null ? 'refused' : 'accepted')),
      ...[...kept, ...held].map((entry) => loadedDocument(entry, 'kept')),
    ],
    inForce,
    contentHash: hash,
  };
}

/** What was last good, before any file was read: a process that was just started goes on from it. */
export const inForceOnly = (inForce: readonly Entry[], options: LoadOptions): LoadResult => ({
  config: compiled(inForce, {}, options),
  problems: [],
  documents: inForce.map((entry) => loadedDocument(entry, 'kept')),
  inForce,
  contentHash: '',
});

function compiled(inForce: readonly Entry[], overrides: Overrides, options: LoadOptions): Config | null {
  const documents = inForce.flatMap(({ accepted }) => accepted ?? []);
  const spoken = documents.flatMap((one) => (one.kind === 'Daemon' ? [one.value.spec.language] : []))[0];
  const language = options.language ?? spoken ?? 'en';
  const own = overrides[language] ?? {};
  const texts = { language, sentences: { ...shippedSentences(language), ...own } };
  return compileConfig({ documents, texts, overrides: own });
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

/** "policies" and "policies/web.yaml", "configmap shop" and "configmap shop/policies: web.yaml". */
const isWithin = (file: string, place: string): boolean =>
  file === place ||
  file.startsWith(`${place}/`) ||
  (place === allConfigMaps && file.startsWith(`${place} `)) ||
  (place === wholeDirectory && !file.startsWith(`${allConfigMaps} `));

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
