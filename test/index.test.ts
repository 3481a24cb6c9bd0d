// What other programs import: the names of the contract, and that they fit together.
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { decide, emptyMemory, loadConfig, record } from '../src/index.ts';
import { aSnapshot, noon } from './builders.ts';

const directory = fileURLToPath(new URL('config/good', import.meta.url));

describe('the library', () => {
  it('decides from a loaded configuration and an empty memory, and records nothing from nothing', async () => {
    const config = await loadConfig(directory);
    const decided = decide(aSnapshot().build(), config, emptyMemory(), noon);
    expect(decided.plan.configHash).toBe(config.hash);
    expect(decided.plan.pods.map((one) => one.reason)).toEqual(config.podPolicies.map(() => 'FailedGetScale'));
    expect(record(decided.memory, [], noon)).toEqual(decided.memory);
  });

  it('refuses a directory without a configuration by code', async () => {
    await expect(loadConfig(`${directory}/policies/nowhere`)).rejects.toMatchObject({ name: 'SpringtideError' });
  });
});
