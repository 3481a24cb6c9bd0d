// An SMS centre on a port of its own: binds, takes submits, answers as told, sends receipts.
import type { AddressInfo } from 'node:net';
import { loadSmpp } from '../../../src/alerts/channels/sms/smpp-package.ts';
import type { Pdu, Session } from '../../../src/alerts/channels/sms/smpp-package.ts';

export interface Centre {
  readonly port: number;
  readonly binds: Pdu[];
  readonly submits: Pdu[];
  /** command_status of the next submits; then 0. hang: no answer */
  readonly script: (number | 'hang' | 'hangUp')[];
  /** command_status of a bind */
  bindStatus: number;
  /** a bind is answered when this has ended */
  beforeBind: Promise<void>;
  readonly sessions: Set<Session>;
  readonly unbinds: Pdu[];
  readonly enquiries: Pdu[];
  receipt(id: string, stat: string, more?: Readonly<Record<string, unknown>>): Promise<Pdu>;
  close(): Promise<void>;
}

export async function startCentre(port = 0): Promise<Centre> {
  const sessions = new Set<Session>();
  let given = 0;
  const server = loadSmpp().createServer((session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
    session.on('error', () => session.destroy());
    session.on('bind_transceiver', (pdu: Pdu) => {
      centre.binds.push(pdu);
      void centre.beforeBind.then(() =>
        session.send(pdu.response({ command_status: centre.bindStatus, system_id: 'centre' })),
      );
    });
    session.on('enquire_link', (pdu: Pdu) => {
      centre.enquiries.push(pdu);
      session.send(pdu.response());
    });
    session.on('unbind', (pdu: Pdu) => {
      centre.unbinds.push(pdu);
      session.send(pdu.response());
      session.close();
    });
    session.on('submit_sm', (pdu: Pdu) => {
      centre.submits.push(pdu);
      const next = centre.script.shift() ?? 0;
      if (next === 'hang') return;
      if (next === 'hangUp') {
        session.destroy();
        return;
      }
      const id = (++given + 0x9f).toString(16);
      session.send(pdu.response(next === 0 ? { message_id: id } : { command_status: next }));
    });
  });
  await new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', () => resolve()));
  const centre: Centre = {
    port: (server.address() as AddressInfo).port,
    binds: [],
    submits: [],
    script: [],
    bindStatus: 0,
    beforeBind: Promise.resolve(),
    sessions,
    unbinds: [],
    enquiries: [],
    receipt: (id, stat, more = {}) =>
      new Promise((resolve, reject) => {
        const [session] = sessions;
        if (session === undefined) {
          reject(new Error('nobody is bound'));
          return;
        }
        const text = `id:${id} sub:001 dlvrd:001 submit date:2611210900 done date:2611210901 stat:${stat} err:000 text:`;
        session.deliver_sm(
          { esm_class: 4, source_addr: '8613800000001', short_message: Buffer.from(text), data_coding: 0, ...more },
          resolve,
        );
      }),
    close: () =>
      new Promise((resolve) => {
        sessions.forEach((session) => session.destroy());
        server.close(() => resolve());
      }),
  };
  return centre;
}
