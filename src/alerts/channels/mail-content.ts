// What a mail says: springtide's own layout, or the operator's templates; when one fails, a plain body that says everything.
import addressesIn from 'nodemailer/lib/addressparser';
import type { AlertsDocument } from '../../model/config.ts';
import { isMailHeaderName, isOwnMailHeader } from '../../model/mail-headers.ts';
import type { Texts } from '../../model/texts.ts';
import type { Instant } from '../../model/units.ts';
import { fillNotice, isRedefined } from '../notice-templates.ts';
import { naming } from '../naming.ts';
import type { Filling } from '../notice-templates.ts';
import { fallbackMail, renderMail } from '../render-mail.ts';
import type { MailBody } from '../render-mail.ts';
import { oneLine, shortened } from '../render.ts';
import type { Notice } from '../render.ts';
import type { EmailSettings } from './mail-settings.ts';

export interface MailContent extends MailBody {
  readonly headers: Readonly<Record<string, string>>;
  /** in the place of the addresses that it is sent from and to */
  readonly shown: AddressHeaders;
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

/** What people read there; whom the mail goes to is another matter. */
const addressHeaders = ['from', 'sender', 'to', 'cc'] as const;
type AddressHeaders = { readonly [name in (typeof addressHeaders)[number]]?: string };

type Part = 'html' | 'text' | 'subject';

const defaultOf = (part: Part): string => `{{ template "email.default.${part}" . }}`;

const withoutSpace = (template: string): string => template.replace(/[\s-]/g, '');

/** Naming Alertmanager's own mail, or nothing, means ours; null: where the operator has not written that mail himself. */
function templateOf(part: Part, written: string | undefined, document: AlertsDocument): string | null {
  const isDefault = written === undefined || withoutSpace(written) === withoutSpace(defaultOf(part));
  if (!isDefault) return written;
  return isRedefined(`email.default.${part}`, document) ? defaultOf(part) : null;
}

/** Some of it is not springtide's own. */
export function hasOwnTemplates({ html, text, headers }: MailParts['config'], document: AlertsDocument): boolean {
  const parts = [
    templateOf('html', html, document),
    templateOf('text', text, document),
    subjectTemplate(undefined, document),
  ];
  return [...parts, ...Object.values(headers)].some((template) => template?.includes('{{') === true);
}

class Fault extends Error {}

export function composeMail({ notice, config, document, texts, at }: MailParts): MailContent {
  const filling: Filling = { notice, document, now: at };
  const brief = naming(notice, document.limits.namedInMessage);
  const filled = (what: string, template: string, mode: 'text' | 'html' = 'text'): string => {
    const result = fillNotice(what, template, filling, mode);
    if (!result.ok) throw new Fault(result.why);
    return result.text;
  };
  try {
    const own = renderMail(brief, texts, document.global.timeZone);
    const { html, text } = config;
    const headers = Object.entries(config.headers).filter(([name]) => isMailHeaderName(name) && !isOwnMailHeader(name));
    const written = new Map(headers.map(([name, value]) => [name.toLowerCase(), value]));
    const subject = subjectTemplate(written.get('subject'), document);
    const ownHtml = templateOf('html', html, document);
    const ownText = templateOf('text', text, document);
    return {
      subject: subject === null ? own.subject : shortened(oneLine(filled('Subject header', subject)), 900),
      // Alertmanager's way to send no HTML is an empty template
      html: html === '' ? null : ownHtml === null ? own.html : filled('html', ownHtml, 'html'),
      text: ownText === null || ownText === '' ? own.text : filled('text', ownText),
      headers: Object.fromEntries(
        headers
          .filter(([name]) => !isSetApart(name.toLowerCase()))
          .map(([name, value]) => [name, oneLine(filled(`${name} header`, value))]),
      ),
      shown: Object.fromEntries(
        addressHeaders.flatMap((name) => {
          const template = written.get(name);
          const value = template === undefined ? '' : oneLine(filled(`${name} header`, template));
          return holdsAddress(value) ? [[name, value]] : [];
        }),
      ),
      fault: own.fault,
    };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { ...fallbackMail(brief, error.message), headers: {}, shown: {}, fault: error.message };
  }
}

/** Alertmanager's own subject, written out, stays what it was; without any it is ours, or what a file of templates makes of that. */
function subjectTemplate(written: string | undefined, document: AlertsDocument): string | null {
  if (written !== undefined) return written;
  return ['email.default.subject', '__subject'].some((name) => isRedefined(name, document))
    ? defaultOf('subject')
    : null;
}

const isSetApart = (name: string): boolean => name === 'subject' || addressHeaders.some((one) => one === name);

/** Words alone would leave the mail without the header: servers take that amiss. */
const holdsAddress = (value: string): boolean =>
  addressesIn(value).some((one) => 'group' in one || /.@./.test(one.address ?? ''));
