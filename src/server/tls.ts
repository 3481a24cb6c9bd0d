// TLS of the own listeners: one pair of files for all of them, looked at every few seconds, so that a rotation needs no restart.
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer as createPlain, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createSecure, type RequestOptions, type Server as SecureServer } from 'node:https';
import { checkServerIdentity, createSecureContext, type SecureContextOptions } from 'node:tls';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { messageOf, SpringtideError } from '../model/errors.ts';
import { seconds, type Milliseconds } from '../model/units.ts';

/** `http.tls` of the Daemon document. */
export interface ListenerFiles {
  readonly certFile: string;
  readonly keyFile: string;
  /** whoever connects shows a certificate of this authority */
  readonly clientCaFile?: string | undefined;
}

/** What listeners are made of: plain ones, or such that speak TLS. */
export interface Listening {
  serve(options: ServerOptions, answer: RequestListener): Server;
  /** how this process speaks to another replica, which has the same files */
  readonly toReplica: () => RequestOptions;
  close(): void;
}

export const plainListening: Listening = {
  serve: (options, answer) => createPlain(options, answer),
  toReplica: () => ({}),
  close: () => undefined,
};

export interface TlsListeningOptions {
  readonly files: ListenerFiles;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  readonly every?: Milliseconds;
}

interface Pair {
  readonly cert: string;
  readonly key: string;
  readonly clientCa: string | null;
}

const unusable = (where: string, cause: unknown): SpringtideError =>
  new SpringtideError({
    code: 'CredentialsInvalid',
    where,
    what: messageOf(cause),
    mend: 'mount the files of the certificate and its key (PEM), and name them in http.tls',
    cause,
  });

function read(where: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw unusable(where, cause);
  }
}

const contextOf = ({ cert, key, clientCa }: Pair): SecureContextOptions => ({
  cert,
  key,
  minVersion: 'TLSv1.2',
  ...(clientCa !== null && { ca: clientCa }),
});

/** Throws where the files cannot be read, or the key is not that of the certificate: in the middle of a rotation too. */
function readPair({ certFile, keyFile, clientCaFile }: ListenerFiles): Pair {
  const pair: Pair = {
    cert: read('http.tls.certFile', certFile),
    key: read('http.tls.keyFile', keyFile),
    clientCa: clientCaFile === undefined ? null : read('http.tls.clientCaFile', clientCaFile),
  };
  try {
    createSecureContext(contextOf(pair));
    if (pair.clientCa !== null) new X509Certificate(pair.clientCa);
  } catch (cause) {
    throw unusable('http.tls', cause);
  }
  return pair;
}

const handshake = seconds(10);
const usualPause = seconds(10);

/** Whom a replica believes, and what it shows itself. */
export interface ReplicaTls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** what the certificate was made out to: replicas are called by the address of their pod, which stands in none */
  readonly serverName: string;
}

/**
 * Every replica has the same files. Another one is believed if it shows this very certificate, or one of the same name that
 * what is in our files has signed: so they still know each other while a new certificate comes to one before the other.
 */
function replicaTls({ cert, key, clientCa }: Pair): ReplicaTls {
  const { subjectAltName, subject } = new X509Certificate(cert);
  const name = /DNS:([^,\s]+)/.exec(subjectAltName ?? '') ?? /^CN=(.+)$/m.exec(subject);
  const serverName = (name?.[1] ?? '').replace('*', 'replica');
  return { ca: clientCa === null ? cert : `${cert}\n${clientCa}`, cert, key, serverName };
}

/** For commands, which ask the daemon beside them as another replica would. */
export const replicaTlsOf = (files: ListenerFiles): ReplicaTls => replicaTls(readPair(files));

function towardsReplica(pair: Pair): RequestOptions {
  const { serverName, ...shown } = replicaTls(pair);
  return {
    ...shown,
    allowPartialTrustChain: true,
    servername: serverName,
    checkServerIdentity: (_host, peer) => checkServerIdentity(serverName, peer),
    agent: false,
  };
}

/** Throws where the files cannot be used now; later ones that cannot leave those before in force. */
export function tlsListening({ files, clock, log, every = usualPause }: TlsListeningOptions): Listening {
  let pair = readPair(files);
  let trouble: string | null = null;
  const servers = new Set<SecureServer>();

  function look(): void {
    try {
      const next = readPair(files);
      const isSame = next.cert === pair.cert && next.key === pair.key && next.clientCa === pair.clientCa;
      if (!isSame) {
        pair = next;
        for (const server of servers) server.setSecureContext(contextOf(pair));
        log.info({ file: files.certFile }, 'the listeners show the new certificate');
      }
      trouble = null;
    } catch (error) {
      const why = messageOf(error);
      if (why !== trouble) log.warn({ why }, 'the new certificate cannot be used; the old one stays');
      trouble = why;
    }
    cancel = clock.after(every, look);
  }
  let cancel = clock.after(every, look);

  return {
    serve: (options, answer) => {
      const asks = pair.clientCa !== null;
      const server = createSecure(
        {
          ...options,
          ...contextOf(pair),
          handshakeTimeout: handshake,
          requestCert: asks,
          rejectUnauthorized: asks,
        },
        answer,
      );
      servers.add(server);
      server.once('close', () => servers.delete(server));
      return server;
    },
    toReplica: () => towardsReplica(pair),
    close: () => cancel(),
  };
}
