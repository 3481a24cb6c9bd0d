// springtide import: HorizontalPodAutoscalers and KEDA ScaledObjects as PodPolicy documents, and what could not be carried over.
import { Argument, InvalidArgumentError, Option, type Command } from 'commander';
import { parseAllDocuments } from 'yaml';
import { judge } from '../config/judge.ts';
import { readSources } from '../config/source.ts';
import { shippedTexts } from '../config/texts.ts';
import { convertObjects, sources, type Conversion, type SourceKind } from '../convert/convert.ts';
import type { Note } from '../convert/note.ts';
import { messageOf, SpringtideError } from '../model/errors.ts';
import { fillText, languages, type Language, type Texts } from '../model/texts.ts';
import { fileText } from './file-text.ts';
import { notesText, policiesText } from './import-text.ts';

interface ImportOptions {
  readonly namespace: string;
  readonly queryFor: ReadonlyMap<string, string>;
  readonly keepIgnoreNullValues?: true;
  readonly output: 'yaml' | 'json';
  readonly lang: Language;
}

export function registerImport(program: Command): void {
  program
    .command('import')
    .description('turn HorizontalPodAutoscalers or KEDA ScaledObjects into PodPolicies; every one is a dry run')
    .addArgument(new Argument('<from>', 'what is read').choices([...sources]))
    .argument('<files...>', 'YAML or JSON, "-": standard input; as kubectl get -o yaml prints it')
    .option('-n, --namespace <name>', 'of objects that say none', 'default')
    .addOption(
      new Option('--query-for <metric=promql>', 'the PromQL behind a metric of an HPA, once for each metric')
        .argParser(addQuery)
        .default(new Map<string, string>(), 'a guess, marked CHECK'),
    )
    .option('--keep-ignore-null-values', 'KEDA: an empty answer counts as 0 where ignoreNullValues says so')
    .addOption(new Option('-o, --output <format>', 'yaml or json').choices(['yaml', 'json']).default('yaml'))
    .addOption(new Option('--lang <language>', 'language of the notes').choices([...languages]).default('en'))
    .addHelpText(
      'after',
      `
The policies go to standard output, what was changed, guessed and left behind to standard error.
  kubectl get hpa -A -o yaml | springtide import hpa - > policies.yaml
  springtide import hpa hpa.yaml --query-for 'http_requests=sum by (pod) (rate(http_requests_total[1m]))'
{{namespace}} and {{name}} in a query are those of the target.

Exit codes: 0 whatever could be carried over, 2 the input cannot be read.`,
    )
    .action(importObjects);
}

function addQuery(text: string, previous: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const [, metric = '', query = ''] = /^([^=]+)=(.*\S.*)$/s.exec(text) ?? [];
  if (metric === '') throw new InvalidArgumentError('Write METRIC=PROMQL.');
  return new Map([...previous, [metric.trim(), query.trim()]]);
}

async function importObjects(source: SourceKind, files: readonly string[], options: ImportOptions): Promise<void> {
  const documents: unknown[] = [];
  for (const file of files) documents.push(...documentsOf(await read(file), file));
  const { namespace, queryFor: queries, keepIgnoreNullValues = false } = options;
  const conversion = convertObjects(documents, source, { namespace, queries, keepIgnoreNullValues });
  const texts = shippedTexts(options.lang);
  const doubts = conversion.policies.map((policy) => doubtsOf(policy, texts));
  process.stderr.write(notesText(conversion, doubts, texts));
  process.stdout.write(options.output === 'json' ? json(conversion, texts) : policiesText(conversion, texts));
}

async function read(file: string): Promise<string> {
  try {
    return await fileText(file);
  } catch (thrown) {
    throw new SpringtideError({ code: 'ConfigUnreadable', where: file, what: messageOf(thrown), cause: thrown });
  }
}

/** Aliases that expand to more than any object needs are refused. */
const maximumAliases = 1000;

function documentsOf(text: string, file: string): unknown[] {
  if (text.trimStart().startsWith('{'))
    try {
      return [JSON.parse(text)];
    } catch {
      // Several JSON documents, or YAML in braces: the other reader says what is wrong.
    }
  const documents = parseAllDocuments(text, { uniqueKeys: false, logLevel: 'silent' });
  const list = Array.isArray(documents) ? documents : [];
  const error = list.flatMap(({ errors }) => errors)[0];
  if (error !== undefined) throw unreadable(file, error.message, error);
  try {
    const values = list.map((document) => document.toJS({ maxAliasCount: maximumAliases }) as unknown);
    return values.filter((value) => value !== null);
  } catch (thrown) {
    throw unreadable(file, messageOf(thrown), thrown);
  }
}

const unreadable = (file: string, what: string, cause: unknown): SpringtideError =>
  new SpringtideError({
    code: 'ConfigInvalid',
    where: file === '-' ? 'standard input' : file,
    what: what.trimEnd(),
    mend: 'hand over YAML or JSON as `kubectl get -o yaml` prints it; render templates first',
    cause,
  });

/** A query that somebody else's tool accepted may still be none: what a load would refuse is told now. */
function doubtsOf({ document }: Conversion['policies'][number], texts: Texts): string[] {
  const bytes = new TextEncoder().encode(JSON.stringify(document));
  return readSources({ path: 'policy.json', bytes }, { merges: false })
    .sources.flatMap((one) => judge(one, 'documents', null).problems)
    .filter(({ severity }) => severity === 'error')
    .map(({ path, message }) => fillText(texts, 'cli.import.refused', { field: path.join('.'), what: message }));
}

function json({ policies, notes }: Conversion, texts: Texts): string {
  const withSentence = (note: Note): object => ({
    ...note,
    message: fillText(texts, `cli.import.note.${note.code}`, note.facts),
  });
  return `${JSON.stringify({ policies: policies.map(({ document }) => document), notes: notes.map(withSentence) }, null, 2)}\n`;
}
