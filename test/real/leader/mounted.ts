// A configuration directory as kubelet makes it: links into a version of all files, swapped for the next one in a single step.
import { existsSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { writeConfiguration } from '../support/daemon-process.ts';

/** The returned function puts the next version in place; files that it does not name are gone. */
export function mountConfiguration(directory: string): (files: Readonly<Record<string, unknown>>) => void {
  let versions = 0;
  return (files) => {
    versions += 1;
    const version = `..version_${versions}`;
    writeConfiguration(join(directory, version), files);
    symlinkSync(version, join(directory, '..data_tmp'));
    renameSync(join(directory, '..data_tmp'), join(directory, '..data'));
    for (const name of Object.keys(files))
      if (!existsSync(join(directory, name))) symlinkSync(join('..data', name), join(directory, name));
  };
}
