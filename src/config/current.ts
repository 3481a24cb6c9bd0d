// What is in force now, and what of the files is not.
import type { Config } from '../model/config.ts';
import type { LoopFacts } from '../model/snapshot.ts';
import type { LoadResult } from './load.ts';
import type { Problem } from './problem.ts';

export class CurrentConfig {
  #result: LoadResult;
  #config: Config;

  constructor(result: LoadResult, config: Config) {
    this.#result = result;
    this.#config = config;
  }

  take(result: LoadResult): void {
    this.#result = result;
    this.#config = result.config ?? this.#config;
  }

  /** What a reload goes on from. */
  get result(): LoadResult {
    return this.#result;
  }

  readonly config = (): Config => this.#config;

  readonly refused = (): LoopFacts['refused'] => refusedOf(this.#result.problems);
}

/** One entry a document, or a file where the document has no name: with the first thing that is wrong in it. */
function refusedOf(problems: readonly Problem[]): LoopFacts['refused'] {
  const byDocument = new Map<string, string>();
  for (const problem of problems) {
    if (problem.severity !== 'error') continue;
    const name = documentOf(problem);
    if (!byDocument.has(name)) byDocument.set(name, `${problem.file}:${problem.line}: ${problem.message}`);
  }
  return [...byDocument].map(([document, why]) => ({ document, why }));
}

function documentOf({ document, file }: Problem): string {
  if (document === undefined) return file;
  const { kind, namespace, name } = document;
  return [kind, [namespace, name].filter((part) => part !== undefined).join('/')]
    .filter((part) => part !== '')
    .join(' ');
}
