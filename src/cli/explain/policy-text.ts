// An effective policy as YAML with each value's origin behind it, and as a list of values for programs.
import { stringify } from 'yaml';
import type { Effective, ValueOrigin } from './effective-policy.ts';
import { widthOf } from './page.ts';

function originText(origin: ValueOrigin): string {
  switch (origin.kind) {
    case 'file':
      return `${origin.file}:${origin.line}`;
    case 'default':
      return 'default';
    case 'override':
      return `override ${origin.number} (${origin.file}:${origin.line})`;
    case 'calendar':
      return `calendar ${origin.name} (${origin.file}:${origin.line})`;
  }
}

const scalar = (value: unknown): string => {
  const text = stringify(value, { lineWidth: 0 }).trimEnd();
  return text.includes('\n') ? JSON.stringify(value) : text;
};

interface Line {
  readonly text: string;
  readonly origin: ValueOrigin | null;
}

function linesOf(value: Effective, indent: string): readonly Line[] {
  switch (value.kind) {
    case 'value':
      return [{ text: `${indent}${scalar(value.value)}`, origin: value.origin }];
    case 'map':
      return [...value.entries].flatMap(([key, inner]): readonly Line[] => {
        if (inner.kind === 'value') return [{ text: `${indent}${key}: ${scalar(inner.value)}`, origin: inner.origin }];
        const isEmpty = inner.kind === 'list' ? inner.items.length === 0 : inner.entries.size === 0;
        if (isEmpty) return [{ text: `${indent}${key}: ${inner.kind === 'list' ? '[]' : '{}'}`, origin: null }];
        return [{ text: `${indent}${key}:`, origin: null }, ...linesOf(inner, `${indent}  `)];
      });
    case 'list':
      return value.items.flatMap((item): readonly Line[] => {
        const [first, ...rest] = linesOf(item, `${indent}  `);
        return first === undefined
          ? []
          : [{ ...first, text: `${indent}- ${first.text.slice(indent.length + 2)}` }, ...rest];
      });
  }
}

const farthest = 64;

/** Comments in one column, but for lines that go beyond it. */
export function policyText(head: readonly string[], policy: Effective): string {
  const lines = linesOf({ kind: 'map', entries: new Map([['spec', policy]]) }, '');
  const column = Math.min(farthest, Math.max(...lines.map(({ text }) => widthOf(text))));
  const shown = lines.map(({ text, origin }) =>
    origin === null ? text : `${text}${' '.repeat(Math.max(0, column - widthOf(text)))}  # ${originText(origin)}`,
  );
  return `${[...head.map((line) => `# ${line}`), ...shown].join('\n')}\n`;
}

export interface PolicyValue {
  readonly path: string;
  readonly value: unknown;
  readonly origin: ValueOrigin;
}

export function policyValues(policy: Effective, path = 'spec'): readonly PolicyValue[] {
  switch (policy.kind) {
    case 'value':
      return [{ path, value: policy.value, origin: policy.origin }];
    case 'map':
      return [...policy.entries].flatMap(([key, inner]) => policyValues(inner, `${path}.${key}`));
    case 'list':
      return policy.items.flatMap((item, index) => policyValues(item, `${path}[${index}]`));
  }
}
