// springtide schema: the JSON Schema of each kind of document, for editors and pipelines.
import { Argument, type Command } from 'commander';
import { schemaNames, schemaText, type SchemaName } from '../config/generated.ts';

export function registerSchema(program: Command): void {
  program
    .command('schema')
    .description('print the JSON Schema of a kind of document; without a kind, the list of them')
    .addArgument(new Argument('[kind]', 'which document').choices([...schemaNames]))
    .addHelpText(
      'after',
      '\nIn an editor with the YAML language server, as the first line of a policy:\n  # yaml-language-server: $schema=docs/schema/pod-policy.json',
    )
    .action((kind: SchemaName | undefined) => {
      process.stdout.write(kind === undefined ? `${schemaNames.join('\n')}\n` : schemaText(kind));
    });
}
