// Alertmanager's tls_config in the words of our connections.
import type { SecureVersion } from 'node:tls';
import type { TlsSettings } from '../../clients/http/tls.ts';
import type { TlsConfig } from '../../config/schema/http-config.ts';

const versions: Readonly<Record<string, SecureVersion>> = {
  TLS10: 'TLSv1',
  TLS11: 'TLSv1.1',
  TLS12: 'TLSv1.2',
  TLS13: 'TLSv1.3',
};

export function tlsSettings(tls: TlsConfig): TlsSettings {
  const settings = {
    ca: tls.ca,
    caFile: tls.ca_file,
    cert: tls.cert,
    certFile: tls.cert_file,
    key: tls.key,
    keyFile: tls.key_file,
    serverName: tls.server_name,
    insecureSkipVerify: tls.insecure_skip_verify,
    minVersion: versions[tls.min_version ?? ''],
    maxVersion: versions[tls.max_version ?? ''],
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}
