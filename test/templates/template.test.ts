// Templates as a whole: what they print, and where they are refused.
import { describe, expect, it } from 'vitest';
import type { Instant } from '../../src/model/units.ts';
import { parseTemplate, TemplateSet } from '../../src/templates/template.ts';
import { TemplateError } from '../../src/templates/template-error.ts';
import { noMethods, stringMap, strings, struct } from '../../src/templates/value.ts';
import type { Value } from '../../src/templates/value.ts';

const now = Date.parse('2026-11-21T09:30:00Z') as Instant;

const data: Value = struct('template.Data', {
  Status: 'firing',
  Labels: stringMap({ pool: 'workers', alertname: 'PoolAtMax', zone: 'az-1' }, 'template.KV'),
  Names: strings(['a', 'b', 'c']),
  Count: 3n,
  Load: 0.875,
  Nothing: null,
  Open: { kind: 'map', type: 'map[string]interface {}', entries: new Map(), zero: null, methods: noMethods },
});

function parsed(text: string, set?: TemplateSet) {
  const result = parseTemplate(text, { dialect: 'alertmanager', ...(set !== undefined && { set }) });
  if (!result.ok) throw new Error(`${result.message} at ${result.offset}`);
  return result.template;
}
const filled = (text: string): string => parsed(text).execute(data, { now });

describe('text and trimming', () => {
  it.each([
    ['plain', 'plain'],
    ['a {{- 1 -}} b', 'a1b'],
    ['a {{1}} b', 'a 1 b'],
    ['a{{/* said to nobody */}}b', 'ab'],
    ['a \n{{- /* nor this */ -}}\t b', 'ab'],
    ['{{ "{{" }}', '{{'],
    ['{{`raw "text" \\n`}}', 'raw "text" \\n'],
    ['{{ "a\\tb\\u4e2d\\x41\\101" }}', 'a\tb中AA'],
    ["{{ 'a' }} {{ '\\n' }} {{ '中' }}", '97 10 20013'],
    ['{{-3}} {{- -3 }}', '-3-3'],
    ['{{ 1_000 }} {{ 0x1F }} {{ 0b11 }} {{ 0o17 }} {{ 017 }}', '1000 31 3 15 15'],
    ['{{ 1e3 }} {{ 1.0 }} {{ .5 }} {{ 1e9 | printf "%d" }}', '1000 1 0.5 %!d(float64=1e+09)'],
    ['{{\n  printf\n  "%s"\n  "x"\n}}', 'x'],
  ])('%j is %j', (text, expected) => {
    expect(filled(text)).toBe(expected);
  });
});

describe('fields, variables and pipelines', () => {
  it.each([
    ['{{ .Labels.pool }} {{ .Labels.absent }}|{{ $.Status }}', 'workers |firing'],
    ['{{ .Open.absent }} {{ .Nothing }}', '<no value> <no value>'],
    ['{{ $x := .Labels }}{{ $x.pool }}{{ $x = .Names }}{{ $x }}', 'workers[a b c]'],
    ['{{ (index .Names 1) }}{{ (print .Labels.pool "x") | toUpper | printf "%s!" }}', 'bWORKERSX!'],
    ['{{ .Labels.__proto__ }}{{ .Labels.constructor }}{{ .Labels.toString }}', ''],
    ['{{ range .Names }}{{ . }};{{ end }}', 'a;b;c;'],
    ['{{ range $i, $x := .Names }}{{ $i }}{{ $x }}{{ end }}', '0a1b2c'],
    ['{{ range $k, $v := .Labels }}{{ $k }}={{ $v }} {{ end }}', 'alertname=PoolAtMax pool=workers zone=az-1 '],
    ['{{ range .Open }}x{{ else }}none{{ end }}', 'none'],
    ['{{ range .Names }}{{ if eq . "b" }}{{ continue }}{{ end }}{{ . }}{{ end }}', 'ac'],
    ['{{ range .Names }}{{ if eq . "b" }}{{ break }}{{ end }}{{ . }}{{ end }}', 'a'],
    ['{{ range 3 }}{{ . }}{{ end }}', '012'],
    ['{{ $n := 0 }}{{ range $i, $x := .Names }}{{ $n = $i }}{{ end }}{{ $n }}', '2'],
    ['{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ $x }}{{ end }}{{ $x }}', '21'],
    ['{{ with .Labels.absent }}a{{ else with .Labels.zone }}{{ . }}{{ else }}c{{ end }}', 'az-1'],
    ['{{ if .Nothing }}1{{ else if eq .Count 3 }}2{{ else }}3{{ end }}', '2'],
    ['{{ and 1 0 }}{{ or 0 "" }}|{{ and true "x" }}{{ or "y" .Nothing.Field }}', '0|xy'],
    ['{{ not .Nothing }} {{ eq 1 2 1 }} {{ ne "a" "b" }} {{ lt 1 2 }} {{ ge 2.5 2.5 }}', 'true true true true true'],
    ['{{ len "中文" }} {{ len .Names }} {{ slice "abcdef" 1 3 }} {{ slice .Names 1 }}', '6 3 bc [b c]'],
    [
      '{{ block "own" .Names }}{{ . }}{{ end }}{{ define "other" }}<{{ . }}>{{ end }}{{ template "other" 7 }}',
      '[a b c]<7>',
    ],
    ['{{ template "t" . }}{{ define "t" }}{{ $.Status }}{{ end }}', 'firing'],
  ])('%s', (text, expected) => {
    expect(filled(text)).toBe(expected);
  });
});

describe('mistakes at load', () => {
  it.each([
    ['{{ .A', 0, 'an action is not closed'],
    ['{{ }}', 0, 'an action says nothing'],
    ['{{/* a', 0, 'a comment is not closed'],
    ['{{ if .A }}x', 3, '{{if}} is not closed'],
    ['x{{ end }}', 4, '{{end}} ends nothing'],
    ['{{ toUper .A }}', 3, 'there is no function "toUper"'],
    ['a {{ $x }}', 5, 'there is no variable $x here'],
    ['{{ if .A }}{{ $y := 1 }}{{ end }}{{ $y }}', 36, 'there is no variable $y here'],
    ['{{ "a }}', 3, 'a string is not closed'],
    ['{{ "\\q" }}', 3, 'the string "\\q" has an escape that is none'],
    ['{{ 1x }}', 3, '1x is no number'],
    ['{{ .A | "b" }}', 8, 'behind | only a function or a method can stand'],
    ['{{ .A | }}', 8, 'a value is missing in pipeline'],
    ['{{ (.A }}', 3, '( is not closed'],
    ['{{ break }}', 3, '{{break}} outside of a {{range}}'],
    ['{{ template "nope" . }}', 12, 'there is no template "nope"'],
    ['{{ range $a, $b, $c := .X }}{{ end }}', 15, 'too many variables in range'],
    ['{{ if .A }}{{ define "x" }}{{ end }}{{ end }}', 14, '{{define}} within another block'],
    ['{{ .A.b"c" }}', 7, '"\\"" stands right behind .b'],
    ['{{ # }}', 3, '"#" has no meaning within an action'],
    ['{{ else }}', 3, '{{else}} ends nothing'],
  ])('%s', (text, offset, message) => {
    const result = parseTemplate(text, { dialect: 'alertmanager' });
    expect(result).toMatchObject({ ok: false, offset, message });
  });
});

function failure(text: string): TemplateError {
  try {
    parsed(text).execute(data, { now });
  } catch (error) {
    if (error instanceof TemplateError) return error;
    throw error;
  }
  throw new Error('it was filled in');
}

describe('mistakes when it is filled in', () => {
  it.each([
    ['ab{{ .Labls.x }}', 5, 'template.Data has no field .Labls'],
    ['{{ .Nothing.x }}', 3, '.x of nothing'],
    ['{{ eq 1 1.0 }}', 3, 'eq: int and float64 cannot be compared: write 1.0 beside a float, 1 beside an int'],
    ['{{ toUpper 1 }}', 11, 'toUpper: wants string, gets int'],
    ['{{ index .Names 7 }}', 3, 'index: index 7 is out of range: there are 3'],
    ['{{ range .Status }}{{ end }}', 9, 'range cannot go over string'],
    ['{{ range 100000000 }}{{ end }}', 9, 'the template takes too many steps'],
    ['{{ define "r" }}{{ template "r" . }}{{ end }}{{ template "r" . }}', 19, 'templates call each other without end'],
    ['{{ $x := "0123456789" }}{{ range 40 }}{{ $x = print $x $x }}{{ end }}', 46, 'print makes a text beyond 1 MiB'],
    ['{{ $x := printf "%9000d" 1 }}{{ range 200 }}{{ $x }}{{ end }}', 47, 'the text grows beyond 1 MiB'],
    ['{{ match "(" "x" }}', 3, 'match: "(" is no regular expression: error parsing regexp: missing closing ): `(`'],
    ['{{ title }}', 3, 'title takes 1 argument(s), here are 0'],
    ['{{ .Status 1 }}', 3, '.Status is no method: it takes no arguments'],
  ])('%s', (text, offset, message) => {
    const error = failure(text);
    expect({ offset: error.offset, message: error.message }).toEqual({ offset, message });
  });
});

describe('a set of files', () => {
  it('gives its definitions to a text, later ones before earlier ones, its own first', () => {
    const files = TemplateSet.parse([
      { name: 'a.tmpl', text: '{{ define "one" }}1{{ template "two" . }}{{ end }}{{ define "two" }}2{{ end }}' },
      { name: 'b.tmpl', text: '{{ define "two" }}zwei{{ end }}' },
    ]);
    if (!files.ok) throw new Error(files.message);
    expect(parsed('{{ template "one" . }}', files.set).execute(null, { now })).toBe('1zwei');
    expect(parsed('{{ define "two" }}own{{ end }}{{ template "one" . }}', files.set).execute(null, { now })).toBe(
      '1own',
    );
  });

  it('gives each file as a whole, by the last part of its path', () => {
    const files = TemplateSet.parse([
      { name: '/etc/mail/page.tmpl', text: '{{ define "who" }}noc{{ end }}<p>{{ template "who" }}: {{ .Status }}</p>' },
      { name: 'templates/only.tmpl', text: ' {{ define "x" }}1{{ end }}\n' },
    ]);
    if (!files.ok) throw new Error(files.message);
    expect(parsed('{{ template "page.tmpl" . }}', files.set).execute(data, { now })).toBe('<p>noc: firing</p>');
    expect(parsed('{{ template "only.tmpl" . }}', files.set).execute(data, { now })).toBe(' \n');
    expect(
      parseTemplate('{{ template "/etc/mail/page.tmpl" . }}', { dialect: 'alertmanager', set: files.set }).ok,
    ).toBe(false);
  });

  it('keeps what a definition that holds nothing would replace, and takes it where nothing is', () => {
    const files = TemplateSet.parse([
      { name: 'a.tmpl', text: '{{ define "one" }}{{ end }}{{ define "one" }}1{{ end }}{{ define "one" }} \n{{ end }}' },
      { name: 'b.tmpl', text: '{{ define "one" }}{{/* no */}}{{ end }}{{ define "none" }}{{ end }}' },
    ]);
    if (!files.ok) throw new Error(files.message);
    const text = '{{ define "one" }} {{ end }}[{{ template "one" . }}{{ template "none" . }}]';
    expect(parsed(text, files.set).execute(null, { now })).toBe('[1]');
  });

  it.each([
    ['{{ define "x" }}1{{ end }}{{ define "x" }}2{{ end }}', 29],
    ['{{ define "x" }}1{{ end }}{{ block "x" . }}2{{ end }}', 29],
  ])('refuses what defines a name twice in one file: %s', (text, offset) => {
    const message = 'the template "x" is defined twice in one file';
    expect(TemplateSet.parse([{ name: 'a.tmpl', text }])).toMatchObject({ ok: false, offset, message });
  });

  it('says which file is wrong, and where', () => {
    const files = TemplateSet.parse([{ name: 'a.tmpl', text: '{{ define "x" }}' }]);
    expect(files).toMatchObject({ ok: false, file: 'a.tmpl', offset: 3, message: '{{define}} is not closed' });
  });
});

it.each(['{{ define "a" }}x{{ end }}{{ tmpl "a" . }}', '{{ safeUrl "x" }}', '{{ $activeAt }}', '{{ $value | div 2 }}'])(
  'a template of a rule is refused for what Prometheus has in no rule: %s',
  (text) => {
    expect(parseTemplate(text, { dialect: 'prometheus' }).ok).toBe(false);
  },
);

describe('a template of a rule', () => {
  const labels = stringMap({ instance: 'web-1:9100', job: 'node' });
  const sample = (instance: string, value: number): Value =>
    struct('template.sample', { Labels: stringMap({ instance, __value__: 'text' }), Value: value });
  const expanded = (text: string): string => {
    const result = parseTemplate(text, { dialect: 'prometheus' });
    if (!result.ok) throw new Error(`${result.message} at ${result.offset}`);
    return result.template.execute(struct('data', { Labels: labels, Value: 1234.5678 }), {
      now,
      externalUrl: 'https://prom.example.com/p',
      variables: { $labels: labels, $value: 1234.5678, $externalLabels: stringMap({ cluster: 'c1' }) },
      query: (expression) => ({
        kind: 'slice',
        type: 'template.queryResult',
        items: expression === 'none' ? [] : [sample('b', 2), sample('a', expression.length)],
        methods: noMethods,
      }),
    });
  };
  it.each([
    ['{{ $labels.instance }} at {{ $value }}', 'web-1:9100 at 1234.5678'],
    ['{{ .Labels.job }} {{ .Value | humanize }} {{ $externalLabels.cluster }}', 'node 1.235k c1'],
    ['{{ externalURL }} {{ pathPrefix }}', 'https://prom.example.com/p /p'],
    ['{{ with query "up" }}{{ . | first | value }}{{ end }}', '2'],
    ['{{ range query "up" | sortByLabel "instance" }}{{ .Labels.instance }}={{ .Value }} {{ end }}', 'a=2 b=2 '],
    ['{{ query (printf "x{job=%q}" $labels.job) | sortByLabel "instance" | first | value }}', '13'],
    ['{{ stripPort $labels.instance }} {{ stripDomain "a.b.c:80" }}', 'web-1 a:80'],
    ['{{ define "d" }}{{ .arg1 }}{{ .arg0 }}{{ end }}{{ template "d" (args 1 "x") }}', 'x1'],
  ])('%s', (text, expected) => {
    expect(expanded(text)).toBe(expected);
  });
});
