// What fires, live, and saying on the page that somebody is on it: with a token that may, or at the machine itself.
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { z } from 'zod';
import type { Acknowledge } from '../alerts/acknowledger.ts';
import { messageOf } from '../model/errors.ts';
import type { FiringAnswer, FiringGroups } from '../model/report.ts';
import { languages, type Language, type Texts } from '../model/texts.ts';
import { rfc3339 } from '../model/units.ts';
import type { Caller } from './access.ts';
import { bodyAtMost } from './body.ts';
import { ownOriginOnly, problem, type Outside } from './guard.ts';
import { callerOf } from './login.ts';

/** The pipeline of the one who leads, as the page needs it. */
export interface FiringDesk {
  readonly firing: (texts: Texts) => FiringGroups;
  readonly acknowledge: Acknowledge;
}

export interface FiringOptions {
  /** null: this process follows, or begins */
  readonly desk: () => FiringDesk | null;
  readonly texts: (language: Language) => Texts;
  /** nobody is asked for a token, and only the machine itself is listened to */
  readonly isOwnMachine: () => boolean;
  readonly outside: Outside;
}

export const acknowledgePath = '/api/v1/acknowledge';

const longestBody = 4096;

const wanted = z.strictObject({
  groupKey: z.string().min(1),
  receiver: z.string().min(1),
  by: z.string().trim().max(100).default(''),
});

const isLanguage = (text: unknown): text is Language => languages.some((language) => language === text);

export function firingRoutes(app: Express, { desk, texts, isOwnMachine, outside }: FiringOptions): void {
  const mayAcknowledge = (caller: Caller | null): boolean => caller?.mayAcknowledge ?? isOwnMachine();
  app.get('/api/v1/firing', (request, response) => {
    const caller = callerOf(response);
    const language = request.query['lang'];
    const found = desk()?.firing(texts(isLanguage(language) ? language : 'en'));
    const answer: FiringAnswer | null =
      found === undefined ? null : { ...found, mayAcknowledge: mayAcknowledge(caller), caller: caller?.name ?? null };
    response.json(answer);
  });
  app.post(
    acknowledgePath,
    ownOriginOnly(outside),
    asJson,
    bodyAtMost(longestBody),
    express.json({ limit: longestBody }),
    async (request: Request, response: Response) => {
      const caller = callerOf(response);
      if (!mayAcknowledge(caller)) {
        const message =
          'this token may read only: write may: acknowledge beside it, or grant post of /springtide/acknowledge';
        problem(response, 403, 'MayNotAcknowledge', message);
        return;
      }
      const parsed = wanted.safeParse(request.body);
      const by = parsed.success ? nameOf(parsed.data.by, caller) : null;
      if (!parsed.success || by === null) {
        const message = parsed.success ? 'say who is on it: by' : z.prettifyError(parsed.error);
        problem(response, 400, 'BadAcknowledgement', message);
        return;
      }
      const { groupKey, receiver } = parsed.data;
      const leading = desk();
      try {
        if (leading === null) throw new Error('this process does not lead: it tells nobody');
        const outcome = await leading.acknowledge({ groupKey, receiver }, by);
        response.json('at' in outcome ? { ...outcome, at: rfc3339(outcome.at) } : outcome);
      } catch (error) {
        problem(response.set('Retry-After', '5'), 503, 'NotAcknowledged', messageOf(error));
      }
    },
  );
}

/** Whose token it is stands beside the name that he gives himself; null: nobody knows who it is. */
function nameOf(by: string, caller: Caller | null): string | null {
  const own = by.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ');
  if (caller === null) return own === '' ? null : own;
  return own === '' || own === caller.name ? caller.name : `${own} (${caller.name})`;
}

/** A form of another site cannot send this kind; a script of another site is asked for leave first, and has none. */
function asJson(request: Request, response: Response, next: NextFunction): void {
  if (request.is('application/json') !== false) next();
  else problem(response, 415, 'NotJson', 'send application/json');
}
