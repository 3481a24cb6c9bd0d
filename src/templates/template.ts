// Templates as the rest of springtide uses them: read once with every mistake placed, then filled in with data.
import type { Instant } from '../model/units.ts';
import { execute, textOutput } from './execute.ts';
import { functionsOf } from './functions.ts';
import type { Dialect } from './functions.ts';
import { htmlOutput } from './html-output.ts';
import { nearest } from './nearest.ts';
import type { Body, Parsed, Reference } from './nodes.ts';
import { isEmpty, parse } from './parse.ts';
import { sprint } from './printf.ts';
import { CallError, TemplateError } from './template-error.ts';
import type { Operations, Value } from './value.ts';

export interface TemplateOptions {
  readonly dialect: Dialect;
  /** html escapes every value for the place in which it is put */
  readonly mode?: 'text' | 'html';
  /** what `template` may name beside the text's own definitions */
  readonly set?: TemplateSet;
  /** that are set beside the dialect's own */
  readonly variables?: readonly string[];
}

export interface TemplateContext {
  readonly now: Instant;
  /** of `.Local`; UTC where it is absent */
  readonly timeZone?: string;
  readonly externalUrl?: string;
  /** what `query` answers; throws where the answer is not known */
  readonly query?: (expression: string) => Value;
  /** such as $labels, for templates of rules */
  readonly variables?: Readonly<Record<string, Value>>;
}

export interface TemplateMistake {
  readonly offset: number;
  readonly message: string;
  readonly mend: string;
}

export interface Template {
  /** whether it is nothing but text */
  readonly constant: boolean;
  /** throws TemplateError */
  execute(data: Value, context: TemplateContext): string;
}

export type ParseResult =
  { readonly ok: true; readonly template: Template } | ({ readonly ok: false } & TemplateMistake);

/** Prometheus sets these before each template of a rule. */
const ruleVariables = ['$labels', '$value', '$externalLabels', '$externalURL'];

const parsed = (text: string, dialect: Dialect, variables: readonly string[] = []): Parsed =>
  parse(text, {
    functions: new Set(functionsOf[dialect].keys()),
    variables: [...(dialect === 'prometheus' ? ruleVariables : []), ...variables],
  });

const mistakeOf = ({ offset, message, mend }: TemplateError): TemplateMistake => ({ offset, message, mend });

export function parseTemplate(text: string, options: TemplateOptions): ParseResult {
  const { dialect, mode = 'text', set = emptySet } = options;
  try {
    const whole = parsed(text, dialect, options.variables);
    const own = new Map(
      whole.defined.filter((one) => takesPlace(one, set.body(one.name))).map((one) => [one.name, one]),
    );
    const body = (name: string): Body | undefined => own.get(name) ?? set.body(name);
    const lost = whole.references.find(({ name }) => body(name) === undefined);
    if (lost !== undefined) return { ok: false, ...unknownTemplate(lost, [...own.keys(), ...set.names]) };
    const constant = whole.main.nodes.every(({ kind }) => kind === 'text');
    return { ok: true, template: { constant, execute: (data, context) => run(whole.main, data, context) } };

    function run(main: Body, data: Value, context: TemplateContext): string {
      return execute(main, data, context.variables ?? {}, {
        operations: operationsOf(dialect, mode),
        body,
        output: mode === 'html' ? htmlOutput : textOutput,
        world: {
          now: context.now,
          timeZone: context.timeZone ?? 'UTC',
          externalUrl: context.externalUrl ?? '',
          query: context.query ?? noQueries,
        },
      });
    }
  } catch (error) {
    if (error instanceof TemplateError) return { ok: false, ...mistakeOf(error) };
    throw error;
  }
}

/** Who writes `{{ define "x" }}{{ end }}` over another x leaves that one in force: so does Go. */
const takesPlace = (body: Body, before: Body | undefined): boolean => before === undefined || !isEmpty(body);

/** HTML output escapes by itself: `html` before it would do so twice. */
const operationsOf = (dialect: Dialect, mode: 'text' | 'html'): Operations =>
  mode === 'text' ? functionsOf[dialect] : htmlFunctions[dialect];
const withoutHtml = (operations: Operations): Operations =>
  new Map([...operations, ['html', { parameters: [], rest: 'any', run: sprint }]]);
const htmlFunctions = {
  alertmanager: withoutHtml(functionsOf.alertmanager),
  prometheus: withoutHtml(functionsOf.prometheus),
};

function noQueries(): never {
  throw new CallError('queries are not asked here');
}

function unknownTemplate({ name, offset }: Reference, known: readonly string[]): TemplateMistake {
  const near = nearest(name, known);
  return {
    offset,
    message: `there is no template "${name}"`,
    mend: near === null ? `write {{define "${name}"}} … {{end}} in a file of \`templates\`` : `did you mean "${near}"?`,
  };
}

export interface TemplateFile {
  /** its path: the text outside of every definition is called by the last part of it; empty: it has no name */
  readonly name: string;
  readonly text: string;
}

export type SetResult =
  { readonly ok: true; readonly set: TemplateSet } | ({ readonly ok: false; readonly file: string } & TemplateMistake);

/** The definitions of some files, and each file as a whole; a later one takes the place of an earlier one of its name. */
export class TemplateSet {
  readonly #bodies: ReadonlyMap<string, Body>;

  private constructor(bodies: ReadonlyMap<string, Body>) {
    this.#bodies = bodies;
  }

  static parse(files: readonly TemplateFile[], dialect: Dialect = 'alertmanager', before?: TemplateSet): SetResult {
    const bodies = new Map(before === undefined ? [] : before.#bodies);
    for (const { name, text } of files) {
      try {
        const whole = parsed(text, dialect);
        const own = name.slice(name.lastIndexOf('/') + 1);
        const main = own === '' ? [] : [{ ...whole.main, name: own }];
        for (const body of [...main, ...whole.defined])
          if (takesPlace(body, bodies.get(body.name))) bodies.set(body.name, body);
      } catch (error) {
        if (error instanceof TemplateError) return { ok: false, file: name, ...mistakeOf(error) };
        throw error;
      }
    }
    return { ok: true, set: new TemplateSet(bodies) };
  }

  static readonly empty = new TemplateSet(new Map());

  get names(): readonly string[] {
    return [...this.#bodies.keys()];
  }

  body(name: string): Body | undefined {
    return this.#bodies.get(name);
  }
}

const emptySet = TemplateSet.empty;
