// Reads a pipeline: variables that it sets, commands between bars, and their operands.
import type { Command, Operand, Pipeline } from './nodes.ts';
import { nearest } from './nearest.ts';
import { numberNode } from './numbers.ts';
import { seen } from './token-reader.ts';
import type { TokenReader } from './token-reader.ts';
import { TemplateError } from './template-error.ts';

export interface PipelineScope {
  readonly functions: ReadonlySet<string>;
  /** those in sight; what the pipeline declares is added */
  readonly variables: string[];
  /** variables that it may set at once */
  readonly most: 1 | 2;
  readonly context: string;
}

const keywords = new Set(['if', 'else', 'end', 'range', 'with', 'define', 'template', 'block', 'break', 'continue']);
const deepest = 100;

export function readPipeline(reader: TokenReader, scope: PipelineScope, depth = 0): Pipeline {
  const offset = reader.peek()?.offset ?? reader.offset;
  if (depth > deepest) throw new TemplateError(offset, 'too many parentheses within each other', 'use variables');
  const { variables, assigns } = declarations(reader, scope);
  const commands: Command[] = [];
  do {
    const command = readCommand(reader, scope, depth);
    const [first] = command.operands;
    if (commands.length > 0 && isConstant(first))
      throw new TemplateError(command.offset, 'behind | only a function or a method can stand', 'put the value first');
    commands.push(command);
  } while (reader.mark('|'));
  if (!assigns) scope.variables.push(...variables);
  return { kind: 'pipeline', offset, variables, assigns, commands };
}

const isConstant = (operand: Operand): boolean => ['boolean', 'dot', 'nil', 'number', 'string'].includes(operand.kind);

/** `$x :=`, `$x =`, and in a range `$i, $x :=`. */
function declarations(reader: TokenReader, scope: PipelineScope): { variables: string[]; assigns: boolean } {
  const variables: string[] = [];
  let ahead = 0;
  for (;;) {
    const token = reader.peek(ahead);
    if (token?.kind !== 'variable') return { variables: [], assigns: false };
    variables.push(token.text);
    const mark = reader.peek(ahead + 1);
    if (mark?.kind !== 'mark') return { variables: [], assigns: false };
    ahead += 2;
    if (mark.text === ',' && scope.most > variables.length) continue;
    if (mark.text === ',')
      throw new TemplateError(
        mark.offset,
        `too many variables in ${scope.context}`,
        'only {{range}} sets two, at most',
      );
    if (mark.text !== ':=' && mark.text !== '=') return { variables: [], assigns: false };
    const assigns = mark.text === '=';
    for (let taken = 0; taken < ahead; taken += 1) reader.next();
    for (const name of assigns ? variables : []) known(name, token.offset, scope);
    return { variables, assigns };
  }
}

function known(name: string, offset: number, { variables }: PipelineScope): void {
  if (variables.includes(name)) return;
  const near = nearest(name, variables);
  throw new TemplateError(
    offset,
    `there is no variable ${name} here`,
    near === null ? `set it first: {{ ${name} := … }}` : `did you mean ${near}?`,
  );
}

function readCommand(reader: TokenReader, scope: PipelineScope, depth: number): Command {
  const offset = reader.peek()?.offset ?? reader.offset;
  const operands: Operand[] = [];
  for (;;) {
    const token = reader.peek();
    if (token === undefined || token.kind === 'close' || token.kind === 'text') break;
    if (token.kind === 'mark' && (token.text === '|' || token.text === ')')) break;
    if (operands.length > 0 && !token.spaced)
      throw new TemplateError(
        token.offset,
        `${seen(token)} stands right behind the value before it`,
        'put a space there',
      );
    operands.push(readOperand(reader, scope, depth));
  }
  const [first, ...rest] = operands;
  if (first === undefined) throw new TemplateError(offset, `a value is missing in ${scope.context}`, 'write one');
  return { offset, operands: [first, ...rest] };
}

function readOperand(reader: TokenReader, scope: PipelineScope, depth: number): Operand {
  const operand = readTerm(reader, scope, depth);
  const names: string[] = [];
  for (let token = reader.peek(); token?.kind === 'field' && !token.spaced; token = reader.peek()) {
    names.push(token.text.slice(1));
    reader.next();
  }
  if (names.length === 0) return operand;
  const { offset } = operand;
  switch (operand.kind) {
    case 'field':
      return { ...operand, names: [...operand.names, ...names] };
    case 'variable':
      return { ...operand, names: [...operand.names, ...names] };
    case 'boolean':
    case 'string':
    case 'number':
    case 'nil':
    case 'dot':
      throw new TemplateError(
        offset,
        `.${names[0] ?? ''} of a literal`,
        'fields are of variables and of what ( ) gives',
      );
    case 'function':
    case 'chain':
    case 'pipeline':
      return { kind: 'chain', offset, of: operand, names };
  }
}

function readTerm(reader: TokenReader, scope: PipelineScope, depth: number): Operand {
  const token = reader.next();
  if (token === undefined) throw new TemplateError(reader.offset, 'a value is missing', 'write one');
  const { offset } = token;
  switch (token.kind) {
    case 'string':
      return { kind: 'string', offset, value: token.text };
    case 'character':
      return { kind: 'number', offset, text: token.text, int: BigInt(token.code), float: token.code };
    case 'number': {
      const number = numberNode(token.text, offset);
      if (number === null) throw new TemplateError(offset, `${token.text} is no number`, 'write 42, 0.5 or 1e9');
      return number;
    }
    case 'dot':
      return { kind: 'dot', offset };
    case 'field':
      return { kind: 'field', offset, names: [token.text.slice(1)] };
    case 'variable':
      known(token.text, offset, scope);
      return { kind: 'variable', offset, name: token.text, names: [] };
    case 'word':
      return readWord(token.text, offset, scope);
    case 'mark':
      if (token.text === '(') {
        const pipeline = readPipeline(reader, { ...scope, most: 1 }, depth + 1);
        if (!reader.mark(')')) throw new TemplateError(offset, '( is not closed', 'write ) where it ends');
        return pipeline;
      }
      break;
    case 'close':
    case 'text':
      break;
  }
  throw new TemplateError(offset, `${seen(token)} is not expected in ${scope.context}`, 'write a value here');
}

function readWord(word: string, offset: number, { functions }: PipelineScope): Operand {
  if (word === 'true' || word === 'false') return { kind: 'boolean', offset, value: word === 'true' };
  if (word === 'nil') return { kind: 'nil', offset };
  if (functions.has(word)) return { kind: 'function', offset, name: word };
  if (keywords.has(word))
    throw new TemplateError(offset, `{{${word}}} cannot stand within another action`, 'give it braces of its own');
  const near = nearest(word, [...functions]);
  throw new TemplateError(
    offset,
    `there is no function "${word}"`,
    near === null ? 'a field begins with a dot: .Labels' : `did you mean ${near}?`,
  );
}
