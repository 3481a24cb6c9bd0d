// The part of the package smpp that is used; it brings no types of its own.
declare module 'smpp' {
  import type { EventEmitter } from 'node:events';
  import type { Server as NetServer, Socket } from 'node:net';

  export interface Pdu {
    readonly command: string;
    readonly command_status: number;
    readonly sequence_number: number;
    readonly [parameter: string]: unknown;
    isResponse(): boolean;
    response(parameters?: Readonly<Record<string, unknown>>): Pdu;
  }

  export type Parameters = Readonly<Record<string, unknown>>;
  export type Command = (parameters: Parameters, onResponse?: (pdu: Pdu) => void) => boolean;

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

  interface Smpp {
    readonly Session: new (options: { readonly socket: Socket }) => Session;
    readonly PDU: new (command: string, parameters: Parameters) => Pdu & { toBuffer(): Buffer };
    readonly createServer: (onSession: (session: Session) => void) => NetServer;
  }

  const smpp: Smpp;
  export { smpp as default };
}
