// springtide schema: the JSON Schema of each kind of document, for editors and pipelines.
import path from 'node:path';
import { Argument, type Command } from 'commander';
import { schemaNames, schemaText } from '../config/generated.ts';
import { simulationSchemas } from '../simulate/schemas.ts';

/** By the name of the file in docs/schema. */
const schemas: ReadonlyMap<string, string> = new Map([
  ...schemaNames.map((name): [string, string] => [name, schemaText(name)]),
  ...[...simulationSchemas()].map(([file, text]): [string, string] => [path.basename(file, '.json'), text]),
]);

export function registerSchema(program: Command): void {
  program
    .command('schema')
    .description(
      'print the JSON Schema of a kind of document, or of what `alerts simulate` reads and prints; without a name, the list of them',
    )
    .addArgument(new Argument('[kind]', 'which document').choices([...schemas.keys()]))
    .addHelpText(
      'after',
      '\nIn an editor with the YAML language server, as the first line of a policy:\n  # yaml-language-server: $schema=docs/schema/pod-policy.json',
    )
    .action((kind: string | undefined) => {
      process.stdout.write(kind === undefined ? `${[...schemas.keys()].join('\n')}\n` : (schemas.get(kind) ?? ''));
    });
}
