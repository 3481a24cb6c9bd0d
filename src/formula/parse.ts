// Reads a formula over named metrics, or says what is wrong and where.
//
// From the loosest to the tightest: `a ? b : c` (to the right), `??`, `< <= > >= == !=` (not chained), `+ -`, `* /`, unary `-`.
// Beside an operator that binds tighter, `a + b ?? 0` is read one way by the grammar and another way by most people. It is
// refused until parentheses say which is meant; the sides of ?: need none.
import type { Call, Choice, Coalescence, Formula, FormulaExpression } from './formula.ts';
import type { ArithmeticSign, ComparisonSign } from './formula.ts';
import { FormulaRefusal, tokensOf, type Token } from './tokens.ts';
import { visit } from './walk.ts';

export type FormulaReading =
  | { readonly kind: 'formula'; readonly formula: Formula }
  /** `offset` counts characters from 0. */
  | { readonly kind: 'error'; readonly offset: number; readonly message: string };

/** Far above what people write, far below what would exhaust the stack. */
export const maximumFormulaLength = 2000;
const maximumNesting = 100;

export function parseFormula(text: string): FormulaReading {
  try {
    if (text.length > maximumFormulaLength)
      throw new FormulaRefusal(maximumFormulaLength, `a formula has at most ${maximumFormulaLength} characters`);
    if (text.trim() === '') throw new FormulaRefusal(0, 'the formula is empty');
    const expression = new Parser(text, tokensOf(text)).whole();
    const inputs = new Set<string>();
    const needsLast = new Set<string>();
    visit(expression, (node) => {
      if (node.kind === 'metric') inputs.add(node.name);
      if (node.kind === 'last') needsLast.add(node.name);
    });
    return { kind: 'formula', formula: { text, inputs: [...inputs], needsLast: [...needsLast], expression } };
  } catch (error) {
    if (error instanceof FormulaRefusal) return { kind: 'error', offset: error.offset, message: error.message };
    throw error;
  }
}

const anything = 1;
const coalescing = 2;
const comparing = 3;
const adding = 4;
const multiplying = 5;
const negating = 6;

const precedences: Readonly<Record<string, number>> = {
  '?': anything,
  '??': coalescing,
  ...Object.fromEntries(['<', '<=', '>', '>=', '==', '!='].map((operator) => [operator, comparing])),
  '+': adding,
  '-': adding,
  '*': multiplying,
  '/': multiplying,
};

class Parser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(text: string, tokens: readonly Token[]) {
    this.#text = text;
    this.#tokens = tokens;
  }

  whole(): FormulaExpression {
    const expression = this.#expression(anything);
    const token = this.#peek();
    if (token.kind === 'end') return expression;
    throw new FormulaRefusal(token.from, leftOver(token));
  }

  #expression(least: number): FormulaExpression {
    if (++this.#depth > maximumNesting)
      throw new FormulaRefusal(this.#peek().from, `a formula is nested at most ${maximumNesting} levels deep`);
    let left = this.#operand();
    for (let token = this.#peek(); token.kind === 'sign'; token = this.#peek()) {
      const precedence = precedences[token.text] ?? 0;
      if (precedence < least) break;
      this.#next++;
      left = this.#operation(left, token, precedence);
    }
    this.#depth--;
    return left;
  }

  #operation(left: FormulaExpression, token: Token, precedence: number): FormulaExpression {
    switch (precedence) {
      case anything:
        return this.#choice(left, token);
      case coalescing:
        return this.#coalescence(left, token);
      case comparing: {
        if (left.kind === 'comparison')
          throw new FormulaRefusal(token.from, 'comparisons are not chained; put one of them into parentheses');
        this.#refuseMixture(left, token);
        const right = this.#expression(precedence + 1);
        const operator = token.text as ComparisonSign;
        return { kind: 'comparison', operator, left, right, from: left.from, to: right.to };
      }
      default: {
        this.#refuseMixture(left, token);
        const right = this.#expression(precedence + 1);
        const operator = token.text as ArithmeticSign;
        return { kind: 'arithmetic', operator, left, right, from: left.from, to: right.to };
      }
    }
  }

  #choice(condition: FormulaExpression, question: Token): Choice {
    const yes = this.#expression(anything);
    if (this.#peek().text !== ':')
      throw new FormulaRefusal(question.from, 'the "?" has no ":"; a choice is condition ? a : b');
    this.#next++;
    const no = this.#expression(anything);
    return { kind: 'choice', condition, yes, no, from: condition.from, to: no.to };
  }

  #coalescence(left: FormulaExpression, token: Token): Coalescence {
    const place = this.#peek();
    const isLast = place.kind === 'name' && place.text === 'last';
    if (left.kind === 'negation' || left.kind === 'arithmetic' || left.kind === 'comparison') {
      const caught = lastOperand(left);
      const tight = `${this.#text.slice(left.from, caught.from)}(${this.#written(caught)} ?? ${isLast ? 'last' : '…'})`;
      throw ambiguous(token.from, isLast ? [tight] : [tight, `(${this.#written(left)}) ?? …`]);
    }
    if (isLast) return this.#last(left, token, place);
    const right = this.#expression(comparing);
    if (right.kind === 'arithmetic' || right.kind === 'comparison') {
      const first = firstOperand(right);
      const [one, other] = [this.#written(left), this.#written(right)];
      const behind = this.#text.slice(first.to, right.to);
      throw ambiguous(token.from, [`(${one} ?? ${this.#written(first)})${behind}`, `${one} ?? (${other})`]);
    }
    return { kind: 'coalescence', left, right, operatorAt: token.from, from: left.from, to: right.to };
  }

  #last(left: FormulaExpression, token: Token, place: Token): Coalescence {
    if (left.kind !== 'metric') throw lastElsewhere(place.from);
    this.#next++;
    const to = place.from + place.text.length;
    const right: FormulaExpression = { kind: 'last', name: left.name, from: place.from, to };
    return { kind: 'coalescence', left, right, operatorAt: token.from, from: left.from, to };
  }

  /** Only `a ?? last + 1` comes here: every other right side takes its operators with it. */
  #refuseMixture(left: FormulaExpression, token: Token): void {
    if (left.kind !== 'coalescence') return;
    throw ambiguous(token.from, [`(${this.#written(left)}) ${token.text} …`]);
  }

  #operand(): FormulaExpression {
    const token = this.#peek();
    const to = token.from + token.text.length;
    switch (token.kind) {
      case 'number':
        this.#next++;
        return { kind: 'number', value: Number(token.text), from: token.from, to };
      case 'name':
        this.#next++;
        if (this.#peek().text === '(') return this.#call(token);
        if (token.text === 'last') throw lastElsewhere(token.from);
        return { kind: 'metric', name: token.text, from: token.from, to };
      case 'sign':
        return this.#prefixed(token);
      case 'end':
        throw new FormulaRefusal(token.from, `the formula ends where a value is expected${this.#behind()}`);
    }
  }

  #prefixed(token: Token): FormulaExpression {
    if (token.text !== '-' && token.text !== '(')
      throw new FormulaRefusal(
        token.from,
        `"${token.text}" stands where a number or the name of a metric is expected${this.#behind()}`,
      );
    this.#next++;
    if (token.text === '-') {
      const expression = this.#expression(negating);
      return { kind: 'negation', expression, from: token.from, to: expression.to };
    }
    const expression = this.#expression(anything);
    return { kind: 'parenthesis', expression, from: token.from, to: this.#close(token) };
  }

  #call(token: Token): Call {
    const name = token.text;
    if (name !== 'min' && name !== 'max')
      throw new FormulaRefusal(token.from, `unknown function "${name}"; a formula has min(a, b, …) and max(a, b, …)`);
    const bracket = this.#peek();
    this.#next++;
    if (this.#peek().text === ')') throw new FormulaRefusal(token.from, `${name} needs at least one value`);
    const given = [this.#expression(anything)];
    while (this.#peek().text === ',') {
      this.#next++;
      given.push(this.#expression(anything));
    }
    return { kind: 'call', name, arguments: given, from: token.from, to: this.#close(bracket) };
  }

  /** Behind the closing bracket. */
  #close(bracket: Token): number {
    const token = this.#peek();
    if (token.kind === 'end') throw new FormulaRefusal(bracket.from, '"(" is not closed');
    if (token.text !== ')') throw new FormulaRefusal(token.from, leftOver(token));
    this.#next++;
    return token.from + 1;
  }

  #peek(): Token {
    return this.#tokens[Math.min(this.#next, this.#tokens.length - 1)] as Token;
  }

  #behind(): string {
    const token = this.#tokens[this.#next - 1];
    return token === undefined ? '' : ` behind "${token.text}"`;
  }

  #written({ from, to }: FormulaExpression): string {
    return this.#text.slice(from, to);
  }
}

/** In `a + b * c ?? …` the c: what the ?? would catch if it bound tighter. */
function lastOperand(expression: FormulaExpression): FormulaExpression {
  if (expression.kind === 'negation') return lastOperand(expression.expression);
  return expression.kind === 'arithmetic' || expression.kind === 'comparison'
    ? lastOperand(expression.right)
    : expression;
}

const firstOperand = (expression: FormulaExpression): FormulaExpression =>
  expression.kind === 'arithmetic' || expression.kind === 'comparison' ? firstOperand(expression.left) : expression;

const ambiguous = (offset: number, ways: readonly string[]): FormulaRefusal =>
  new FormulaRefusal(offset, `"??" beside another operator can be read in two ways; write ${ways.join(' or ')}`);

const lastElsewhere = (offset: number): FormulaRefusal =>
  new FormulaRefusal(
    offset,
    '"last" is the last known value of the metric just before it and stands only there: queue ?? last',
  );

/** What is wrong with a token where an operator or the end was expected. */
function leftOver(token: Token): string {
  switch (token.text) {
    case ')':
      return '")" closes nothing';
    case ',':
      return '"," separates the values of min and max, here is neither';
    case ':':
      return '":" without "?"; a choice is condition ? a : b';
    case 'and':
    case 'or':
      return `"${token.text}" is no operator; comparisons answer 1 or 0: write min(a, b) for "and", max(a, b) for "or"`;
    default:
      return `an operator is missing before "${token.text}"`;
  }
}
