// Bodies that are larger than wanted: refused at the first byte too many, and in such a way that their sender hears it.
import type { IncomingMessage, RequestListener } from 'node:http';
import type { NextFunction, Request, Response } from 'express';
import { systemClock, type Cancel } from '../clock.ts';
import type { Milliseconds } from '../model/units.ts';
import { problem } from './guard.ts';

const saysNo =
  (most: number) =>
  (_request: Request, response: Response): void =>
    problem(response, 413, 'BodyTooLarge', `a body has at most ${most} bytes here`);

/**
 * Right before what reads the body: nothing may wait in between, or pieces of it would be lost. What the body says of its own
 * length is believed, Node reads no more of it; the others are counted as they come.
 */
export const bodyAtMost =
  (most: number, refuse: (request: Request, response: Response) => void = saysNo(most)) =>
  (request: Request, response: Response, next: NextFunction): void => {
    if (Number(request.headers['content-length'] ?? 0) > most) {
      refuse(request, response);
      return;
    }
    if (request.headers['transfer-encoding'] !== undefined) {
      let read = 0;
      const count = (piece: Buffer): void => {
        read += piece.length;
        if (read <= most) return;
        request.off('data', count);
        refuse(request, response);
      };
      request.on('data', count);
    }
    next();
  };

const between = 50 as Milliseconds;
const looksAtMost = 40;
const readOffAtMost = 128 * 1024 * 1024;

/**
 * Whoever is answered before he has sent everything (too large, no token) reads the answer only if the connection is not reset
 * under him. It is closed on our side, and what still comes is read off and thrown away: for two seconds, or 128 MiB.
 */
export const hearingOut =
  (answer: RequestListener): RequestListener =>
  (request, response) => {
    const { socket } = request;
    // Node would reset the connection of whoever wants it closed after the answer.
    const wantsClosed = !response.shouldKeepAlive && hasBody(request);
    if (wantsClosed) response.shouldKeepAlive = true;
    response.once('finish', () => {
      if (!request.complete) closeSlowly(request, wantsClosed);
      else if (wantsClosed) socket.end();
    });
    answer(request, response);
  };

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

function closeSlowly(request: IncomingMessage, wantsClosed: boolean): void {
  const { socket } = request;
  const before = socket.bytesRead;
  let looks = 0;
  let cancel: Cancel = () => undefined;
  const stop = (): void => cancel();
  socket.once('close', stop);
  const look = (): void => {
    // it was just on its way: the connection may be used again
    if (looks === 0 && request.complete && !wantsClosed) {
      socket.off('close', stop);
      return;
    }
    if (looks === 0) socket.end();
    looks += 1;
    if (looks > looksAtMost || socket.bytesRead - before > readOffAtMost) socket.destroy();
    else cancel = systemClock.after(between, look);
  };
  request.unpipe();
  request.resume();
  cancel = systemClock.after(between, look);
}
