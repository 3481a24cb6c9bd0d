// Secrets that are planted, how they are found again in whatever is put out, and a server that repeats what it is told.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTcp, type Server as TcpServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';

export class Canaries {
  readonly #planted = new Map<string, string>();

  /** A secret of its own for this place: letters and digits only, so that no escaping hides it. */
  plant(place: string): string {
    const known = this.#planted.get(place);
    if (known !== undefined) return known;
    const secret = `Canary${String(this.#planted.size).padStart(3, '0')}q7Zx${Buffer.from(place).toString('hex').slice(0, 10)}`;
    this.#planted.set(place, secret);
    return secret;
  }

  get places(): readonly string[] {
    return [...this.#planted.keys()];
  }

  /** The places whose secrets are in the text: as they are, backwards, as hexadecimal, or within something in base64. */
  foundIn(text: string): readonly string[] {
    return this.places.filter((place) => {
      const secret = this.#planted.get(place) ?? '';
      return disguises(secret).some((disguise) => text.includes(disguise));
    });
  }
}

function disguises(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  // What stands before it moves it within groups of three bytes: the edges of a group depend on others.
  const within = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    return text.slice(before === 0 ? 0 : 4, -4);
  });
  return [secret, secret.split('').toReversed().join(''), bytes.toString('hex'), ...within];
}

/** What a text looks like with the places where a secret was found, for the message of a failed test. */
export function around(text: string, canaries: Canaries): readonly string[] {
  return text
    .split('\n')
    .filter((line) => canaries.foundIn(line).length > 0)
    .map((line) => `${canaries.foundIn(line).join(', ')}: ${line.slice(0, 600)}`)
    .slice(0, 10);
}

export type Mood = 'unauthorized' | 'internal' | 'redirect' | 'nonsense' | 'cutOff';

export interface Parrot {
  readonly url: string;
  readonly port: number;
  mood: Mood;
  readonly asked: readonly string[];
  stop(): Promise<void>;
}

/** Answers every request with a failure that repeats the request: its address, its headers and its body. */
export async function startParrot(): Promise<Parrot> {
  const asked: string[] = [];
  const answer = (request: IncomingMessage, response: ServerResponse, body: string): void => {
    const said = JSON.stringify({ url: request.url, headers: request.headers, body });
    const message = `you said ${said}`;
    const asJson = JSON.stringify({
      error: { message, code: 500, title: message },
      errors: [{ detail: message, title: message }],
      message,
      status: 'error',
      errorType: 'internal',
      Message: message,
      kind: 'Status',
      reason: message,
      code: 401,
    });
    switch (parrot.mood) {
      case 'unauthorized':
        response.writeHead(401, {
          'Content-Type': 'application/json',
          'X-Said': encodeURIComponent(said).slice(0, 4_000),
        });
        response.end(asJson);
        break;
      case 'internal':
        response.writeHead(500, { 'Content-Type': 'application/json' }).end(asJson);
        break;
      case 'redirect':
        response.writeHead(302, { Location: `http://127.0.0.1:9/?said=${encodeURIComponent(said).slice(0, 4_000)}` });
        response.end(message);
        break;
      case 'nonsense':
        response.writeHead(200, { 'Content-Type': 'text/html' }).end(`<html>${message}</html>`);
        break;
      case 'cutOff':
        request.socket.destroy();
        break;
    }
  };
  const server: Server = createServer((request, response) => {
    asked.push(`${request.method ?? ''} ${request.url ?? ''}`);
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => answer(request, response, body));
    request.on('error', () => undefined);
  });
  // Asked to be a tunnel it refuses, and repeats that as well.
  server.on('connect', (request: IncomingMessage, socket: Duplex) => {
    asked.push(`CONNECT ${request.url ?? ''}`);
    socket.on('error', () => undefined);
    const said = JSON.stringify({ url: request.url, headers: request.headers });
    socket.end(
      `HTTP/1.1 407 You said ${said}\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nyou said ${said}`,
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const parrot: Parrot = {
    url: `http://127.0.0.1:${port}`,
    port,
    mood: 'unauthorized',
    asked,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return parrot;
}

export interface MailParrot {
  readonly port: number;
  stop(): Promise<void>;
}

/** A mail server that offers AUTH and refuses each with what it was given, decoded. */
export async function startMailParrot(): Promise<MailParrot> {
  const server: TcpServer = createTcp((socket) => {
    socket.on('error', () => undefined);
    socket.write('220 parrot ESMTP\r\n');
    socket.on('data', (data: Buffer) => {
      const line = data.toString().trim();
      if (/^EHLO/i.test(line)) socket.write('250-parrot\r\n250 AUTH PLAIN LOGIN\r\n');
      else if (/^QUIT/i.test(line)) socket.end('221 bye\r\n');
      else {
        const given = Buffer.from(line.split(' ').at(-1) ?? '', 'base64')
          .toString('latin1')
          .replaceAll(/[^ -~]/g, ' ');
        socket.write(`535 5.7.8 refused: ${line} (${given})\r\n`);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}
