// Loads what is played: one file, or a directory of them, without anything that says where the world is.
import { readFile, stat } from 'node:fs/promises';
import { readConfigFiles, type ConfigFile, type ConfigFiles } from '../../config/files.ts';
import { configOrThrow, loadFiles } from '../../config/load.ts';
import type { Config } from '../../model/config.ts';
import { messageOf, SpringtideError } from '../../model/errors.ts';
import type { Language } from '../../model/texts.ts';

/** A file of policies says nothing of a world, and none is needed to play it. */
const nowhere: ConfigFile = {
  path: 'springtide.yaml',
  bytes: Buffer.from(
    'apiVersion: springtide/v1\nkind: Daemon\nspec: {cluster: simulated, prometheus: {url: "http://127.0.0.1:9090"}, openstack: {cloud: simulated}}\n',
  ),
};

async function filesAt(place: string): Promise<ConfigFiles> {
  try {
    if ((await stat(place)).isDirectory()) return await readConfigFiles(place);
    return { files: [{ path: place, bytes: await readFile(place) }], problems: [] };
  } catch (thrown) {
    throw new SpringtideError({
      code: 'ConfigUnreadable',
      where: place,
      what: messageOf(thrown),
      mend: 'name a file with a PodPolicy, or a configuration directory',
      cause: thrown,
    });
  }
}

export async function loadPolicies(place: string, language: Language | undefined): Promise<Config> {
  const read = await filesAt(place);
  const options = language === undefined ? {} : { language };
  const result = loadFiles(read, options);
  const lacksWorld = result.problems.some(({ code }) => code === 'DaemonMissing');
  return configOrThrow(lacksWorld ? loadFiles({ ...read, files: [...read.files, nowhere] }, options) : result, place);
}
