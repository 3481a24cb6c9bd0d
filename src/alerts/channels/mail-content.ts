// What a mail says: springtide's own layout, or the operator's templates; when one fails, a plain body that says everything.
import type { AlertsDocument } from '../../model/config.ts';
import type { Texts } from '../../model/texts.ts';
import type { Instant } from '../../model/units.ts';
import { fillNotice } from '../notice-templates.ts';
import type { Filling } from '../notice-templates.ts';
import { fallbackMail, renderMail } from '../render-mail.ts';
import type { MailBody } from '../render-mail.ts';
import { oneLine, shortened } from '../render.ts';
import type { Notice } from '../render.ts';
import type { EmailSettings } from './mail-settings.ts';

export interface MailContent extends MailBody {
  readonly headers: Readonly<Record<string, string>>;
  /** a template that failed: the mail says so, and the log */
  readonly fault: string | null;
}

export interface MailParts {
  readonly notice: Notice;
  readonly config: Pick<EmailSettings, 'headers' | 'html' | 'text'>;
  readonly document: AlertsDocument;
  readonly texts: Texts;
  readonly at: Instant;
}

/** What the message is made of is not for a header of the configuration to change. */
const ownHeaders =
  /^(?:from|sender|to|cc|bcc|date|subject|message-id|references|in-reply-to|mime-version|content-.*|return-path|received)$/i;
const headerName = /^[A-Za-z][A-Za-z0-9-]*$/;

/** Naming Alertmanager's own mail means ours. */
const namesDefault = (template: string | undefined, part: 'html' | 'text' | 'subject'): boolean =>
  template === undefined || template.replace(/[\s-]/g, '') === `{{template"email.default.${part}".}}`;

class Fault extends Error {}

export function composeMail({ notice, config, document, texts, at }: MailParts): MailContent {
  const filling: Filling = { notice, document, now: at };
  const filled = (what: string, template: string, mode: 'text' | 'html' = 'text'): string => {
    const result = fillNotice(what, template, filling, mode);
    if (!result.ok) throw new Fault(result.why);
    return result.text;
  };
  try {
    const own = renderMail(notice, texts, document.global.timeZone);
    const { html, text } = config;
    const headers = Object.entries(config.headers);
    const subject = headers.find(([name]) => name.toLowerCase() === 'subject')?.[1];
    return {
      subject: subject === undefined ? own.subject : shortened(oneLine(filled('Subject header', subject)), 900),
      // Alertmanager's way to send no HTML is an empty template
      html: html === '' ? null : namesDefault(html, 'html') ? own.html : filled('html', html ?? '', 'html'),
      text: namesDefault(text, 'text') || text === '' ? own.text : filled('text', text ?? ''),
      headers: Object.fromEntries(
        headers
          .filter(([name]) => headerName.test(name) && !ownHeaders.test(name))
          .map(([name, value]) => [name, oneLine(filled(`${name} header`, value))]),
      ),
      fault: own.fault,
    };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { ...fallbackMail(notice, error.message), headers: {}, fault: error.message };
  }
}
