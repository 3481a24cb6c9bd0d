// Reads the files of a configuration directory, as they are; what cannot be read is named.
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { messageOf } from '../model/errors.ts';
import { compareText, fileProblem, type Problem } from './problem.ts';
import { findTemplates, templatePatterns } from './template-files.ts';

export interface ConfigFile {
  /** relative to the directory, with forward slashes */
  readonly path: string;
  readonly bytes: Uint8Array;
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

/** All YAML files but hidden ones: kubelet's `..data` and editors' swap files are not configuration; and the templates of alerts. */
export async function readConfigFiles(directory: string): Promise<ConfigFiles> {
  const files: ConfigFile[] = [];
  const problems: Problem[] = [];

  async function walk(relative: string, depth: number): Promise<void> {
    const names = await readdir(path.join(directory, relative));
    for (const name of names.sort(compareText)) {
      if (name.startsWith('.') || (relative === '' && !isYaml(name) && !folders.includes(name))) continue;
      const child = relative === '' ? name : `${relative}/${name}`;
      try {
        await visit(child, depth);
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

  async function visit(child: string, depth: number): Promise<void> {
    const place = path.join(directory, child);
    const found = await stat(place);
    if (found.isDirectory()) {
      if (depth < maximumDepth) await walk(child, depth + 1);
      return;
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
    await walk('', 0);
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
  };
}

/** Of the names and contents as they are; another order of reading is no difference. */
export function contentHash({ files, problems }: ConfigFiles): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file.path}\0${file.bytes.length}\0`).update(file.bytes);
  for (const problem of problems) hash.update(`${problem.file}\0${problem.message}\0`);
  return hash.digest('hex');
}
