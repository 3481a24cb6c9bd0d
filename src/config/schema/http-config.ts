// How an HTTP receiver is reached, in Alertmanager's spelling.
import { z } from 'zod';

/** Alertmanager's spelling of TLS. */
export const tlsConfig = z.strictObject({
  ca_file: z.string().optional(),
  cert_file: z.string().optional(),
  key_file: z.string().optional(),
  server_name: z.string().optional(),
  insecure_skip_verify: z.boolean().default(false),
});

export const httpConfig = z.strictObject({
  tls_config: tlsConfig.optional(),
});
