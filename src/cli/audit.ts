// springtide audit verify: whether an audit log still is what was written, and where it is not.
import { Option, type Command } from 'commander';
import { readHead } from '../audit/file.ts';
import { verify, type Verified } from '../audit/verify.ts';
import { shippedTexts } from '../config/texts.ts';
import { messageOf, SpringtideError } from '../model/errors.ts';
import { fillText, languages, type Language, type Texts } from '../model/texts.ts';

interface VerifyOptions {
  readonly output: 'text' | 'json';
  readonly lang: Language;
}

/** Beside the codes that all verbs share. */
const broken = 4;

export function registerAudit(program: Command): void {
  program
    .command('audit')
    .description('the audit log')
    .command('verify')
    .description('walk the chain of one audit log: nothing changed, left out or put in')
    .argument('<files...>', 'rotated ones too, the oldest first')
    .addOption(new Option('-o, --output <format>', 'text or json').choices(['text', 'json']).default('text'))
    .addOption(new Option('--lang <language>', 'language of the sentences').choices([...languages]).default('en'))
    .addHelpText('after', '\nExit codes: 0 whole, 2 a file cannot be read, 4 broken; the first broken link is told.')
    .action(verifyFiles);
}

async function verifyFiles(files: readonly string[], { output, lang }: VerifyOptions): Promise<void> {
  const verified = await verify(files, await readHead(files.at(-1) ?? '')).catch((thrown: unknown) => {
    throw new SpringtideError({
      code: 'UsageInvalid',
      where: 'audit verify',
      what: messageOf(thrown),
      mend: 'name the files of one audit log, the oldest first',
      cause: thrown,
    });
  });
  process.stdout.write(
    `${output === 'json' ? JSON.stringify(verified, null, 2) : textOf(verified, shippedTexts(lang))}\n`,
  );
  if (verified.broken !== null) process.exitCode = broken;
}

function textOf({ lines, first, last, broken: link }: Verified, texts: Texts): string {
  if (link !== null) {
    const why = fillText(texts, `cli.audit.why.${link.why}`);
    return fillText(texts, 'cli.audit.broken', { file: link.file, line: link.line, why, count: lines });
  }
  if (first === null || last === null) return fillText(texts, 'cli.audit.empty');
  const facts = { count: lines, first: first.seq, since: first.time ?? '', last: last.seq, until: last.time ?? '' };
  const whole = fillText(texts, 'cli.audit.whole', facts);
  return first.seq === 1 ? whole : `${whole}\n${fillText(texts, 'cli.audit.begins', facts)}`;
}
