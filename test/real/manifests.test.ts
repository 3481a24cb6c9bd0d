// The manifests, rendered by a true kustomize and checked by a true API server of 1.20 without being carried out.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { manifestsIn, type Manifest } from '../../src/deploy/kustomize.ts';
import { kubectl } from './servers/kubectl.ts';
import { startKubernetes } from './servers/kubernetes.ts';
import { eventually, realDirectory } from './servers/process.ts';
import { useServer } from './servers/suite.ts';

const root = join(realDirectory, '..', '..');
/** A copy, because yours has a credential that is not in Git. */
const deploy = join(mkdtempSync(join(tmpdir(), 'springtide-manifests-')), 'deploy');
cpSync(join(root, 'deploy'), deploy, { recursive: true });
writeFileSync(join(deploy, 'site', 'clouds.yaml'), readFileSync(join(deploy, 'site', 'clouds.yaml.example')));
afterAll(() => rmSync(dirname(deploy), { recursive: true, force: true }));

const overlays = readdirSync(join(deploy, 'overlays')).map((name) => `overlays/${name}`);
const places = [...overlays, 'site', ...readdirSync(join(deploy, 'rights')).map((name) => `rights/${name}`)];
/** 1.20 has it as v1beta1 only: overlays/kubernetes-1.20 is for that. */
const isNewer = ({ apiVersion, kind }: Manifest): boolean =>
  kind === 'PodDisruptionBudget' && apiVersion === 'policy/v1';

function rendered(place: string): readonly Manifest[] {
  const { status, stdout, stderr } = kubectl(null, ['kustomize', join(deploy, place)]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return manifestsIn(stdout);
}

/** kustomize of this age writes down empty labels and annotations. */
const bare = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(bare);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(
    ([key, one]) => !(['annotations', 'labels'].includes(key) && Object.keys(one as object).length === 0),
  );
  return Object.fromEntries(kept.map(([key, one]) => [key, bare(one)]));
};
const byName = (manifests: readonly Manifest[]): Readonly<Record<string, unknown>> =>
  Object.fromEntries(manifests.map((one) => [`${one.kind} ${one.metadata.name}`, bare(one)]));
const textOf = (manifests: readonly Manifest[]): string =>
  manifests.map((one) => stringify(one, { aliasDuplicateObjects: false })).join('---\n');

/** As the Prometheus operator's, but for their schemas. */
const definitionOf = (kind: string): Manifest => {
  const plural = `${kind.toLowerCase()}s`;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.monitoring.coreos.com` },
    spec: {
      group: 'monitoring.coreos.com',
      scope: 'Namespaced',
      names: { kind, plural },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
  };
};

describe('the manifests', () => {
  const kubernetes = useServer(() => startKubernetes());
  const apply = (manifests: readonly Manifest[], ...options: readonly string[]) =>
    kubectl(kubernetes(), ['apply', ...options, '-f', '-'], textOf(manifests));

  it('are rendered into install.yaml as kustomize does it', () => {
    for (const [file, place] of [
      ['install.yaml', 'overlays/dry-run'],
      ['act.yaml', 'rights/act'],
    ] as const)
      expect(byName(manifestsIn(readFileSync(join(deploy, file), 'utf8')))).toEqual(byName(rendered(place)));
  });

  it('are accepted by the API server, each and every one', async () => {
    const namespace = rendered('overlays/dry-run').filter(({ kind }) => kind === 'Namespace');
    expect(apply(namespace)).toMatchObject({ status: 0 });
    // The tenant of the example.
    kubectl(kubernetes(), ['create', 'namespace', 'shop']);
    const unlike = new Map(places.flatMap(rendered).map((one) => [JSON.stringify(one), one]));
    const manifests = [...unlike.values()].filter((one) => !isNewer(one));
    const { status, stdout, stderr } = apply(manifests, '--dry-run=server');
    expect({ status, stderr: stderr.replaceAll(/^Warning: .*\n/gm, '') }).toEqual({ status: 0, stderr: '' });
    expect(stdout.trim().split('\n')).toHaveLength(manifests.length);
    expect(apply([definitionOf('ServiceMonitor'), definitionOf('PrometheusRule')])).toMatchObject({ status: 0 });
    await eventually('the operator’s kinds are served', () =>
      apply(rendered('monitoring'), '--dry-run=server').status === 0 ? true : undefined,
    );
  });

  it('have rules that Prometheus takes, and that speak in the stories that they are for and not beside them', () => {
    const [rules] = rendered('monitoring').filter(({ kind }) => kind === 'PrometheusRule');
    writeFileSync(join(deploy, 'plain-rules.yaml'), stringify(rules?.['spec']));
    cpSync(join(realDirectory, 'manifests', 'rules-stories.yaml'), join(deploy, 'rules-stories.yaml'));
    const promtool = (...words: readonly string[]) => {
      const { status, stdout, stderr } = spawnSync('promtool', words, { cwd: deploy, encoding: 'utf8' });
      return { status, said: `${stdout}${stderr}` };
    };
    expect(promtool('check', 'rules', 'plain-rules.yaml')).toEqual({
      status: 0,
      said: expect.stringContaining('SUCCESS: 5 rules found') as string,
    });
    expect(promtool('test', 'rules', 'rules-stories.yaml')).toEqual({
      status: 0,
      said: expect.stringContaining('SUCCESS') as string,
    });
  });

  it('of a whole installation are applied, and applied again without a change', () => {
    const manifests = rendered('overlays/kubernetes-1.20');
    expect(apply(manifests)).toMatchObject({ status: 0 });
    const again = apply(manifests);
    expect(
      again.stdout
        .trim()
        .split('\n')
        .filter((line) => !line.endsWith(' unchanged')),
    ).toEqual([]);
  });
});
