// Which rights a configuration needs beyond those of every one: only for what it really does.
import { describe, expect, it } from 'vitest';
import { ClientError } from '../../src/clients/http/error.ts';
import { customRightsFor } from '../../src/doctor/custom-kinds.ts';
import { rightsFor } from '../../src/doctor/rights.ts';
import { aConfig, aDaemon, aPodPolicy } from '../builders.ts';

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

describe('the rights on kinds of others', () => {
  const rollout = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout' };
  const discovery = {
    scalable: (_: string, kind: string) =>
      kind === 'Rollout'
        ? Promise.resolve({ name: 'rollouts', kind, namespaced: true })
        : Promise.reject(new ClientError({ code: 'NotFound', source: 'Kubernetes', message: `no ${kind}` })),
  };
  const target = { ...rollout, name: 'web' };
  const many = (namespaces: readonly string[]): object => ({
    targets: { ...rollout, namespaces, selector: { matchLabels: { tier: 'web' } } },
  });
  const asked = async (specs: readonly object[], namespaces: readonly string[] = []): Promise<readonly string[]> => {
    const policies = specs.map((spec, index) => aPodPolicy(`p${index}`, { mode: 'dryRun', ...spec }));
    const config = { ...aConfig(policies), daemon: aDaemon({ kubernetes: { namespaces } }) };
    const wanted = await customRightsFor(config, discovery);
    return wanted.map(({ verb, group, resource, namespace }) => `${verb} ${resource}.${group} ${namespace ?? '*'}`);
  };
  const of = (place: string, ...verbs: readonly string[]): readonly string[] =>
    verbs.map((verb) => {
      const [name = '', sub] = verb.split('/');
      return `${name} rollouts${sub === undefined ? '' : `/${sub}`}.argoproj.io ${place}`;
    });

  it.each([
    ['a rehearsal of one by name', [{ target }], of('shop', 'get', 'get/scale')],
    ['one that acts', [{ target, mode: 'act' }], of('shop', 'get', 'get/scale', 'update/scale')],
    [
      'one that sleeps',
      [{ target, mode: 'act', replicas: { min: 0, whenActive: 1, max: 9 }, zero: {} }],
      of('shop', 'get', 'patch', 'get/scale', 'update/scale'),
    ],
    [
      'those a selector finds in two namespaces',
      [many(['a', 'b'])],
      ['a', 'b'].flatMap((one) => of(one, 'list', 'get/scale')),
    ],
    ['those of a pattern', [many(['team-*'])], of('*', 'list', 'get/scale')],
    [
      'those of more namespaces than anybody binds one by one',
      [many(['a', 'b', 'c', 'd', 'e', 'f'])],
      of('*', 'list', 'get/scale'),
    ],
    ['two policies of a kind', [{ target }, many(['*'])], of('*', 'get', 'list', 'get/scale')],
    [
      'a kind that is not served, and kinds of Kubernetes itself',
      [{ target: { ...rollout, kind: 'Rolling', name: 'x' } }, {}],
      [],
    ],
  ])('%s', async (_, specs, expected) => {
    expect(await asked(specs)).toEqual(expected);
  });

  it('are asked where the account may look at all', async () => {
    expect(await asked([many(['*'])], ['shop', 'pay'])).toEqual(
      ['shop', 'pay'].flatMap((one) => of(one, 'list', 'get/scale')),
    );
  });
});
