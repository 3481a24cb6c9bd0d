// Runs a template over its data, as Go's text/template does, within bounds: steps, depth and length end every loop.
import { bounds, Evaluator } from './evaluate.ts';
import type { Body, BranchNode, Node, Pipeline } from './nodes.ts';
import { printed } from './printf.ts';
import { CallError } from './template-error.ts';
import { isTrue, sortedEntries, typeName } from './value.ts';
import type { Operations, Value, World } from './value.ts';

/** Where the output goes; HTML looks at what it is put into. */
export interface Output {
  literal(text: string): void;
  value(value: Value): void;
  length(): number;
  text(): string;
}

export const textOutput = (): Output => {
  const parts: string[] = [];
  let length = 0;
  const add = (text: string): void => {
    parts.push(text);
    length += text.length;
  };
  return {
    literal: add,
    value: (value) => add(value === null ? '<no value>' : printed(value)),
    length: () => length,
    text: () => parts.join(''),
  };
};

export interface Execution {
  readonly operations: Operations;
  readonly body: (name: string) => Body | undefined;
  readonly output: () => Output;
  readonly world: Omit<World, 'charge'>;
}

type Jump = 'break' | 'continue';

export function execute(main: Body, data: Value, variables: Readonly<Record<string, Value>>, how: Execution): string {
  return new Executor(how).run(main, data, variables);
}

class Executor {
  readonly #how: Execution;
  readonly #values: Evaluator;
  readonly #output: Output;
  #depth = 0;
  #written = 0;

  constructor(how: Execution) {
    this.#how = how;
    this.#output = how.output();
    this.#values = new Evaluator(how.operations, how.world);
  }

  run(main: Body, data: Value, variables: Readonly<Record<string, Value>>): string {
    this.#values.within('', { $: data, ...variables }, () => this.#list(main.nodes, data));
    return this.#output.text();
  }

  #list(nodes: readonly Node[], dot: Value): Jump | null {
    for (const node of nodes) {
      this.#values.at(node.offset);
      this.#values.charge(1);
      const jump = this.#node(node, dot);
      if (jump !== null) return jump;
    }
    return null;
  }

  #node(node: Node, dot: Value): Jump | null {
    switch (node.kind) {
      case 'text':
        this.#write(() => this.#output.literal(node.text));
        return null;
      case 'action': {
        const value = this.#values.pipeline(node.pipe, dot);
        if (node.pipe.variables.length === 0) this.#write(() => this.#output.value(value));
        return null;
      }
      case 'if':
      case 'with':
      case 'range':
        return this.#branch(node, dot);
      case 'template':
        this.#call(node.name, node.pipe === null ? null : this.#values.pipeline(node.pipe, dot), node.offset);
        return null;
      case 'break':
      case 'continue':
        return node.kind;
    }
  }

  #write(how: () => void): void {
    const before = this.#output.length();
    try {
      how();
    } catch (error) {
      if (error instanceof CallError) this.#values.failHere(error.message);
      throw error;
    }
    this.#written += this.#output.length() - before;
    if (this.#written > bounds.length) this.#values.failHere('the text grows beyond 1 MiB', 'loop over less');
  }

  #branch(node: BranchNode, dot: Value): Jump | null {
    const before = this.#values.declared;
    const value = this.#values.pipeline(node.pipe, dot);
    let jump: Jump | null = null;
    if (node.kind === 'range') jump = this.#range(node, value, dot);
    else if (isTrue(value)) jump = this.#list(node.then, node.kind === 'with' ? value : dot);
    else jump = this.#list(node.otherwise, dot);
    this.#values.undeclare(before);
    return jump;
  }

  #range(node: BranchNode, value: Value, dot: Value): Jump | null {
    const before = this.#values.declared;
    let any = false;
    for (const [key, item] of this.#itemsOf(value, node.pipe.offset)) {
      any = true;
      this.#values.charge(1);
      this.#setLoopVariables(node.pipe, key, item, before);
      const jump = this.#list(node.then, item);
      this.#values.undeclare(before);
      if (jump === 'break') break;
    }
    return any ? null : this.#list(node.otherwise, dot);
  }

  #setLoopVariables({ variables, assigns }: Pipeline, key: Value, item: Value, before: number): void {
    const values = variables.length === 2 ? [key, item] : [item];
    variables.forEach((name, index) => {
      const value = values[index] ?? null;
      if (assigns) this.#values.assign(name, value);
      else this.#values.setAt(before - variables.length + index, value);
    });
  }

  #itemsOf(value: Value, offset: number): Iterable<readonly [Value, Value]> {
    if (value === null) return [];
    if (typeof value === 'bigint') return counting(value);
    if (typeof value === 'object') {
      if (value.kind === 'slice') return value.items.map((item, index) => [BigInt(index), item] as const);
      if (value.kind === 'map') return sortedEntries(value);
    }
    return this.#values.fail(offset, `range cannot go over ${typeName(value)}`, 'range over a list or a map');
  }

  #call(name: string, data: Value, offset: number): void {
    const body = this.#how.body(name);
    if (body === undefined)
      return this.#values.fail(offset, `there is no template "${name}"`, 'define it, or load its file');
    if (this.#depth >= bounds.depth)
      return this.#values.fail(offset, 'templates call each other without end', 'end the recursion');
    this.#depth += 1;
    this.#values.within(name, { $: data }, () => this.#list(body.nodes, data));
    this.#depth -= 1;
  }
}

function* counting(end: bigint): Generator<readonly [Value, Value]> {
  for (let count = 0n; count < end; count += 1n) yield [count, count];
}
