// What goes wrong with a template: where in its text, what, and how to mend it.

export class TemplateError extends Error {
  override readonly name = 'TemplateError';
  /** of the template whose text `offset` counts in; "" for the text itself */
  readonly template: string;
  readonly offset: number;
  readonly mend: string;

  constructor(offset: number, message: string, mend = '', template = '') {
    super(message);
    this.offset = offset;
    this.mend = mend;
    this.template = template;
  }
}

/** What a function refuses; the place is added by who called it. */
export class CallError extends Error {}
