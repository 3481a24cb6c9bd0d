// docs/install.md as a new user follows it, by copy and paste: its own commands on a true control plane, from the credential to the first act.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { podFiles, type PodFiles } from './install/pod.ts';
import { at, listAt, requestJson } from './servers/json.ts';
import { startKubelets } from './servers/kubelets.ts';
import { kubectlDirectory } from './servers/kubectl.ts';
import { startKubernetes } from './servers/kubernetes.ts';
import { startOpenStack } from './servers/openstack.ts';
import { freePortBlock } from './servers/ports.ts';
import { eventually, realDirectory } from './servers/process.ts';
import { startPrometheus } from './servers/prometheus.ts';
import { useServer } from './servers/suite.ts';
import { kubeconfigOf } from './support/account.ts';
import { startDaemon, type DaemonProcess } from './support/daemon-process.ts';
import { create, deploymentOf, deploymentsPath, shop } from './support/workloads.ts';

const root = join(realDirectory, '..', '..');
const springtide = process.env['SPRINGTIDE_COMMAND'] ?? join(root, 'dist', 'cli', 'main.js');
const commands = [...readFileSync(join(root, 'docs', 'install.md'), 'utf8').matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(
  ([, block = '']) => block,
);
const ours = '/api/v1/namespaces/springtide';
const leases = '/apis/coordination.k8s.io/v1/namespaces/springtide/leases';

/** What a workload and a group of one's own look like; four replicas are asked for, whatever happens. */
const policies = (mode: string, group: string): string => `
apiVersion: springtide/v1
kind: PodPolicy
metadata: { name: web, namespace: ${shop} }
spec:
  target: { apiVersion: apps/v1, kind: Deployment, name: web }
  replicas: { min: 2, max: 8 }
  metrics: [{ name: demand, query: vector(400), target: { averageValue: 100 } }]
  mode: ${mode}
---
apiVersion: springtide/v1
kind: NodePolicy
metadata: { name: workers }
spec: { nodeGroups: [{ name: ${group}, min: 1, max: 10 }] }
`;

describe('docs/install.md', () => {
  const kubernetes = useServer(() => startKubernetes());
  const openstack = useServer(() => startOpenStack());
  const prometheus = useServer(() => startPrometheus());
  useServer(() => startKubelets({ kubernetes: kubernetes(), nodes: 2 }));
  const place = mkdtempSync(join(tmpdir(), 'springtide-install-'));
  const site = join(place, 'deploy', 'site');
  let pod: PodFiles | undefined;
  let daemon: DaemonProcess | undefined;
  let port = 0;
  afterAll(async () => {
    await daemon?.signal('SIGKILL');
    rmSync(place, { recursive: true, force: true });
  });

  const edit = (file: string, change: (text: string) => string): void =>
    writeFileSync(join(site, file), change(readFileSync(join(site, file), 'utf8')));

  /** Stand-ins for what is not here: a container engine, OpenStack's command line, and a kubelet that runs images. */
  function programs(): string {
    const directory = join(place, 'bin');
    mkdirSync(directory, { recursive: true });
    const { id, secret } = openstack().credentials.applicationCredential;
    const program = (name: string, text: string): void => {
      writeFileSync(join(directory, name), `#!/bin/bash\n${text}\n`);
      chmodSync(join(directory, name), 0o755);
    };
    program('docker', 'exit 0');
    program('openstack', `printf 'credential_id="%s"\\ncredential_secret="%s"\\n' '${id}' '${secret}'`);
    program('springtide', `exec '${process.execPath}' '${springtide}' "\${@//\\/etc\\/springtide/$CONFIG_HERE}"`);
    const inPod = 'while [ "$1" != -- ]; do shift; done; shift; KUBECONFIG=$POD_KUBECONFIG exec "$@"';
    program(
      'kubectl',
      `case " $* " in *" exec "*) ${inPod};; esac\nexec '${join(kubectlDirectory(), 'kubectl')}' "$@"`,
    );
    return directory;
  }

  async function run(command: string): Promise<string> {
    const environment = {
      PATH: `${programs()}:${process.env['PATH'] ?? ''}`,
      HOME: place,
      KUBECONFIG: kubernetes().kubeconfig,
      OS_AUTH_URL: openstack().credentials.authUrl,
      OS_REGION_NAME: openstack().credentials.region,
      ...(pod === undefined
        ? {}
        : {
            ...pod.environment,
            CONFIG_HERE: pod.path('/etc/springtide'),
            POD_KUBECONFIG: await kubeconfigOf(kubernetes(), []),
          }),
    };
    const ran = spawnSync('bash', ['-euc', command], {
      cwd: place,
      env: environment,
      encoding: 'utf8',
      timeout: 120_000,
    });
    if (ran.status !== 0) throw new Error(`${command}ended with ${ran.status}\n${ran.stdout}${ran.stderr}`);
    return ran.stdout;
  }

  const replicas = async (): Promise<unknown> =>
    at((await kubernetes().request('GET', `${deploymentsPath}/web`)).body, 'spec', 'replicas');

  it('has six commands', () => {
    expect(commands.map((command) => command.split(' ')[0])).toEqual([
      'docker',
      'openstack',
      '(.',
      'kubectl',
      'kubectl',
      'kubectl',
    ]);
  });

  it('leads to a plan', async () => {
    cpSync(join(root, 'deploy'), join(place, 'deploy'), { recursive: true });
    port = await freePortBlock(2);
    await create(kubernetes(), '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: shop } });
    await create(kubernetes(), deploymentsPath, deploymentOf({ name: 'web', replicas: 2, cpu: '10m' }));
    const [build = '', credential = '', file = '', apply = '', rollout = '', plan = ''] = commands;
    for (const command of [build, credential, file]) await run(command);
    edit('config/springtide.yaml', (text) =>
      text
        .replace('my-cluster', openstack().credentials.cluster.name)
        .replace(/http:\/\/prometheus\S*/, prometheus().url)
        .replace('127.0.0.1:8080', `127.0.0.1:${port}`)
        .replace(':9090', `127.0.0.1:${port + 1}`),
    );
    writeFileSync(join(site, 'config', 'policies.yaml'), policies('dryRun', 'default-worker'));
    await run(apply);
    expect(await run(rollout)).toContain('successfully rolled out');
    pod = await podFiles(kubernetes(), join(place, 'pod'));
    const shown = await run(plan);
    expect(shown).toMatch(/shop\/web/);
    expect(shown).toMatch(/default-worker/);
    expect(shown).not.toMatch(/may not/);
  });

  it('is held against the world before anything runs with it: what is right passes, what is not there is named', async () => {
    if (pod === undefined) throw new Error('there is no pod');
    const here = pod.path('/etc/springtide');
    const validated = (config: string): Promise<string> =>
      run(`kubectl -n springtide exec deploy/springtide -- springtide validate --live --config ${config}\n`);
    expect(await validated('/etc/springtide')).toMatch(/^ok: /m);
    cpSync(join(here, '..data'), `${here}-wrong`, { recursive: true, dereference: true });
    writeFileSync(
      join(`${here}-wrong`, 'policies.yaml'),
      policies('act', 'elsewhere').replace('kind: Deployment, name: web', 'kind: Deployment, name: gone'),
    );
    const wrong = validated('/etc/springtide-wrong');
    for (const named of [/TargetMissing/, /NodeGroupMissing/]) await expect(wrong).rejects.toThrow(named);
    await expect(wrong).rejects.toThrow(/ended with 2/);
  });

  it('leads to a dry run that changes nothing', async () => {
    if (pod === undefined) throw new Error('there is no pod');
    daemon = await startDaemon({
      config: pod.path('/etc/springtide'),
      directory: place,
      environment: {
        PATH: process.env['PATH'] ?? '',
        HOME: place,
        ...pod.environment,
        KUBECONFIG: await kubeconfigOf(kubernetes(), []),
      },
    });
    await eventually(
      'it is ready',
      async () => {
        const { status } = await requestJson(`http://127.0.0.1:${port + 1}/readyz`);
        return status === 200 ? true : undefined;
      },
      90_000,
    );
    await eventually(
      'it would scale',
      async () => {
        const { text } = await requestJson(`http://127.0.0.1:${port + 1}/metrics`);
        return /springtide_outcomes_total\{.*kind="scale",status="dryRun"/.test(text) ? true : undefined;
      },
      90_000,
    );
    expect(await replicas()).toBe(2);
    const names = async (path: string): Promise<readonly unknown[]> =>
      listAt((await kubernetes().request('GET', path)).body, 'items').map((one) => at(one, 'metadata', 'name'));
    expect(await names(leases)).toEqual(['springtide']);
    await eventually('it remembers', async () =>
      (await names(`${ours}/configmaps`)).some((name) => String(name).startsWith('springtide-memory'))
        ? true
        : undefined,
    );
    // Nothing was missing but what is granted apart.
    const refused = daemon
      .lines()
      .map((line) => JSON.stringify(line))
      .filter((line) => line.includes(' may not '));
    expect(refused.filter((line) => !line.includes('may not list configmaps'))).toEqual([]);
  });

  it('leads to the first act', async () => {
    edit('kustomization.yaml', (text) => text.replace('../overlays/dry-run', '../overlays/kubernetes-1.20'));
    edit('config/springtide.yaml', (text) => text.replace('mode: dryRun', 'mode: act'));
    writeFileSync(join(site, 'config', 'policies.yaml'), policies('act', 'default-worker'));
    await run(commands[3] ?? '');
    await pod?.bring();
    await eventually('it scales', async () => ((await replicas()) === 4 ? true : undefined), 90_000);
    expect(await daemon?.signal('SIGTERM')).toBe(0);
  });
});
