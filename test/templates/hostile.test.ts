// Whatever stands in a template: it is read or refused in its place, and filled in or ended within bounds.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Instant } from '../../src/model/units.ts';
import { parseTemplate } from '../../src/templates/template.ts';
import { TemplateError } from '../../src/templates/template-error.ts';
import { stringMap, strings, struct } from '../../src/templates/value.ts';

const now = 1_800_000_000_000 as Instant;
const data = struct('data', {
  Labels: stringMap({ a: '<b>', c: 'd' }),
  Names: strings(['x', 'y']),
  Count: 2n,
  Load: 0.5,
});

const pieces = [
  ...[
    '{{',
    '}}',
    '{{-',
    '-}}',
    ' ',
    '\n',
    '"',
    '`',
    "'",
    '(',
    ')',
    '|',
    ':=',
    '=',
    ',',
    '.',
    '$',
    '$x',
    '/*',
    '*/',
    '\\',
  ],
  ...['if', 'else', 'end', 'range', 'with', 'define', 'template', 'block', 'break', 'continue', '"t"', 'nil', 'true'],
  ...['.Labels', '.Labels.a', '.Names', '.Count', '.Load', '.constructor', '.__proto__', '1', '1.5', '-3', '1e9', '%d'],
  ...[
    'printf',
    'print',
    'len',
    'index',
    'slice',
    'eq',
    'lt',
    'and',
    'or',
    'not',
    'html',
    'js',
    'join',
    'match',
    'date',
  ],
  ...['<a href="', '">', '<script>', '</script>', '<!--', '-->', 'x', '节', '\u0000', '\ud800', '😀'],
];
const text = fc.array(fc.constantFrom(...pieces), { maxLength: 30 }).map((parts) => parts.join(''));
const action = fc
  .array(fc.constantFrom(...pieces.filter((piece) => !/[{}<>]/.test(piece))), { maxLength: 8 })
  .map((parts) => `{{ ${parts.join(' ')} }}`);
const actions = fc.array(fc.oneof(action, fc.constantFrom('{{ end }}', '{{ else }}', '<p title="', '">')), {
  maxLength: 10,
});

function tried(template: string, mode: 'text' | 'html'): void {
  const result = parseTemplate(template, { dialect: 'alertmanager', mode });
  if (!result.ok) {
    expect(result.offset).toBeLessThanOrEqual(template.length);
    expect(result.message).not.toBe('');
    return;
  }
  try {
    result.template.execute(data, { now });
  } catch (error) {
    expect(error).toBeInstanceOf(TemplateError);
  }
}

describe('any text at all', () => {
  it('is read or refused, filled in or ended', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          text,
          actions.map((all) => all.join('')),
          fc.string(),
        ),
        fc.constantFrom('text', 'html'),
        tried,
      ),
      { numRuns: 300 },
    );
  });

  it.each([
    ['many braces', '{{'.repeat(10_000)],
    ['many parentheses', `{{ ${'('.repeat(10_000)}`],
    ['many ifs', '{{ if 1 }}'.repeat(4_000)],
    ['many else ifs', `{{ if 1 }}${'{{ else if 1 }}'.repeat(4_000)}{{ end }}`],
    ['many spaces', `{{ 1 }}${' '.repeat(200_000)}x{{- 1 }}`],
    ['many spaces within', `{{${' '.repeat(200_000)}1${' '.repeat(200_000)}x`],
    ['an open string', `{{ "${'\\"'.repeat(100_000)}`],
    ['many fields', `{{ ${'.a'.repeat(10_000)} }}`],
    ['many tags', `${'<a b="'.repeat(4_000)}{{ 1 }}`],
    ['many chunks of a value', `<a href="${'{{ 1 }}x'.repeat(4_000)}">`],
    ['loops in loops', '{{ range 9999 }}{{ range 9999 }}{{ range 9999 }}{{ end }}{{ end }}{{ end }}'],
    ['a slow pattern', '{{ $x := printf "%9000d" 1 }}{{ range 100000 }}{{ match "(a*)*b" $x }}{{ end }}'],
    [
      'many matches',
      '{{ $x := printf "%09000d" 1 }}{{ range 100000 }}{{ $y := reReplaceAll "0" "$0$0$0$0" $x }}{{ end }}',
    ],
    ['a long width', '{{ printf "%999999999d" 1 }}'],
    ['a text that doubles', '{{ $x := "ab" }}{{ range 1000 }}{{ $x = printf "%s%s" $x $x }}{{ end }}'],
    ['a text that doubles in a list', '{{ $x := list "ab" }}{{ range 1000 }}{{ $x = list $x $x }}{{ end }}{{ $x }}'],
  ])('%s end soon', (_, template) => {
    const began = process.cpuUsage().user;
    tried(template, 'text');
    tried(template, 'html');
    expect((process.cpuUsage().user - began) / 1000).toBeLessThan(5_000);
  });
});

describe('what belongs to JavaScript', () => {
  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf', 'prototype'])(
    '%s is absent',
    (name) => {
      const filled = (template: string): string => {
        const result = parseTemplate(template, { dialect: 'alertmanager' });
        return result.ok ? result.template.execute(data, { now }) : '';
      };
      expect(filled(`{{ .Labels.${name} }}|{{ index .Labels "${name}" }}`)).toBe('|');
      expect(() => filled(`{{ .${name} }}`)).toThrow(`data has no field .${name}`);
      expect(() => filled(`{{ .Names.${name} }}`)).toThrow(`has no field .${name}`);
      expect(parseTemplate(`{{ ${name} . }}`, { dialect: 'alertmanager' }).ok).toBe(false);
      expect(parseTemplate(`{{ template "${name}" . }}`, { dialect: 'alertmanager' }).ok).toBe(false);
    },
  );
});
