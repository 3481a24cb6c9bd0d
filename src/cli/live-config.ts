// The configuration of a command that looks at the live cluster: what the daemon reads, its directory and the labelled ConfigMaps.
import { systemClock } from '../clock.ts';
import { configOrThrow, type LoadResult } from '../config/load.ts';
import { formatProblem } from '../config/problem.ts';
import { isOfConfigMap, lookAtConfig } from '../configuration/look.ts';
import type { Config } from '../model/config.ts';
import type { Language } from '../model/texts.ts';

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

export interface LiveLoad extends Pick<LoadResult, 'inForce'> {
  readonly config: Config;
}

/** A mistake of the directory ends the command; one in somebody's ConfigMap is told, and the rest counts. */
export async function liveConfig(directory: string, language: Language | undefined): Promise<LiveLoad> {
  const result = await lookAtConfig({
    directory,
    clock: systemClock,
    env: process.env,
    warn: (what) => say(`springtide: ${what}`),
    configMaps: 'asDaemon',
    refused: 'asWritten',
    ...(language !== undefined && { language }),
  });
  const config = configOrThrow(
    { ...result, problems: result.problems.filter((problem) => !isOfConfigMap(problem)) },
    directory,
  );
  for (const problem of result.problems)
    if (isOfConfigMap(problem) && problem.severity === 'error') say(formatProblem(problem));
  return { config, inForce: result.inForce };
}
