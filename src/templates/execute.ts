// Runs a template over its data, as Go's text/template does, within bounds: steps, depth and length end every loop.
import { convert } from './arguments.ts';
import type { Body, BranchNode, Command, Node, Operand, Pipeline } from './nodes.ts';
import { looksLikeFloat } from './numbers.ts';
import { printed } from './printf.ts';
import { CallError, TemplateError } from './template-error.ts';
import { durationMethods, timeMethods } from './time.ts';
import { isTrue, noMethods, sortedEntries, typeName } from './value.ts';
import type { Kind, Methods, Operations, Value, World } from './value.ts';

export interface Bounds {
  readonly steps: number;
  readonly length: number;
  readonly depth: number;
}
const bounds: Bounds = { steps: 300_000, length: 1 << 20, depth: 100 };

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
  readonly world: Omit<World, 'charge' | 'run'>;
}

interface Variable {
  readonly name: string;
  value: Value;
}
type Jump = 'break' | 'continue';

export function execute(main: Body, data: Value, variables: Readonly<Record<string, Value>>, how: Execution): string {
  return new Executor(how).run(main, data, variables);
}

class Executor {
  readonly #how: Execution;
  readonly #world: World;
  #output: Output;
  #variables: Variable[] = [];
  #template = '';
  #steps = 0;
  #depth = 0;
  #offset = 0;
  #written = 0;

  constructor(how: Execution) {
    this.#how = how;
    this.#output = how.output();
    this.#world = {
      ...how.world,
      charge: (steps) => this.#charge(steps),
      run: (name, data) => this.#aside(name, data),
    };
  }

  run(main: Body, data: Value, variables: Readonly<Record<string, Value>>): string {
    this.#variables = [
      { name: '$', value: data },
      ...Object.entries(variables).map(([name, value]) => ({ name, value })),
    ];
    this.#list(main.nodes, data);
    return this.#output.text();
  }

  #fail(offset: number, message: string, mend = ''): never {
    throw new TemplateError(offset, message, mend, this.#template);
  }

  #charge(steps: number): void {
    this.#steps += steps;
    if (this.#steps > bounds.steps) this.#fail(this.#offset, 'the template takes too many steps', 'loop over less');
  }

  #list(nodes: readonly Node[], dot: Value): Jump | null {
    for (const node of nodes) {
      this.#offset = node.offset;
      this.#charge(1);
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
        const value = this.#pipeline(node.pipe, dot);
        if (node.pipe.variables.length === 0) this.#write(() => this.#output.value(value));
        return null;
      }
      case 'if':
      case 'with':
      case 'range':
        return this.#branch(node, dot);
      case 'template':
        this.#call(node.name, node.pipe === null ? null : this.#pipeline(node.pipe, dot), node.offset);
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
      if (error instanceof CallError) this.#fail(this.#offset, error.message);
      throw error;
    }
    this.#written += this.#output.length() - before;
    if (this.#written > bounds.length) this.#fail(this.#offset, 'the text grows beyond 1 MiB', 'loop over less');
  }

  #branch(node: BranchNode, dot: Value): Jump | null {
    const before = this.#variables.length;
    const value = this.#pipeline(node.pipe, dot);
    let jump: Jump | null = null;
    if (node.kind === 'range') jump = this.#range(node, value, dot);
    else if (isTrue(value)) jump = this.#list(node.then, node.kind === 'with' ? value : dot);
    else jump = this.#list(node.otherwise, dot);
    this.#variables.length = before;
    return jump;
  }

  #range(node: BranchNode, value: Value, dot: Value): Jump | null {
    const before = this.#variables.length;
    let any = false;
    for (const [key, item] of this.#itemsOf(value, node.pipe.offset)) {
      any = true;
      this.#charge(1);
      this.#setLoopVariables(node.pipe, key, item, before);
      const jump = this.#list(node.then, item);
      this.#variables.length = before;
      if (jump === 'break') break;
    }
    return any ? null : this.#list(node.otherwise, dot);
  }

  #setLoopVariables({ variables, assigns }: Pipeline, key: Value, item: Value, before: number): void {
    const values = variables.length === 2 ? [key, item] : [item];
    variables.forEach((name, index) => {
      const value = values[index] ?? null;
      if (assigns) this.#assign(name, value);
      else {
        const own = this.#variables[before - variables.length + index];
        if (own !== undefined) own.value = value;
      }
    });
  }

  #itemsOf(value: Value, offset: number): Iterable<readonly [Value, Value]> {
    if (value === null) return [];
    if (typeof value === 'bigint') return counting(value);
    if (typeof value === 'object') {
      if (value.kind === 'slice') return value.items.map((item, index) => [BigInt(index), item] as const);
      if (value.kind === 'map') return sortedEntries(value);
    }
    return this.#fail(offset, `range cannot go over ${typeName(value)}`, 'range over a list or a map');
  }

  #call(name: string, data: Value, offset: number): void {
    const body = this.#how.body(name);
    if (body === undefined) return this.#fail(offset, `there is no template "${name}"`, 'define it, or load its file');
    if (this.#depth >= bounds.depth)
      return this.#fail(offset, 'templates call each other without end', 'end the recursion');
    const [variables, template] = [this.#variables, this.#template];
    this.#variables = [{ name: '$', value: data }];
    this.#template = name;
    this.#depth += 1;
    this.#list(body.nodes, data);
    this.#depth -= 1;
    [this.#variables, this.#template] = [variables, template];
  }

  /** A template called by a function: its output is a value. */
  #aside(name: string, data: Value): string {
    const [output, offset] = [this.#output, this.#offset];
    this.#output = this.#how.output();
    this.#call(name, data, offset);
    const text = this.#output.text();
    this.#output = output;
    return text;
  }

  #pipeline(pipe: Pipeline, dot: Value): Value {
    let value: Value | undefined;
    for (const command of pipe.commands) value = this.#command(command, dot, value);
    const result = value ?? null;
    for (const name of pipe.variables)
      if (pipe.assigns) this.#assign(name, result);
      else this.#variables.push({ name, value: result });
    return result;
  }

  #assign(name: string, value: Value): void {
    const variable = this.#variables.findLast((one) => one.name === name);
    if (variable !== undefined) variable.value = value;
  }

  #command({ operands, offset }: Command, dot: Value, final: Value | undefined): Value {
    this.#charge(1);
    this.#offset = offset;
    const [first, ...rest] = operands;
    switch (first.kind) {
      case 'field':
        return this.#fields(dot, first.names, first.offset, dot, rest, final);
      case 'variable': {
        const value = this.#variable(first.name);
        if (first.names.length > 0) return this.#fields(value, first.names, first.offset, dot, rest, final);
        this.#noArguments(first, rest, final);
        return value;
      }
      case 'chain':
        return this.#fields(this.#operand(first.of, dot), first.names, first.offset, dot, rest, final);
      case 'function':
        return this.#function(first.name, first.offset, dot, rest, final);
      case 'nil':
        return this.#fail(offset, 'nil is no command', 'compare with it: eq .X nil');
      case 'dot':
      case 'boolean':
      case 'number':
      case 'string':
      case 'pipeline':
        this.#noArguments(first, rest, final);
        return this.#operand(first, dot);
    }
  }

  #noArguments(first: Operand, rest: readonly Operand[], final: Value | undefined): void {
    if (rest.length > 0 || final !== undefined)
      this.#fail(first.offset, 'a value that is no function is given arguments', 'call a function, or take them out');
  }

  #variable(name: string): Value {
    return this.#variables.findLast((one) => one.name === name)?.value ?? null;
  }

  #operand(operand: Operand, dot: Value, wanted: Kind = 'any'): Value {
    switch (operand.kind) {
      case 'dot':
        return dot;
      case 'nil':
        return null;
      case 'boolean':
      case 'string':
        return operand.value;
      case 'number':
        if (wanted === 'float') return operand.float;
        if (operand.int !== null && (wanted === 'int' || wanted === 'duration')) return operand.int;
        return looksLikeFloat(operand) || operand.int === null ? operand.float : operand.int;
      case 'field':
        return this.#fields(dot, operand.names, operand.offset, dot, [], undefined);
      case 'variable':
        return this.#fields(this.#variable(operand.name), operand.names, operand.offset, dot, [], undefined);
      case 'chain':
        return this.#fields(this.#operand(operand.of, dot), operand.names, operand.offset, dot, [], undefined);
      case 'function':
        return this.#function(operand.name, operand.offset, dot, [], undefined);
      case 'pipeline':
        return this.#pipeline(operand, dot);
    }
  }

  /** .A.B.C: only the last of them can be given arguments. */
  #fields(
    from: Value,
    names: readonly string[],
    offset: number,
    dot: Value,
    rest: readonly Operand[],
    final: Value | undefined,
  ): Value {
    let value = from;
    names.forEach((name, index) => {
      this.#charge(1);
      const last = index === names.length - 1;
      value = this.#field(value, name, offset, dot, last ? rest : [], last ? final : undefined);
    });
    return value;
  }

  #field(
    value: Value,
    name: string,
    offset: number,
    dot: Value,
    rest: readonly Operand[],
    final: Value | undefined,
  ): Value {
    if (value === null) return this.#fail(offset, `.${name} of nothing`, 'ask first: {{ with … }}');
    const method = methodsOf(value).get(name);
    if (method !== undefined) {
      const args = this.#arguments(name, method.parameters, undefined, rest, final, dot, offset);
      return this.#guarded(offset, name, () => method.run(value, args, this.#world));
    }
    const given = rest.length > 0 || final !== undefined;
    if (typeof value === 'object' && value.kind === 'map') {
      if (given) this.#fail(offset, `.${name} is no method: it takes no arguments`, 'take them out');
      return value.entries.get(name) ?? value.zero;
    }
    const field = typeof value === 'object' && value.kind === 'struct' ? value.fields.get(name) : undefined;
    if (field === undefined) return this.#fail(offset, `${typeName(value)} has no field .${name}`, fieldsOf(value));
    if (given) this.#fail(offset, `.${name} is no method: it takes no arguments`, 'take them out');
    return field;
  }

  #function(name: string, offset: number, dot: Value, rest: readonly Operand[], final: Value | undefined): Value {
    if (name === 'and' || name === 'or') return this.#logic(name, offset, dot, rest, final);
    const operation = this.#how.operations.get(name);
    if (operation === undefined) return this.#fail(offset, `there is no function "${name}"`);
    const args = this.#arguments(name, operation.parameters, operation.rest, rest, final, dot, offset);
    this.#offset = offset;
    return this.#guarded(offset, name, () => operation.run(args, this.#world));
  }

  /** The first that decides; what stands behind it is not looked at. */
  #logic(name: 'and' | 'or', offset: number, dot: Value, rest: readonly Operand[], final: Value | undefined): Value {
    if (rest.length === 0 && final === undefined) return this.#fail(offset, `${name} has nothing to look at`);
    let value: Value = null;
    for (const operand of rest) {
      value = this.#operand(operand, dot);
      if (isTrue(value) === (name === 'or')) return value;
    }
    return final === undefined ? value : final;
  }

  #arguments(
    name: string,
    parameters: readonly Kind[],
    variadic: Kind | undefined,
    rest: readonly Operand[],
    final: Value | undefined,
    dot: Value,
    offset: number,
  ): Value[] {
    const count = rest.length + (final === undefined ? 0 : 1);
    if (count < parameters.length || (count > parameters.length && variadic === undefined))
      this.#fail(offset, `${name} takes ${parameters.length} argument(s), here are ${count}`);
    const kindAt = (index: number): Kind => parameters[index] ?? variadic ?? 'any';
    const values = rest.map((operand, index) =>
      this.#converted(name, this.#operand(operand, dot, kindAt(index)), kindAt(index), operand.offset),
    );
    if (final !== undefined) values.push(this.#converted(name, final, kindAt(rest.length), offset));
    return values;
  }

  #converted(name: string, value: Value, kind: Kind, offset: number): Value {
    if (typeof value === 'string') this.#charge(value.length >> 8);
    return this.#guarded(offset, name, () => convert(value, kind));
  }

  #guarded(offset: number, name: string, run: () => Value): Value {
    try {
      const value = run();
      if (typeof value === 'string' && value.length > bounds.length)
        this.#fail(offset, `${name} makes a text beyond 1 MiB`, 'loop over less');
      return value;
    } catch (error) {
      if (error instanceof CallError) return this.#fail(offset, `${name}: ${error.message}`);
      throw error;
    }
  }
}

function* counting(end: bigint): Generator<readonly [Value, Value]> {
  for (let count = 0n; count < end; count += 1n) yield [count, count];
}

function methodsOf(value: Value): Methods {
  if (value === null || typeof value !== 'object') return noMethods;
  switch (value.kind) {
    case 'slice':
    case 'map':
    case 'struct':
      return value.methods;
    case 'time':
      return timeMethods;
    case 'duration':
      return durationMethods;
    case 'safe':
      return noMethods;
  }
}

const fieldsOf = (value: Value): string =>
  value !== null && typeof value === 'object' && value.kind === 'struct'
    ? `it has ${[...value.fields.keys(), ...value.methods.keys()].map((name) => `.${name}`).join(', ')}`
    : 'only lists of alerts, samples and label sets have fields';
