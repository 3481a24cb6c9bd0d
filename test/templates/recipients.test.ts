// Where a list of recipients is cut, and where a comma parts nothing.
import { describe, expect, it } from 'vitest';
import { splitRecipients } from '../../src/templates/recipients.ts';

describe('recipients in one line', () => {
  it.each<[what: string, to: string, parts: string[]]>([
    ['addresses', ' a@b.cn,c@b.cn , ,a@b.cn', ['a@b.cn', 'c@b.cn']],
    ['a name with a comma', 'a@b.cn, "Doe, John" <john@b.cn>', ['a@b.cn', '"Doe, John" <john@b.cn>']],
    ['a quote too many', 'a@b.cn, "Doe <d@b.cn>, c@b.cn', ['a@b.cn', '"Doe <d@b.cn>', 'c@b.cn']],
    ['a template beside an address', 'noc@b.cn, {{ .x.team }}@b.cn', ['noc@b.cn', '{{ .x.team }}@b.cn']],
    ['a comma within an action', '{{ join ", " .x }}@b.cn,c@b.cn', ['{{ join ", " .x }}@b.cn', 'c@b.cn']],
    [
      'commas within a loop, what follows it is a part of the same',
      '{{ range .Alerts }}{{ .Labels.owner }},{{ end }}noc@b.cn , c@b.cn',
      ['{{ range .Alerts }}{{ .Labels.owner }},{{ end }}noc@b.cn', 'c@b.cn'],
    ],
    [
      'a branch',
      '{{ if eq .Status "firing" }}a@b.cn, c@b.cn{{ else }}d@b.cn,e@b.cn{{ end }}',
      ['{{ if eq .Status "firing" }}a@b.cn, c@b.cn{{ else }}d@b.cn,e@b.cn{{ end }}'],
    ],
    ['a comment', '{{/* a, b */}}a@b.cn,c@b.cn', ['{{/* a, b */}}a@b.cn', 'c@b.cn']],
    ['space taken away', '{{ .a -}} , a@b.cn {{- "," }},c@b.cn', ['{{ .a -}}', 'a@b.cn {{- "," }}', 'c@b.cn']],
    [
      'a name with a comma and an action',
      '"{{ .a }}, on duty" <a@b.cn>,c@b.cn',
      ['"{{ .a }}, on duty" <a@b.cn>', 'c@b.cn'],
    ],
    [
      'parts that need each other',
      '{{ $team := .x.team }}{{ $team }}@b.cn, {{ $team }}-lead@b.cn',
      ['{{ $team := .x.team }}{{ $team }}@b.cn, {{ $team }}-lead@b.cn'],
    ],
    [
      'a part that defines what another says',
      '{{ define "x" }}a@b.cn{{ end }}{{ template "x" }},{{ template "x" }}',
      ['{{ define "x" }}a@b.cn{{ end }}{{ template "x" }},{{ template "x" }}'],
    ],
    ['what cannot be read', '{{ if }}a@b.cn,c@b.cn', ['{{ if }}a@b.cn,c@b.cn']],
  ])('%s', (_what, to, parts) => {
    expect(splitRecipients(to)).toEqual(parts);
  });
});
