// A serving certificate for an aggregated API server, signed by the test cluster's own authority.
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Kubernetes } from '../servers/kubernetes.ts';

const run = promisify(execFile);

export interface ServingCertificate {
  readonly key: string;
  readonly cert: string;
}

/** `dnsName`: the API server asks a service by SERVICE.NAMESPACE.svc, wherever it lives. */
export async function servingCertificate(kubernetes: Kubernetes, dnsName: string): Promise<ServingCertificate> {
  const pki = join(kubernetes.directory, 'pki');
  const file = (ending: string): string => join(pki, `aggregated.${ending}`);
  const extensions = ['basicConstraints=CA:FALSE', 'extendedKeyUsage=serverAuth', `subjectAltName=DNS:${dnsName}`];
  writeFileSync(file('ext'), `${extensions.join('\n')}\n`);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', file('key')];
  await run('openssl', ['req', ...key, '-subj', `/CN=${dnsName}`, '-out', file('csr')]);
  const authority = ['-CA', join(pki, 'ca.crt'), '-CAkey', join(pki, 'ca.key'), '-set_serial', String(Date.now())];
  const signed = ['-days', '30', '-extfile', file('ext'), '-in', file('csr'), '-out', file('crt')];
  await run('openssl', ['x509', '-req', ...authority, ...signed]);
  return { key: readFileSync(file('key'), 'utf8'), cert: readFileSync(file('crt'), 'utf8') };
}
