// What is in force now, and what of the files is not: read at the start, and again whenever they change.
import type { Clock } from '../clock.ts';
import type { Config } from '../model/config.ts';
import { SpringtideError } from '../model/errors.ts';
import type { LoopFacts } from '../model/snapshot.ts';
import { loadConfig, type LoadResult } from './load.ts';
import { formatProblem } from './problem.ts';
import { watchConfig, type Reload } from './watch.ts';

type Env = Readonly<Record<string, string | undefined>>;

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

  readonly refused = (): LoopFacts['refused'] => {
    const errors = this.#result.problems.filter(({ severity }) => severity === 'error');
    const byDocument = new Map<string, string>();
    for (const { document, file, line, message } of errors) {
      const name = document === undefined ? file : `${document.kind} ${document.name}`;
      if (!byDocument.has(name)) byDocument.set(name, `${file}:${line}: ${message}`);
    }
    return [...byDocument].map(([document, why]) => ({ document, why }));
  };
}

export interface OpenConfigOptions {
  readonly directory: string;
  readonly clock: Clock;
  readonly env: Env;
  readonly signal: AbortSignal;
  readonly say: (problem: string) => void;
}

export interface OpenConfig extends Pick<CurrentConfig, 'config' | 'refused'> {
  /** Until the signal: the listener hears of everything that was read again, after it has come into force. */
  follow(onReload: (reload: Reload) => void): Promise<void>;
}

/** Throws where there is no Daemon that can be used. */
export async function openConfig({ directory, clock, env, signal, say }: OpenConfigOptions): Promise<OpenConfig> {
  const result = await loadConfig(directory, { env });
  for (const problem of result.problems) say(formatProblem(problem));
  if (result.config === null)
    throw new SpringtideError({
      code: 'ConfigInvalid',
      where: directory,
      what: 'there is no Daemon document that can be used',
      mend: 'mend what is listed above, then try `springtide validate`',
    });
  const current = new CurrentConfig(result, result.config);
  return {
    config: current.config,
    refused: current.refused,
    follow: (onReload) =>
      watchConfig(directory, current.result, { clock, env, signal }, (reload) => {
        current.take(reload.result);
        onReload(reload);
      }),
  };
}
