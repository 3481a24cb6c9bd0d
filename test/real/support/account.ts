// springtide's own service account in a true cluster, with the rights of the manifests and nothing else.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { manifestsIn, type Manifest } from '../../../src/deploy/kustomize.ts';
import { textAt } from '../servers/json.ts';
import type { Kubernetes } from '../servers/kubernetes.ts';
import { realDirectory } from '../servers/process.ts';

const deployDirectory = join(realDirectory, '..', '..', 'deploy');
export const manifestsOf = (file: string): readonly Manifest[] =>
  manifestsIn(readFileSync(join(deployDirectory, file), 'utf8'));

const collections: Readonly<Record<string, string>> = {
  Namespace: '/api/v1/namespaces',
  ServiceAccount: '/api/v1/namespaces/NAMESPACE/serviceaccounts',
  Role: '/apis/rbac.authorization.k8s.io/v1/namespaces/NAMESPACE/roles',
  RoleBinding: '/apis/rbac.authorization.k8s.io/v1/namespaces/NAMESPACE/rolebindings',
  ClusterRole: '/apis/rbac.authorization.k8s.io/v1/clusterroles',
  ClusterRoleBinding: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
};

/** Creates what of the manifests is an account or a right; the rest needs an image. */
export async function grant(kubernetes: Kubernetes, manifests: readonly Manifest[]): Promise<void> {
  for (const manifest of manifests) {
    const path = collections[manifest.kind]?.replace('NAMESPACE', manifest.metadata.namespace ?? '');
    if (path === undefined) continue;
    const { status, text } = await kubernetes.request('POST', path, { body: manifest });
    if (status !== 201 && status !== 409) throw new Error(`POST ${path}: ${status} ${text}`);
  }
}

/** A token as the kubelet gives it to a pod. */
export async function tokenOf(
  kubernetes: Kubernetes,
  namespace = 'springtide',
  account = 'springtide',
): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`;
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 7200 } };
  const answer = await kubernetes.request('POST', path, { body });
  return textAt(answer.body, 'status', 'token');
}

/** A kubeconfig of the account; rights that are `granted` are in files of deploy. */
export async function kubeconfigOf(kubernetes: Kubernetes, granted: readonly string[]): Promise<string> {
  for (const file of granted) await grant(kubernetes, manifestsOf(file));
  const file = join(kubernetes.directory, 'springtide.kubeconfig');
  const cluster = { server: kubernetes.url, 'certificate-authority': kubernetes.certificateAuthorityFile };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'springtide',
    contexts: [{ name: 'springtide', context: { cluster: 'true', user: 'springtide', namespace: 'springtide' } }],
    clusters: [{ name: 'true', cluster }],
    users: [{ name: 'springtide', user: { token: await tokenOf(kubernetes) } }],
  };
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
  return file;
}
