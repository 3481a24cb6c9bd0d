// The page behind a link, and where the code of a message is typed: one look, one button. Looking changes nothing, because mail scanners look at every link.
import express, { type Request, type Response, type Router } from 'express';
import type { AcknowledgeOutcome, AcknowledgeTarget } from '../../alerts/acknowledger.ts';
import { fillText } from '../../model/texts.ts';
import type { Texts } from '../../model/texts.ts';
import type { Instant } from '../../model/units.ts';
import { bodyAtMost } from '../body.ts';
import { addressKey, type RateLimit } from '../rate.ts';
import { contentSecurityPolicy, escaped, htmlPage } from './acknowledge-html.ts';
import type { AlertDesk } from './desk.ts';

export interface AcknowledgeWords {
  readonly texts: Texts;
  readonly people: readonly string[];
}

/** A link that holds what it means is longer. */
const longestCode = 16;
const longestName = 100;
const longestBody = 2048;

const isShort = (token: string): boolean => token.length <= longestCode;

/** `codes`: how often one may be tried, the right ones too: nobody shows a token here. */
export function acknowledgePage(desk: AlertDesk, words: () => AcknowledgeWords, codes: RateLimit): Router {
  const router = express.Router();
  router.use(bodyAtMost(longestBody), express.urlencoded({ extended: false, limit: longestBody }));
  router.get('/', (_request, response) => answer(response, 200, 'title', form(words(), { asksCode: true }), words()));
  router.get('/:token', (_request, response) =>
    answer(response, 200, 'title', form(words(), { asksCode: false }), words()),
  );
  router.post('/', (request, response) => {
    const typed = textOf(request, 'code');
    return taken({ code: typed }, { asksCode: true, typed }, request, response);
  });
  router.post('/:token', (request, response) => {
    const { token } = request.params;
    return taken(isShort(token) ? { code: token } : { token }, { asksCode: false }, request, response);
  });

  async function taken(target: AcknowledgeTarget, asked: Asked, request: Request, response: Response): Promise<void> {
    const current = words();
    const who = whoOf(request, current);
    if (who === null) {
      answer(response, 400, 'nobody', form(current, asked), current);
      return;
    }
    const after = 'code' in target ? codes.take(addressKey(request.socket.remoteAddress)) : null;
    if (after !== null) {
      response.set('Retry-After', String(after));
      answer(response, 429, 'tooOften', form(current, asked), current);
      return;
    }
    let outcome: AcknowledgeOutcome;
    try {
      outcome = await desk.acknowledge(target, who);
    } catch {
      // the ledger has said why in the log; whoever stands in the rain is to try again
      response.set('Retry-After', '5');
      answer(response, 503, 'unwritable', form(current, asked), current);
      return;
    }
    told(response, sayingOf(outcome, who, desk.document().global.timeZone), current, asked);
  }
  return router;
}

interface Asked {
  readonly asksCode: boolean;
  /** what was typed before, and was wrong */
  readonly typed?: string;
}

const textOf = (request: Request, field: string): string => {
  const value = (request.body as Readonly<Record<string, unknown>> | undefined)?.[field];
  return typeof value === 'string' ? value.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim() : '';
};

/** Whoever writes his name is that one; else one of the people of the configuration, who has chosen himself. */
function whoOf(request: Request, { people }: AcknowledgeWords): string | null {
  const other = textOf(request, 'other').slice(0, longestName);
  if (other !== '') return other;
  const by = textOf(request, 'by');
  return people.find((name) => name === by) ?? null;
}

function form({ texts, people }: AcknowledgeWords, { asksCode, typed = '' }: Asked): string {
  const say = (code: string): string => escaped(fillText(texts, `message.acknowledge.${code}`));
  const input = (name: string, more: string): string =>
    `<input name="${name}" maxlength="${longestName}" autocomplete="off" ${more}>`;
  const code = asksCode
    ? `<label>${say('code')}${input('code', `class="code" required autocapitalize="none" spellcheck="false" placeholder="#" value="${escaped(typed)}"`)}</label>`
    : '';
  const options = people.map((name) => `<option>${escaped(name)}</option>`).join('');
  const who =
    people.length === 0
      ? `<label>${say('who')}${input('other', 'required')}</label>`
      : // nobody is chosen before he chooses: whoever only presses the button would be the first of them
        `<label>${say('who')}<select name="by"><option value="">${say('other')}</option>${options}</select></label>` +
        `<label>${say('name')}${input('other', '')}</label>`;
  return `<form method="post">${code}${who}<button>${say('button')}</button></form>`;
}

function answer(response: Response, status: number, code: string, body: string, words: AcknowledgeWords): void {
  const title = fillText(words.texts, `message.acknowledge.${code}`);
  page(response, status, title, body, words);
}

function page(response: Response, status: number, title: string, body: string, { texts }: AcknowledgeWords): void {
  response
    .status(status)
    .set({ 'Content-Security-Policy': contentSecurityPolicy, 'Cache-Control': 'no-store' })
    .type('html')
    .send(htmlPage(title, body, texts));
}

interface Saying {
  readonly status: number;
  readonly code: string;
  readonly facts: Readonly<Record<string, string | number>>;
}

function sayingOf(outcome: AcknowledgeOutcome, name: string, timeZone: string): Saying {
  const since = 'at' in outcome ? momentOf(outcome.at, timeZone) : '';
  switch (outcome.outcome) {
    case 'done':
      return { status: 200, code: 'done', facts: { name, count: outcome.alerts } };
    case 'already':
      return { status: 200, code: 'already', facts: { name: outcome.by, since } };
    case 'nothing':
    case 'expired':
      return { status: 410, code: outcome.outcome, facts: { since } };
    case 'forged':
    case 'unknown':
      return { status: 404, code: outcome.outcome, facts: {} };
  }
}

function told(response: Response, { status, code, facts }: Saying, words: AcknowledgeWords, asked: Asked): void {
  const again = code === 'unknown' && asked.asksCode ? form(words, asked) : '';
  page(response, status, fillText(words.texts, `message.acknowledge.${code}`, facts), again, words);
}

/** 2026-11-22 03:15:04 GMT+8 */
function momentOf(at: Instant, timeZone: string): string {
  const digits = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const;
  const day = { year: 'numeric', month: '2-digit', day: '2-digit' } as const;
  return new Intl.DateTimeFormat('sv', { ...day, ...digits, timeZone, timeZoneName: 'short' }).format(at);
}
