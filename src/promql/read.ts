// From the grammar's tree to ours: operators, literals, calls and aggregations.
import type { SyntaxNode } from '@lezer/common';
import { aggregationNames, aggregationParameters, functionSignatures } from './functions.ts';
import type { BinaryOperator, Expression, Grouping, Span } from './ast.ts';
import { numberOf, unquote } from './literals.ts';
import { applyPostfix, isPostfix, readVectorSelector } from './read-selector.ts';
import { readLabels, readModifiers } from './read-matching.ts';
import type { OperatorModifiers } from './read-matching.ts';
import { Refusal } from './refusal.ts';
import { childrenOf, spanOf } from './tree.ts';
import { unknownFunction } from './syntax-errors.ts';

interface BinaryItem extends OperatorModifiers {
  readonly kind: 'binary';
  readonly operator: BinaryOperator;
  readonly span: Span;
}
interface UnaryItem {
  readonly kind: 'unary';
  readonly operator: '+' | '-';
  readonly from: number;
}
interface OperandItem {
  readonly kind: 'operand';
  readonly node: SyntaxNode;
  readonly from: number;
  readonly postfixes: SyntaxNode[];
}
type Item = BinaryItem | UnaryItem | OperandItem;

const precedences: Readonly<Record<BinaryOperator, number>> = {
  or: 1,
  and: 2,
  unless: 2,
  '==': 3,
  '!=': 3,
  '>': 3,
  '<': 3,
  '>=': 3,
  '<=': 3,
  '</': 3,
  '>/': 3,
  '+': 4,
  '-': 4,
  '*': 5,
  '/': 5,
  '%': 5,
  atan2: 5,
  '^': 6,
};
const unaryPrecedence = 5;

export function readExpression(text: string, top: SyntaxNode): Expression {
  return new Reader(text).whole(top);
}

class Reader {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  whole(top: SyntaxNode): Expression {
    const [only] = childrenOf(top);
    if (only === undefined) throw new Refusal(0, 'the query is empty');
    return this.#expression(only);
  }

  /**
   * The grammar ties `offset`, `@` and ranges to a whole operation (`a / b offset 1h` is read as `(a / b) offset 1h`) and a
   * minus to the number after it (`-1 ^ 2`), where Prometheus ties them to the operand beside them and looks at the powers
   * first. So the operation is laid out flat and its precedences are applied anew.
   */
  #expression(node: SyntaxNode): Expression {
    const items: Item[] = [];
    this.#flatten(node, items);
    return this.#operation(new ItemFeed(items), 0);
  }

  #flatten(node: SyntaxNode, items: Item[]): void {
    const children = childrenOf(node);
    const first = children[0];
    const last = children.at(-1);
    if (node.name === 'BinaryExpr' && first !== undefined && last !== undefined) {
      this.#flatten(first, items);
      const [operator, ...modifiers] = children.slice(1, -1);
      if (operator === undefined) throw new Refusal(node.from, 'an operator is missing');
      items.push({
        kind: 'binary',
        operator: this.#slice(operator).toLowerCase() as BinaryOperator,
        span: spanOf(operator),
        ...readModifiers(this.#text, modifiers),
      });
      this.#flatten(last, items);
    } else if (node.name === 'UnaryExpr' && first !== undefined && last !== undefined) {
      items.push({ kind: 'unary', operator: this.#sign(first.from), from: first.from });
      this.#flatten(last, items);
    } else if (node.name === 'NumberDurationLiteral' && /^[+-]/.test(this.#slice(node))) {
      items.push({ kind: 'unary', operator: this.#sign(node.from), from: node.from });
      const blanks = /^[+-]\s*/.exec(this.#slice(node))?.[0].length ?? 1;
      items.push({ kind: 'operand', node, from: node.from + blanks, postfixes: [] });
    } else if (isPostfix(node) && first !== undefined) {
      this.#flatten(first, items);
      const operand = items.at(-1);
      if (operand?.kind === 'operand') operand.postfixes.push(node);
    } else {
      items.push({ kind: 'operand', node, from: node.from, postfixes: [] });
    }
  }

  #operation(feed: ItemFeed, least: number): Expression {
    let left = this.#prefixed(feed);
    for (let item = feed.peek(); item?.kind === 'binary' && precedences[item.operator] >= least; item = feed.peek()) {
      feed.next();
      const precedence = precedences[item.operator];
      const right = this.#operation(feed, item.operator === '^' ? precedence : precedence + 1);
      left = {
        kind: 'binary',
        operator: item.operator,
        left,
        right,
        bool: item.bool,
        matching: item.matching,
        fill: item.fill,
        operatorSpan: item.span,
        span: { from: left.span.from, to: right.span.to },
      };
    }
    return left;
  }

  #prefixed(feed: ItemFeed): Expression {
    const item = feed.next();
    if (item.kind === 'operand') {
      let expression = this.#operand(item);
      for (const postfix of item.postfixes) expression = applyPostfix(this.#text, expression, postfix);
      return expression;
    }
    if (item.kind === 'binary') throw new Refusal(item.span.from, 'an operand is missing');
    const expression = this.#operation(feed, unaryPrecedence + 1);
    return {
      kind: 'unary',
      operator: item.operator,
      expression,
      span: { from: item.from, to: expression.span.to },
    };
  }

  #operand({ node, from }: OperandItem): Expression {
    const span: Span = { from, to: node.to };
    switch (node.name) {
      case 'NumberDurationLiteral':
        if (/[\w.]/.test(this.#text[node.to] ?? '')) throw new Refusal(from, 'a number runs into the word after it');
        return { kind: 'number', value: numberOf(this.#text.slice(from, node.to), from), span };
      case 'StringLiteral':
        return { kind: 'string', value: unquote(this.#slice(node), node.from), span };
      case 'VectorSelector':
        return readVectorSelector(this.#text, node);
      case 'ParenExpr': {
        const [inner] = childrenOf(node);
        if (inner === undefined) throw new Refusal(node.from, 'the parentheses are empty');
        return { kind: 'parenthesis', expression: this.#expression(inner), span };
      }
      case 'FunctionCall':
        return this.#call(node);
      case 'AggregateExpr':
        return this.#aggregation(node);
      default:
        throw new Refusal(node.from, `${this.#slice(node).slice(0, 30)} is no expression`);
    }
  }

  #call(node: SyntaxNode): Expression {
    const [identifier, body] = childrenOf(node);
    const name = identifier === undefined ? '' : this.#slice(identifier);
    if (!functionSignatures.has(name)) throw unknownFunction(name, node.from);
    return { kind: 'call', name, arguments: this.#arguments(body), span: spanOf(node) };
  }

  #aggregation(node: SyntaxNode): Expression {
    const children = childrenOf(node);
    const name = this.#slice(children[0] ?? node).toLowerCase();
    const operator = aggregationNames.find((known) => known === name);
    if (operator === undefined) throw unknownFunction(name, node.from);
    const parts = this.#arguments(children.find((child) => child.name === 'FunctionCallBody'));
    const wanted = aggregationParameters[operator] === undefined ? 1 : 2;
    if (parts.length !== wanted)
      throw new Refusal(
        node.from,
        `${name} takes ${String(wanted)} argument${wanted === 1 ? '' : 's'}, not ${String(parts.length)}`,
      );
    const expression = parts[wanted - 1];
    if (expression === undefined) throw new Refusal(node.from, `${name} aggregates nothing`);
    const modifier = children.find((child) => child.name === 'AggregateModifier');
    return {
      kind: 'aggregation',
      operator,
      parameter: wanted === 2 ? (parts[0] ?? null) : null,
      expression,
      grouping: modifier === undefined ? null : this.#grouping(modifier),
      span: spanOf(node),
    };
  }

  #grouping(modifier: SyntaxNode): Grouping {
    const [word, labels] = childrenOf(modifier);
    return { kind: word?.name === 'By' ? 'by' : 'without', labels: readLabels(this.#text, labels) };
  }

  #arguments(body: SyntaxNode | undefined): Expression[] {
    return body === undefined ? [] : childrenOf(body).map((child) => this.#expression(child));
  }

  #sign(at: number): '+' | '-' {
    return this.#text[at] === '-' ? '-' : '+';
  }

  #slice(node: SyntaxNode): string {
    return this.#text.slice(node.from, node.to);
  }
}

class ItemFeed {
  readonly #items: readonly Item[];
  #at = 0;

  constructor(items: readonly Item[]) {
    this.#items = items;
  }

  peek(): Item | undefined {
    return this.#items[this.#at];
  }

  next(): Item {
    const item = this.#items[this.#at++];
    if (item === undefined) throw new Refusal(0, 'an operand is missing');
    return item;
  }
}
