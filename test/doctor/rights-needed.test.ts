// Which rights a configuration needs beyond those of every one: only for what it really does.
import { describe, expect, it } from 'vitest';
import { rightsFor } from '../../src/doctor/rights.ts';
import { aConfig, aPodPolicy } from '../builders.ts';

const victim = { behavior: { scaleDown: { victim: { query: 'sum by (pod) (jobs)', by: 'pod' } } } };
const needs = (spec: object): readonly string[] =>
  rightsFor(aConfig([aPodPolicy('web', { ...spec })]), null).map(({ verb, resource }) => `${verb} ${resource}`);

describe('the rights that a configuration needs', () => {
  it.each([
    ['acts and chooses who goes first', { ...victim, mode: 'act' }, true],
    ['rehearses it', { ...victim, mode: 'dryRun' }, false],
    ['only raises', { ...victim, mode: { up: 'act', down: 'dryRun' } }, false],
    ['chooses nobody', { mode: 'act' }, false],
  ])('to patch pods, where a policy %s: %s', (_, spec, expected) => {
    expect(needs(spec).includes('patch pods')).toBe(expected);
  });
});
