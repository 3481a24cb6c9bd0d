// Reads a template: texts, actions, and the bodies that `define` and `block` name.
import type { Body, BranchNode, Node, Parsed, Pipeline, Reference } from './nodes.ts';
import { readPipeline } from './parse-pipeline.ts';
import { TokenReader } from './token-reader.ts';
import { TemplateError } from './template-error.ts';

export interface ParseOptions {
  /** functions that may be called */
  readonly functions: ReadonlySet<string>;
  /** variables that the caller sets */
  readonly variables: readonly string[];
}

const deepest = 100;

export function parse(text: string, options: ParseOptions): Parsed {
  const parser = new Parser(text, options);
  const { nodes, end } = parser.list(true);
  if (end !== null) throw new TemplateError(end.offset, `{{${end.word}}} ends nothing`, 'take it out');
  return { main: { name: '', nodes }, defined: parser.defined, references: parser.references };
}

interface ListEnd {
  readonly word: 'end' | 'else';
  readonly offset: number;
}
interface List {
  readonly nodes: Node[];
  /** what ended it; null: the text did */
  readonly end: ListEnd | null;
}

/** As Go sees it: what holds nothing but space takes no other body's place. */
export const isEmpty = ({ nodes }: Body): boolean =>
  nodes.every((node) => node.kind === 'text' && node.text.trim() === '');

class Parser {
  readonly #defined = new Map<string, Body>();
  readonly references: Reference[] = [];
  readonly #reader: TokenReader;
  readonly #options: ParseOptions;
  #variables: string[];
  #ranges = 0;
  #depth = 0;

  constructor(text: string, options: ParseOptions) {
    this.#reader = new TokenReader(text);
    this.#options = options;
    this.#variables = ['$', ...options.variables];
  }

  get defined(): Body[] {
    return [...this.#defined.values()];
  }

  list(top: boolean): List {
    const nodes: Node[] = [];
    this.#depth += 1;
    if (this.#depth > deepest)
      throw new TemplateError(this.#reader.offset, 'too many {{if}} and {{range}} within each other', 'use {{define}}');
    for (;;) {
      const token = this.#reader.peek();
      if (token === undefined) {
        this.#depth -= 1;
        return { nodes, end: null };
      }
      if (token.kind === 'text') {
        this.#reader.next();
        nodes.push({ kind: 'text', offset: token.offset, text: token.text });
        continue;
      }
      const { offset, text } = token;
      if (token.kind === 'word' && (text === 'end' || text === 'else')) {
        this.#reader.next();
        if (text === 'end') this.#reader.close('end');
        this.#depth -= 1;
        return { nodes, end: { word: text, offset } };
      }
      const node = token.kind === 'word' ? this.#statement(text, offset, top) : undefined;
      if (node === undefined) nodes.push(this.#action(offset));
      else if (node !== null) nodes.push(node);
    }
  }

  /** null: a definition; undefined: no statement but an action. */
  #statement(word: string, offset: number, top: boolean): Node | null | undefined {
    switch (word) {
      case 'if':
      case 'with':
      case 'range':
        this.#reader.next();
        return this.#branch(word, offset);
      case 'break':
      case 'continue':
        this.#reader.next();
        this.#reader.close(word);
        if (this.#ranges === 0) throw new TemplateError(offset, `{{${word}}} outside of a {{range}}`, 'take it out');
        return { kind: word, offset };
      case 'template':
        this.#reader.next();
        return this.#template(offset);
      case 'block':
        this.#reader.next();
        return this.#block(offset);
      case 'define':
        if (!top) throw new TemplateError(offset, '{{define}} within another block', 'put it outside of every block');
        this.#reader.next();
        this.#define(offset);
        return null;
      default:
        return undefined;
    }
  }

  #pipeline(context: Pipeline['kind'] | BranchNode['kind'] | 'template'): Pipeline {
    return readPipeline(this.#reader, {
      functions: this.#options.functions,
      variables: this.#variables,
      most: context === 'range' ? 2 : 1,
      context,
    });
  }

  #action(offset: number): Node {
    const pipe = this.#pipeline('pipeline');
    this.#reader.close('action');
    return { kind: 'action', offset, pipe };
  }

  #branch(kind: BranchNode['kind'], offset: number): Node {
    const before = this.#variables.length;
    const pipe = this.#pipeline(kind);
    this.#reader.close(kind);
    if (kind === 'range') this.#ranges += 1;
    const { nodes, end } = this.list(false);
    if (kind === 'range') this.#ranges -= 1;
    const otherwise = end?.word === 'else' ? this.#otherwise(kind, offset) : [];
    if (end === null) throw notClosed(kind, offset);
    this.#variables.length = before;
    return { kind, offset, pipe, then: nodes, otherwise };
  }

  #otherwise(kind: BranchNode['kind'], offset: number): Node[] {
    const next = this.#reader.peek();
    // {{else if}} is an {{if}} within the {{else}} that ends with it
    if (kind !== 'range' && next?.kind === 'word' && next.text === kind) {
      this.#reader.next();
      this.#depth += 1;
      const node = this.#branch(kind, next.offset);
      this.#depth -= 1;
      return [node];
    }
    this.#reader.close('else');
    const { nodes, end } = this.list(false);
    if (end === null) throw notClosed(kind, offset);
    if (end.word === 'else') throw new TemplateError(end.offset, 'a second {{else}}', 'take one of them out');
    return nodes;
  }

  #name(word: string): { name: string; offset: number } {
    const token = this.#reader.next();
    if (token?.kind !== 'string')
      throw new TemplateError(this.#reader.offset, `{{${word}}} needs a name`, `write {{${word} "NAME"}}`);
    return { name: token.text, offset: token.offset };
  }

  #template(offset: number): Node {
    const { name, offset: at } = this.#name('template');
    this.references.push({ name, offset: at });
    const pipe = this.#reader.peek()?.kind === 'close' ? null : this.#pipeline('template');
    this.#reader.close('template');
    return { kind: 'template', offset, name, pipe };
  }

  #define(offset: number): void {
    const { name } = this.#name('define');
    this.#reader.close('define');
    this.#body(name, 'define', offset);
  }

  #block(offset: number): Node {
    const { name, offset: at } = this.#name('block');
    if (this.#reader.peek()?.kind === 'close')
      throw new TemplateError(at, '{{block}} needs a value for its dot', 'write {{block "NAME" .}}');
    const pipe = this.#pipeline('template');
    this.#reader.close('block');
    this.#body(name, 'block', offset);
    this.references.push({ name, offset: at });
    return { kind: 'template', offset, name, pipe };
  }

  /** A body of its own sees no variables from outside, and no range. */
  #body(name: string, word: 'define' | 'block', offset: number): void {
    const [variables, ranges] = [this.#variables, this.#ranges];
    this.#variables = ['$'];
    this.#ranges = 0;
    const { nodes, end } = this.list(false);
    [this.#variables, this.#ranges] = [variables, ranges];
    if (end === null) throw notClosed(word, offset);
    if (end.word === 'else') throw new TemplateError(end.offset, `{{else}} in {{${word}}}`, 'take it out');
    this.#add({ name, nodes }, offset);
  }

  #add(body: Body, offset: number): void {
    const { name } = body;
    const first = this.#defined.get(name);
    if (first === undefined || isEmpty(first)) this.#defined.set(name, body);
    else if (!isEmpty(body))
      throw new TemplateError(offset, `the template "${name}" is defined twice in one file`, 'take one of them out');
  }
}

const notClosed = (word: string, offset: number): TemplateError =>
  new TemplateError(offset, `{{${word}}} is not closed`, 'write {{end}} where it ends');
