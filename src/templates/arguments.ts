// Whether a value may be given where a parameter of some kind is, as Go's reflection would have it.
import { CallError } from './template-error.ts';
import { typeName } from './value.ts';
import type { Kind, Value } from './value.ts';

const named: Readonly<Record<Kind, string>> = {
  any: 'a value',
  string: 'string',
  int: 'int',
  float: 'float64',
  time: 'time.Time',
  duration: 'time.Duration',
  strings: '[]string',
  slice: 'a list',
  struct: 'a sample',
  map: 'a map',
};

export function convert(value: Value, kind: Kind): Value {
  if (suits(value, kind)) return value;
  throw new CallError(`wants ${named[kind]}, gets ${typeName(value)}`);
}

function suits(value: Value, kind: Kind): boolean {
  const compound = value !== null && typeof value === 'object' ? value : null;
  switch (kind) {
    case 'any':
      return true;
    case 'string':
      return typeof value === 'string' || compound?.kind === 'safe';
    case 'int':
      return typeof value === 'bigint';
    case 'float':
      return typeof value === 'number';
    case 'time':
      return compound?.kind === 'time';
    case 'duration':
      return compound?.kind === 'duration' || typeof value === 'bigint';
    case 'strings':
      return compound?.kind === 'slice' && compound.items.every((item) => typeof item === 'string');
    case 'slice':
      return compound?.kind === 'slice';
    case 'struct':
      return compound?.kind === 'struct';
    case 'map':
      return compound?.kind === 'map';
  }
}
