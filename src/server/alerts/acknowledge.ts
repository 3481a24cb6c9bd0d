// The page behind a link: one look, one button. Looking changes nothing, because mail scanners look at every link.
import express, { type Response, type Router } from 'express';
import { fillText } from '../../model/texts.ts';
import type { Texts } from '../../model/texts.ts';
import { rfc3339 } from '../../model/units.ts';
import type { AlertDesk } from './desk.ts';

export interface AcknowledgeWords {
  readonly texts: Texts;
  readonly people: readonly string[];
}

const style = `body{font:17px/1.5 system-ui,sans-serif;max-width:30rem;margin:3rem auto;padding:0 1rem}
select,button{font:inherit;width:100%;padding:.8rem;margin:.5rem 0;border-radius:.5rem;border:1px solid #888}
button{background:#0b57d0;color:#fff;border:0}`;

const contentSecurityPolicy =
  "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0) ?? 0};`);

function page(response: Response, status: number, title: string, body: string, { texts }: AcknowledgeWords): void {
  response
    .status(status)
    .set({ 'Content-Security-Policy': contentSecurityPolicy, 'Cache-Control': 'no-store' })
    .type('html')
    .send(
      `<!doctype html><html lang="${texts.language}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
        `<title>${escaped(title)}</title><style>${style}</style><h1>${escaped(title)}</h1>${body}</html>`,
    );
}

export function acknowledgePage(desk: AlertDesk, words: () => AcknowledgeWords): Router {
  const router = express.Router();
  router.use(express.urlencoded({ extended: false, limit: '2kb' }));
  router.get('/:token', (_request, response) => {
    const { texts, people } = words();
    const say = (code: string): string => escaped(fillText(texts, `message.acknowledge.${code}`));
    const options = people.map((name) => `<option>${escaped(name)}</option>`).join('');
    const form = `<form method="post"><label>${say('who')}<select name="by">${options}</select></label><button>${say('button')}</button></form>`;
    page(response, 200, fillText(texts, 'message.acknowledge.title'), form, words());
  });
  router.post('/:token', async (request, response) => {
    const { texts, people } = words();
    const { by } = request.body as { by?: unknown };
    const say = (code: string, facts: Readonly<Record<string, string | number>> = {}): string =>
      fillText(texts, `message.acknowledge.${code}`, facts);
    const who = people.find((name) => name === by);
    if (who === undefined) {
      page(response, 400, say('nobody'), '', words());
      return;
    }
    const outcome = await desk.acknowledge({ token: request.params.token }, who);
    switch (outcome.outcome) {
      case 'done':
        page(response, 200, say('done', { name: who, count: outcome.alerts }), '', words());
        break;
      case 'already':
        page(response, 200, say('already', { name: outcome.by, since: rfc3339(outcome.at) }), '', words());
        break;
      case 'nothing':
        page(response, 410, say('nothing'), '', words());
        break;
      case 'forged':
        page(response, 404, say('forged'), '', words());
        break;
    }
  });
  return router;
}
