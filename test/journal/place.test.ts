// Where decisions are kept: beside a memory in a directory, or in a directory of their own where the state is in Kubernetes objects.
import { expect, it } from 'vitest';
import { journalPlaceOf } from '../../src/cli/journal-place.ts';
import { daemonSpec } from '../../src/config/schema/daemon.ts';
import { journalDirectoryOf } from '../../src/journal/files.ts';

const settings = (state: unknown) =>
  daemonSpec.parse({ cluster: 'one', prometheus: { url: 'http://127.0.0.1:9090' }, state });
const own = { directory: '/var/lib/springtide/journal' };

it.each([
  ['nothing is said', undefined, '.springtide/decisions'],
  ['the state is in a directory', { directory: '/state' }, '/state/decisions'],
  ['the state is in a directory, and another one is named', { directory: '/state', journal: own }, own.directory],
  ['the state is in the cluster', { kubernetes: {} }, null],
  ['the state is in the cluster, and a directory is named', { kubernetes: {}, journal: own }, own.directory],
])('%s', (_what, state, directory) => {
  expect(journalDirectoryOf(settings(state))).toBe(directory);
});

it('says to whoever asks for the past how there comes to be one', () => {
  expect(() => journalPlaceOf(settings({ kubernetes: {} }), 'explain --at')).toThrow(/journal: \{directory:/);
  expect(journalPlaceOf(settings({ kubernetes: {}, journal: own }), 'explain --at')).toBe(own.directory);
});
