// The connection to an SMS centre: bound when it is needed, watched while it stands, made again with patience when it is lost.
import { readFileSync } from 'node:fs';
import net from 'node:net';
import tls from 'node:tls';
import type { Cancel, Clock } from '../../../clock.ts';
import type { SmppGateway } from '../../../config/schema/sms-gateways.ts';
import { messageOf } from '../../../model/errors.ts';
import type { Instant, Milliseconds } from '../../../model/units.ts';
import { loadSmpp } from './smpp-package.ts';
import type { Pdu, Session } from './smpp-package.ts';

export type LinkFailureKind = 'unreachable' | 'tls' | 'refused' | 'lost' | 'timeout' | 'closed';

interface LinkFailureMore {
  readonly status?: number | null;
  readonly wait?: Milliseconds;
  readonly uncertain?: boolean;
}

export class LinkFailure extends Error {
  readonly kind: LinkFailureKind;
  /** command_status of a refused bind */
  readonly status: number | null;
  /** how long nobody will try */
  readonly wait: Milliseconds | null;
  /** the request was sent, and its answer never came */
  readonly uncertain: boolean;

  constructor(kind: LinkFailureKind, message: string, more: LinkFailureMore = {}) {
    super(message);
    this.name = 'LinkFailure';
    this.kind = kind;
    this.status = more.status ?? null;
    this.wait = more.wait ?? null;
    this.uncertain = more.uncertain ?? false;
  }
}

export interface SmppLink {
  /** Makes sure of a connection without waiting for it. */
  open(): void;
  /** Resolves once it stands. */
  ready(): Promise<void>;
  /** An aborted one is not written any more, where it has waited for the connection. */
  submit(parameters: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<Pdu>;
  close(): void;
}

export interface LinkOptions {
  readonly name: string;
  readonly settings: SmppGateway;
  readonly password: () => Promise<string>;
  readonly clock: Clock;
  readonly random: () => number;
  /** Answered when it has ended. False: the centre should deliver it again. */
  readonly onDeliver: (pdu: Pdu) => Promise<boolean>;
}

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'connecting'; readonly session: Promise<Session> }
  | { readonly kind: 'bound'; readonly session: Session; readonly since: Instant }
  | { readonly kind: 'waiting'; readonly until: Instant; readonly failure: LinkFailure; readonly cancel: Cancel }
  | { readonly kind: 'closed' };

const firstWait = 1_000;
const longestWait = 60_000;
/** a connection that stood for so long was a good one */
const proven = 60_000;
/** A centre may have one delivery on its way only, and answer no submit before it is answered. */
const longestAnswer = 5_000;
/** ESME_RX_T_APPN: not now, deliver it again */
const notNow = 0x64;

export function createSmppLink(options: LinkOptions): SmppLink {
  const { settings, clock, name } = options;
  const pending = new Map<Session, Set<(failure: LinkFailure) => void>>();
  let state: State = { kind: 'idle' };
  let failures = 0;

  const isClosed = (): boolean => state.kind === 'closed';

  function session(): Promise<Session> {
    switch (state.kind) {
      case 'bound':
        return Promise.resolve(state.session);
      case 'connecting':
        return state.session;
      case 'closed':
        return Promise.reject(new LinkFailure('closed', `${name} is closed`));
      case 'waiting': {
        const wait = state.until - clock.now();
        const { failure } = state;
        // a longer one is that of a clock which was set back
        if (wait > 0 && wait <= longestWait)
          return Promise.reject(
            new LinkFailure(failure.kind, failure.message, { wait: wait as Milliseconds, status: failure.status }),
          );
        state.cancel();
        return connected();
      }
      case 'idle':
        return connected();
    }
  }

  function connected(): Promise<Session> {
    const made = connect();
    state = { kind: 'connecting', session: made };
    return made;
  }

  async function connect(): Promise<Session> {
    let made: Session | null = null;
    try {
      const password = await options.password();
      const socket = await openSocket(settings, clock, name);
      made = new (loadSmpp().Session)({ socket });
      hear(made);
      await bind(made, password);
      if (isClosed()) throw new LinkFailure('closed', `${name} is closed`);
      state = { kind: 'bound', session: made, since: clock.now() };
      watch(made);
      return made;
    } catch (error) {
      made?.destroy();
      const failure =
        error instanceof LinkFailure ? error : new LinkFailure('unreachable', `${name}: ${messageOf(error)}`);
      if (!isClosed()) rest(failure);
      throw failure;
    }
  }

  /** Nothing for a while; where receipts are awaited, then again by itself. */
  function rest(failure: LinkFailure): void {
    failures += 1;
    const wait = Math.min(longestWait, firstWait * 2 ** (failures - 1)) * (0.5 + options.random() / 2);
    const again = clock.after(Math.ceil(wait) as Milliseconds, () => {
      if (state.kind === 'waiting' && settings.registeredDelivery) connected().catch(() => undefined);
    });
    state = { kind: 'waiting', until: (clock.now() + wait) as Instant, failure, cancel: again };
  }

  function hear(made: Session): void {
    pending.set(made, new Set());
    const lost = (why: string): void => {
      const waiting = pending.get(made);
      if (waiting === undefined) return;
      pending.delete(made);
      made.destroy();
      const failure = new LinkFailure('lost', `${name}: ${why}`);
      waiting.forEach((reject) => reject(failure));
      if (state.kind !== 'bound' || state.session !== made) return;
      if (clock.now() - state.since >= proven) failures = 0;
      rest(failure);
    };
    made.on('error', (error: Error) => lost(`the connection broke (${error.message})`));
    made.on('close', () => lost('the connection was closed'));
    made.on('enquire_link', (pdu: Pdu) => void made.send(pdu.response()));
    made.on('unbind', (pdu: Pdu) => {
      made.send(pdu.response());
      lost('the centre ended the session');
    });
    made.on('deliver_sm', (pdu: Pdu) => void deliver(made, pdu));
  }

  /** What is answered is never delivered again: first it is taken. */
  async function deliver(made: Session, pdu: Pdu): Promise<void> {
    const isTaken = await new Promise<boolean>((resolve) => {
      const wait = Math.min(longestAnswer, settings.timeout / 2) as Milliseconds;
      const stop = clock.after(wait, () => resolve(false));
      options
        .onDeliver(pdu)
        .then(resolve, () => resolve(false))
        .finally(stop);
    });
    made.send(pdu.response(isTaken ? {} : { command_status: notNow }));
  }

  function ask(
    made: Session,
    command: 'bind_transceiver' | 'bind_transmitter' | 'submit_sm' | 'enquire_link' | 'unbind',
    parameters: Readonly<Record<string, unknown>>,
  ): Promise<Pdu> {
    return new Promise((resolve, reject) => {
      const waiting = pending.get(made);
      const stop = clock.after(settings.timeout, () =>
        ended(new LinkFailure('timeout', `${name} did not answer ${command} in ${settings.timeout} ms`)),
      );
      const ended = (failure: LinkFailure): void => {
        stop();
        waiting?.delete(ended);
        reject(failure);
        // a centre that does not answer is not asked over the same connection again
        if (failure.kind === 'timeout') made.destroy();
      };
      if (waiting === undefined) {
        ended(new LinkFailure('unreachable', `${name}: the connection is gone`));
        return;
      }
      waiting.add(ended);
      const sent = made[command](parameters, (pdu) => {
        stop();
        waiting.delete(ended);
        resolve(pdu);
      });
      if (!sent) ended(new LinkFailure('unreachable', `${name}: the connection is gone`));
    });
  }

  async function bind(made: Session, password: string): Promise<void> {
    const answer = await ask(made, settings.bind === 'transceiver' ? 'bind_transceiver' : 'bind_transmitter', {
      system_id: settings.systemId,
      password,
      system_type: settings.systemType,
      interface_version: 0x34,
    });
    const status = answer.command_status;
    if (status !== 0)
      throw new LinkFailure('refused', `${name} refused the bind of ${settings.systemId} (${inHex(status)})`, {
        status,
      });
  }

  function watch(made: Session): void {
    clock.after(settings.enquireLink, () => {
      if (!pending.has(made)) return;
      ask(made, 'enquire_link', {}).then(
        () => watch(made),
        () => made.destroy(),
      );
    });
  }

  return {
    open() {
      if (state.kind === 'idle') connected().catch(() => undefined);
    },
    async ready() {
      await session();
    },
    async submit(parameters, signal) {
      const made = await session();
      if (signal.aborted) throw new LinkFailure('closed', `${name}: it was given up before it was sent`);
      try {
        return await ask(made, 'submit_sm', parameters);
      } catch (error) {
        if (error instanceof LinkFailure && (error.kind === 'timeout' || error.kind === 'lost'))
          throw new LinkFailure(error.kind, error.message, { uncertain: true });
        throw error;
      }
    },
    close() {
      const before = state;
      state = { kind: 'closed' };
      if (before.kind === 'waiting') before.cancel();
      if (before.kind === 'bound')
        ask(before.session, 'unbind', {})
          .catch(() => undefined)
          .finally(() => before.session.destroy());
    },
  };
}

export const inHex = (status: number): string => `0x${status.toString(16).padStart(8, '0').toUpperCase()}`;

function openSocket(settings: SmppGateway, clock: Clock, name: string): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const { host, port } = settings;
    const secure = settings.tls;
    const read = (file: string | undefined): Buffer | undefined =>
      file === undefined ? undefined : readFileSync(file);
    const socket =
      secure === undefined
        ? net.connect({ host, port })
        : tls.connect({
            host,
            port,
            ca: read(secure.caFile),
            cert: read(secure.certFile),
            key: read(secure.keyFile),
            servername: secure.serverName ?? (net.isIP(host) === 0 ? host : ''),
            rejectUnauthorized: !secure.insecureSkipVerify,
          });
    const failed = (failure: LinkFailure): void => {
      stop();
      socket.destroy();
      reject(failure);
    };
    const stop = clock.after(settings.timeout, () =>
      failed(new LinkFailure('unreachable', `${name}: no connection in ${settings.timeout} ms`)),
    );
    const broken = (error: Error & { readonly code?: string }): void => {
      const untrusted = /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS|ERR_SSL|EPROTO/.test(error.code ?? '');
      const kind = untrusted ? 'tls' : 'unreachable';
      failed(new LinkFailure(kind, `${name}: ${error.code ?? error.message}`));
    };
    socket.once('error', broken);
    socket.once(secure === undefined ? 'connect' : 'secureConnect', () => {
      stop();
      socket.off('error', broken);
      socket.setKeepAlive(true, 30_000);
      resolve(socket);
    });
  });
}
