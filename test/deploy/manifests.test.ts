// The manifests: made files are those that would be made, all fields exist in the newest Kubernetes, and pods ask for nothing they may not have.
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { renderedManifests } from '../../src/deploy/generated.ts';
import { manifestsIn, render, type Manifest } from '../../src/deploy/kustomize.ts';
import { rightsManifests } from '../../src/deploy/rights-manifests.ts';
import { createMetrics } from '../../src/server/metrics.ts';
import { problemsIn } from './newest-schema.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const deploy = path.join(root, 'deploy');
const text = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const install = manifestsIn(text('deploy/install.yaml'));
const files = readdirSync(deploy, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.yaml'));
const manifests = files
  .filter((name) => !/kustomization|\/config\//.test(name))
  .flatMap((name) =>
    manifestsIn(readFileSync(path.join(deploy, name), 'utf8')).map((manifest) => ({ name, manifest })),
  );
const builtIn = manifests.filter(({ manifest }) => !manifest.apiVersion.startsWith('monitoring.coreos.com/'));

describe('made files', () => {
  it.each([...rightsManifests(), ...renderedManifests(root)])('%s is what npm run generate makes', (file, made) => {
    expect(text(file)).toBe(made);
  });

  it('refuse to be made of what only kustomize can do', () => {
    expect(() => render(path.join(deploy, 'overlays/single'))).toThrow(/patchesStrategicMerge can only be rendered/);
  });
});

describe('the newest Kubernetes', () => {
  it.each(
    builtIn.map(({ name, manifest }) => [`${name}: ${manifest.kind} ${manifest.metadata.name}`, manifest] as const),
  )('knows every field of %s', async (_name, manifest) => {
    expect(await problemsIn(manifest)).toEqual([]);
  });

  it('is really asked', async () => {
    const wrong = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'x' },
      spec: { replicas: 'two', template: { spec: { containers: [{ imagePullPolice: 'Always' }] } } },
    } as Manifest;
    expect(await problemsIn(wrong)).toEqual([
      'Deployment x.spec.replicas is a string, not a number',
      'Deployment x.spec.template.spec.containers[0].imagePullPolice does not exist',
    ]);
    expect(
      await problemsIn({ apiVersion: 'policy/v1beta1', kind: 'PodDisruptionBudget', metadata: { name: 'x' } }),
    ).toEqual(['PodDisruptionBudget x: policy/v1beta1 is not served any more']);
  });
});

interface Container {
  readonly securityContext: unknown;
  readonly volumeMounts: readonly { readonly name: string; readonly readOnly?: boolean }[];
}
interface Workload {
  readonly template: {
    readonly spec: Readonly<Record<string, unknown>> & { readonly containers: readonly Container[] };
  };
}

describe('the pod', () => {
  const deployment = install.find(({ kind }) => kind === 'Deployment');
  const { spec } = (deployment?.['spec'] as Workload).template;

  it('runs as nobody, on a root that it cannot write, without capabilities', () => {
    expect(spec['securityContext']).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 65532,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(spec['hostNetwork'] ?? spec['hostPID'] ?? spec['hostIPC']).toBeUndefined();
    for (const container of spec.containers) {
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      const writable = container.volumeMounts.filter(({ readOnly }) => readOnly !== true).map(({ name }) => name);
      expect(writable).toEqual(['scratch']);
    }
  });
});

describe('the dry run', () => {
  const rules = install
    .filter(({ kind }) => kind === 'ClusterRole')
    .flatMap((role) => role['rules'] as { resources: string[]; verbs: string[]; apiGroups: string[] }[]);

  it('may write nothing outside its own namespace but Events', () => {
    const writing = rules.filter(({ verbs }) => verbs.some((verb) => !['get', 'list', 'watch'].includes(verb)));
    expect(writing).toEqual([{ apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create'] }]);
  });

  it('asks for no secrets and no wildcards anywhere', () => {
    const words = manifests.flatMap(({ manifest }) => JSON.stringify(manifest['rules'] ?? []));
    expect(words.filter((word) => /"\*"|"secrets"|"escalate"|"bind"|"impersonate"/.test(word))).toEqual([]);
  });
});

describe('configurations', () => {
  it.each(['base', 'site', 'overlays/namespaced', 'overlays/external-credentials', 'overlays/tls'])(
    'of %s are accepted',
    async (place) => {
      const { problems } = await loadConfig(path.join(deploy, place, 'config'), { env: {} });
      expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    },
  );
});

describe('dashboard and rules', () => {
  it('ask only for figures that exist', async () => {
    const metrics = createMetrics({ cluster: 'c', version: '1', processFigures: false });
    let all = '';
    for await (const piece of metrics.pieces()) all += piece;
    const known = new Set([...all.matchAll(/^# HELP (\w+)/gm)].map(([, name]) => name));
    const source = text('src/server/target-figures.ts');
    for (const [, name = ''] of source.matchAll(/name: '(\w+)'/g)) known.add(`springtide_${name}`);
    const asked = `${text('deploy/monitoring/dashboard.json')}${text('deploy/monitoring/rules.yaml')}`;
    const names = [...new Set(asked.match(/springtide_\w+/g))].map((name) => name.replace(/_(bucket|sum|count)$/, ''));
    expect(names.length).toBeGreaterThan(20);
    expect(names.filter((name) => !known.has(name))).toEqual([]);
  });
});
