// Secrets are read when they are needed: a rotated one is used without a restart, and none stays in the configuration.
import { readFile } from 'node:fs/promises';

export interface SecretReference {
  readonly file?: string | undefined;
  readonly env?: string | undefined;
}

export async function readSecret({ file, env }: SecretReference): Promise<string> {
  const secret = file === undefined ? process.env[env ?? ''] : await readFile(file, 'utf8');
  if (secret === undefined) throw new Error(`the environment has no ${env ?? ''}`);
  const trimmed = secret.trim();
  if (trimmed === '') throw new Error(`${file ?? env ?? 'the secret'} is empty`);
  return trimmed;
}

/** A credential as gateways have it: `name` as a text or a reference, or `nameFile`. */
export async function readCredential<Name extends string>(
  settings: Readonly<Partial<Record<Name, string | SecretReference | undefined>>> &
    Readonly<Partial<Record<`${Name}File`, string | undefined>>>,
  name: Name,
): Promise<string> {
  const value: string | SecretReference | undefined = settings[name];
  if (typeof value === 'string') return value;
  const file: string | undefined = (settings as Readonly<Record<string, string | undefined>>)[`${name}File`];
  try {
    return await readSecret(value ?? { file });
  } catch (error) {
    throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
