// A small SOCKS proxy on a port of its own (RFC 1928 and 1929), which answers as scripted and tells whom it was asked for.
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** What it does in place of a whole answer. */
export type SocksMood = 'serves' | 'refuses' | 'silent' | 'half' | 'hangsUp' | 'noMethod';

export interface SocksServer {
  readonly port: number;
  /** "name far.bank.cn:443" or "address 127.0.0.1:80", as they were asked for */
  readonly asked: readonly string[];
  readonly logins: readonly string[];
  /** its open connections */
  readonly open: ReadonlySet<Socket>;
  mood: SocksMood;
  close(): Promise<void>;
}

const version = 5;

/** It knows every name as this machine's. */
export async function startSocks(
  login: { readonly name: string; readonly password: string } | null = null,
): Promise<SocksServer> {
  const asked: string[] = [];
  const logins: string[] = [];
  const open = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    open.add(socket);
    return socket.on('close', () => open.delete(socket)).on('error', () => socket.destroy());
  };
  const answer = { mood: 'serves' as SocksMood };
  const server = createServer((socket) => void keep(socket).once('data', (greeting) => greet(socket, greeting)));

  function greet(socket: Socket, greeting: Buffer): void {
    const method = login === null ? 0 : 2;
    const offered = greeting.subarray(2, 2 + (greeting[1] ?? 0));
    if (answer.mood === 'silent') return;
    if (answer.mood === 'hangsUp') return void socket.destroy();
    if (answer.mood === 'half') return void socket.end(Buffer.from([version]));
    if (answer.mood === 'noMethod' || !offered.includes(method)) return void socket.end(Buffer.from([version, 0xff]));
    socket.once('data', (next) => (method === 0 ? lead(socket, next) : logIn(socket, next)));
    socket.write(Buffer.from([version, method]));
  }

  function logIn(socket: Socket, said: Buffer): void {
    const length = said[1] ?? 0;
    const name = said.subarray(2, 2 + length).toString();
    const password = said.subarray(3 + length).toString();
    logins.push(`${name} ${password}`);
    if (name !== login?.name || password !== login.password) return void socket.end(Buffer.from([1, 1]));
    socket.once('data', (next) => lead(socket, next));
    socket.write(Buffer.from([1, 0]));
  }

  function lead(socket: Socket, request: Buffer): void {
    const isName = request[3] === 3;
    const end = isName ? 5 + (request[4] ?? 0) : 8;
    const host = isName ? request.subarray(5, end).toString() : request.subarray(4, end).join('.');
    const port = request.readUInt16BE(end);
    asked.push(`${isName ? 'name' : 'address'} ${host}:${port}`);
    // refused by the other side
    if (answer.mood === 'refuses') return void socket.end(Buffer.from([version, 5, 0, 1, 0, 0, 0, 0, 0, 0]));
    const far = keep(
      connect(port, '127.0.0.1', () => {
        socket.write(Buffer.from([version, 0, 0, 1, 127, 0, 0, 1, 0, 0]));
        far.pipe(socket).pipe(far);
      }),
    );
    far.on('close', () => socket.destroy());
    socket.on('close', () => far.destroy());
  }

  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', () => resolve()));
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    logins,
    open,
    get mood() {
      return answer.mood;
    },
    set mood(mood) {
      answer.mood = mood;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        open.forEach((socket) => socket.destroy());
      }),
  };
}
