// Reads the files of a configuration directory, as they are; what cannot be read is named.
import { createHash } from 'node:crypto';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { messageOf } from '../model/errors.ts';
import { compareText, fileProblem, type Problem } from './problem.ts';
import { findTemplates, templatePatterns } from './template-files.ts';

export interface ConfigFile {
  /** relative to the directory, with forward slashes; of a ConfigMap "configmap shop/policies: web.yaml" */
  readonly path: string;
  readonly bytes: Uint8Array;
  /** where it is a key of a watched ConfigMap */
  readonly configMap?: ConfigMapKey;
}

export interface ConfigMapKey {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string | null;
  readonly key: string;
  /** whoever may write in springtide's own namespace may say everything; others speak for their namespace only */
  readonly isOwn: boolean;
}

export interface ConfigFiles {
  readonly files: readonly ConfigFile[];
  readonly problems: readonly Problem[];
}

export const maximumFileSize = 1024 * 1024;
/** Symbolic links are followed, as a mounted ConfigMap is made of them; this ends a circle of links. */
const maximumDepth = 4;
/** Other folders, such as a volume's lost+found, are nobody's business here. */
const folders = ['policies', 'rules'];
const isYaml = (name: string): boolean => /\.ya?ml$/.test(name);
/** A Prometheus reads rules from files of any name, and many are called so. */
const isMeantAsRules = (name: string): boolean => /^rules\/.*\.rules?$/.test(name);

/** A swap takes an instant: hardly ever is a second reading needed. */
const mostReadings = 10;

/** What every file of the directory lies within: a reading that came to nothing is named so. */
export const wholeDirectory = '.';

/** All YAML files but hidden ones, and the templates of alerts; never half of one version and half of the next. */
export async function readConfigFiles(directory: string): Promise<ConfigFiles> {
  for (let reading = 1; reading <= mostReadings; reading++) {
    const { versions, ...files } = await readOnce(directory);
    let isWhole = true;
    for (const [folder, version] of versions) isWhole &&= (await versionOf(folder)) === version;
    if (isWhole) return files;
  }
  const what = 'the files are being replaced all the time';
  const mend = 'they are read again in a few seconds; what was read last stays';
  return { files: [], problems: [fileProblem(wholeDirectory, 'ConfigUnreadable', 'error', what, mend)] };
}

/** Which version a mounted ConfigMap is at: kubelet swaps the link `..data`; null where there is none. */
const versionOf = (folder: string): Promise<string | null> => realpath(path.join(folder, '..data')).catch(() => null);

interface DirectoryReading extends ConfigFiles {
  /** of each folder that was read, as it was before */
  readonly versions: ReadonlyMap<string, string | null>;
}

async function readOnce(directory: string): Promise<DirectoryReading> {
  const files: ConfigFile[] = [];
  const problems: Problem[] = [];
  const versions = new Map<string, string | null>();

  async function walk(relative: string, folder: string, depth: number): Promise<void> {
    const version = await versionOf(folder);
    versions.set(folder, version);
    // through the version itself: its links would lead to the next one after a swap
    const place = version ?? folder;
    const names = await readdir(place);
    for (const name of names.sort(compareText)) {
      if (name.startsWith('.') || (relative === '' && !isYaml(name) && !folders.includes(name))) continue;
      const child = relative === '' ? name : `${relative}/${name}`;
      try {
        await visit(child, path.join(place, name), depth);
      } catch (error) {
        problems.push(
          fileProblem(
            child,
            'ConfigUnreadable',
            'error',
            `cannot be read: ${messageOf(error)}`,
            'look at its owner and its permissions',
          ),
        );
      }
    }
  }

  async function visit(child: string, place: string, depth: number): Promise<void> {
    const found = await stat(place);
    if (found.isDirectory()) {
      if (depth < maximumDepth) await walk(child, place, depth + 1);
      return;
    }
    if (found.isFile() && isMeantAsRules(child)) {
      const mend = `call it ${child}.yaml`;
      problems.push(
        fileProblem(child, 'PassedOver', 'warning', 'its rules are not read: only files of YAML are', mend),
      );
    }
    if (!isYaml(child) || !found.isFile()) return;
    if (found.size > maximumFileSize)
      problems.push(
        fileProblem(
          child,
          'FileTooLarge',
          'error',
          `the file has ${found.size} bytes, more than 1 MiB`,
          'split it: every file under policies/ is read',
        ),
      );
    else files.push({ path: child, bytes: await readFile(place) });
  }

  try {
    await walk('', directory, 0);
  } catch (error) {
    problems.push(
      fileProblem(
        directory,
        'ConfigUnreadable',
        'error',
        `the directory cannot be read: ${messageOf(error)}`,
        'name a directory with --config DIR',
      ),
    );
  }
  const alerts = files.find(({ path: name }) => /^alerts\.ya?ml$/.test(name));
  const patterns = alerts === undefined ? [] : templatePatterns(alerts.bytes);
  return {
    files: [...files, ...(await findTemplates(directory, patterns)).filter((one) => !isYaml(one.path))],
    problems,
    versions,
  };
}

const shortHash = 12;

/** Of the names and contents as they are; short enough that a person confirms it by typing. */
export function contentHash({ files, problems }: ConfigFiles): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file.path}\0${file.bytes.length}\0`).update(file.bytes);
  for (const problem of problems) hash.update(`${problem.file}\0${problem.message}\0`);
  return hash.digest('hex').slice(0, shortHash);
}
