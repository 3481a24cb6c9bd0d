// Templates that an operator writes for mails and SMS, filled in with a notification.
import type { AlertsDocument } from '../model/config.ts';
import { messageOf } from '../model/errors.ts';
import type { Instant } from '../model/units.ts';
import { defaultTemplates } from '../templates/defaults.ts';
import { parseTemplate, TemplateSet } from '../templates/template.ts';
import type { Notice } from './render.ts';
import { templateData } from './template-data.ts';

const sets = new WeakMap<AlertsDocument, TemplateSet>();

/** The shipped definitions with the operator's files over them. The loader has refused files with mistakes. */
function templatesOf(document: AlertsDocument): TemplateSet {
  let set = sets.get(document);
  if (set === undefined) {
    const read = TemplateSet.parse(document.templateFiles ?? [], 'alertmanager', defaultTemplates);
    set = read.ok ? read.set : defaultTemplates;
    sets.set(document, set);
  }
  return set;
}

/** Whether a file of the operator says what this shipped name means. */
export const isRedefined = (name: string, document: AlertsDocument): boolean =>
  templatesOf(document).body(name) !== defaultTemplates.body(name);

export interface Filling {
  readonly notice: Notice;
  readonly document: AlertsDocument;
  readonly now: Instant;
}

export type Filled = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly why: string };

/** `what` names the template in the message of a failure: "html", "Subject header". */
export function fillNotice(what: string, template: string, filling: Filling, mode: 'text' | 'html' = 'text'): Filled {
  if (!template.includes('{{')) return { ok: true, text: template };
  const { notice, document, now } = filling;
  try {
    const read = parseTemplate(template, { dialect: 'alertmanager', mode, set: templatesOf(document) });
    if (!read.ok) return { ok: false, why: `the ${what} template: ${read.message}` };
    const externalUrl = document.links?.externalUrl ?? '';
    const text = read.template.execute(templateData(notice, { externalUrl }), {
      now,
      timeZone: document.global.timeZone,
      externalUrl,
    });
    return { ok: true, text };
  } catch (error) {
    return { ok: false, why: `the ${what} template: ${messageOf(error)}` };
  }
}
