// The package smpp, which brings no types of its own: the part of it that is used, loaded when the first gateway needs it.
import type { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import type { Server, Socket } from 'node:net';

export type PduParameters = Readonly<Record<string, unknown>>;

export interface Pdu {
  readonly command: string;
  readonly command_status: number;
  readonly sequence_number: number;
  readonly [parameter: string]: unknown;
  response(parameters?: PduParameters): Pdu;
  toBuffer(): Buffer;
}

type Command = (parameters: PduParameters, onResponse?: (pdu: Pdu) => void) => boolean;

export interface Session extends EventEmitter {
  readonly socket: Socket;
  readonly bind_transceiver: Command;
  readonly bind_transmitter: Command;
  readonly submit_sm: Command;
  readonly deliver_sm: Command;
  readonly enquire_link: Command;
  readonly unbind: Command;
  send(pdu: Pdu): boolean;
  close(): void;
  destroy(): void;
}

export interface Smpp {
  readonly Session: new (options: { readonly socket: Socket }) => Session;
  readonly PDU: new (command: string, parameters: PduParameters) => Pdu;
  readonly createServer: (onSession: (session: Session) => void) => Server;
}

export const loadSmpp = (): Smpp => createRequire(import.meta.url)('smpp') as Smpp;
