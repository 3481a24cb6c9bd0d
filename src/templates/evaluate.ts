// The value of a pipeline, as Go's text/template finds it: commands, fields, methods, functions, variables; each costs steps, and those end.
import { convert } from './arguments.ts';
import type { Command, Operand, Pipeline } from './nodes.ts';
import { looksLikeFloat } from './numbers.ts';
import { CallError, TemplateError } from './template-error.ts';
import { durationMethods, timeMethods } from './time.ts';
import { isTrue, noMethods, typeName } from './value.ts';
import type { Kind, Methods, Operations, Value, World } from './value.ts';

export const bounds = { steps: 300_000, length: 1 << 20, depth: 100 } as const;

interface Variable {
  readonly name: string;
  value: Value;
}

export class Evaluator {
  readonly #operations: Operations;
  readonly #world: World;
  #variables: Variable[] = [];
  #template = '';
  #steps = 0;
  #offset = 0;

  constructor(operations: Operations, world: Omit<World, 'charge'>) {
    this.#operations = operations;
    this.#world = { ...world, charge: (steps) => this.charge(steps) };
  }

  /** Where the run has come to: mistakes that have no place of their own are shown there. */
  at(offset: number): void {
    this.#offset = offset;
  }

  fail(offset: number, message: string, mend = ''): never {
    throw new TemplateError(offset, message, mend, this.#template);
  }

  failHere(message: string, mend = ''): never {
    return this.fail(this.#offset, message, mend);
  }

  charge(steps: number): void {
    this.#steps += steps;
    if (this.#steps > bounds.steps) this.failHere('the template takes too many steps', 'loop over less');
  }

  /** The variables are those that are declared from here on, until it is over. */
  within(template: string, variables: Readonly<Record<string, Value>>, run: () => void): void {
    const before = [this.#variables, this.#template] as const;
    this.#variables = Object.entries(variables).map(([name, value]) => ({ name, value }));
    this.#template = template;
    run();
    [this.#variables, this.#template] = before;
  }

  get declared(): number {
    return this.#variables.length;
  }

  /** Those that were declared since are not seen any more. */
  undeclare(to: number): void {
    this.#variables.length = to;
  }

  /** A loop's own are declared once, and hold another value in each round. */
  setAt(place: number, value: Value): void {
    const own = this.#variables[place];
    if (own !== undefined) own.value = value;
  }

  pipeline(pipe: Pipeline, dot: Value): Value {
    let value: Value | undefined;
    for (const command of pipe.commands) value = this.#command(command, dot, value);
    const result = value ?? null;
    for (const name of pipe.variables)
      if (pipe.assigns) this.assign(name, result);
      else this.#variables.push({ name, value: result });
    return result;
  }

  assign(name: string, value: Value): void {
    const variable = this.#variables.findLast((one) => one.name === name);
    if (variable !== undefined) variable.value = value;
  }

  #command({ operands, offset }: Command, dot: Value, final: Value | undefined): Value {
    this.charge(1);
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
        return this.fail(offset, 'nil is no command', 'compare with it: eq .X nil');
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
      this.fail(first.offset, 'a value that is no function is given arguments', 'call a function, or take them out');
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
        return this.pipeline(operand, dot);
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
      this.charge(1);
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
    if (value === null) return this.fail(offset, `.${name} of nothing`, 'ask first: {{ with … }}');
    const method = methodsOf(value).get(name);
    if (method !== undefined) {
      const args = this.#arguments(name, method.parameters, undefined, rest, final, dot, offset);
      return this.#guarded(offset, name, () => method.run(value, args, this.#world));
    }
    const given = rest.length > 0 || final !== undefined;
    if (typeof value === 'object' && value.kind === 'map') {
      if (given) this.fail(offset, `.${name} is no method: it takes no arguments`, 'take them out');
      return value.entries.get(name) ?? value.zero;
    }
    const field = typeof value === 'object' && value.kind === 'struct' ? value.fields.get(name) : undefined;
    if (field === undefined) return this.fail(offset, `${typeName(value)} has no field .${name}`, fieldsOf(value));
    if (given) this.fail(offset, `.${name} is no method: it takes no arguments`, 'take them out');
    return field;
  }

  #function(name: string, offset: number, dot: Value, rest: readonly Operand[], final: Value | undefined): Value {
    if (name === 'and' || name === 'or') return this.#logic(name, offset, dot, rest, final);
    const operation = this.#operations.get(name);
    if (operation === undefined) return this.fail(offset, `there is no function "${name}"`);
    const args = this.#arguments(name, operation.parameters, operation.rest, rest, final, dot, offset);
    this.#offset = offset;
    return this.#guarded(offset, name, () => operation.run(args, this.#world));
  }

  /** The first that decides; what stands behind it is not looked at. */
  #logic(name: 'and' | 'or', offset: number, dot: Value, rest: readonly Operand[], final: Value | undefined): Value {
    if (rest.length === 0 && final === undefined) return this.fail(offset, `${name} has nothing to look at`);
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
      this.fail(offset, `${name} takes ${parameters.length} argument(s), here are ${count}`);
    const kindAt = (index: number): Kind => parameters[index] ?? variadic ?? 'any';
    const values = rest.map((operand, index) =>
      this.#converted(name, this.#operand(operand, dot, kindAt(index)), kindAt(index), operand.offset),
    );
    if (final !== undefined) values.push(this.#converted(name, final, kindAt(rest.length), offset));
    return values;
  }

  #converted(name: string, value: Value, kind: Kind, offset: number): Value {
    if (typeof value === 'string') this.charge(value.length >> 8);
    return this.#guarded(offset, name, () => convert(value, kind));
  }

  #guarded(offset: number, name: string, run: () => Value): Value {
    try {
      const value = run();
      if (typeof value === 'string' && value.length > bounds.length)
        this.fail(offset, `${name} makes a text beyond 1 MiB`, 'loop over less');
      return value;
    } catch (error) {
      if (error instanceof CallError) return this.fail(offset, `${name}: ${error.message}`);
      throw error;
    }
  }
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
