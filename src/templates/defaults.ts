// The templates that texts may name without defining them: Alertmanager's names, in words of our own.
import { TemplateSet } from './template.ts';

const text = `
{{ define "__alertmanager" }}springtide{{ end }}
{{ define "__alertmanagerURL" }}{{ .ExternalURL }}/#/alerts?receiver={{ .Receiver | urlquery }}{{ end }}
{{ define "__subject" }}
  {{- $more := .CommonLabels.Remove .GroupLabels.Names }}
  {{- $count := "" }}{{ if eq .Status "firing" }}{{ $count = printf ":%d" (len .Alerts.Firing) }}{{ end }}
  {{- printf "[%s%s] %s " (toUpper .Status) $count (join " " .GroupLabels.SortedPairs.Values) }}
  {{- if gt (len .CommonLabels) (len .GroupLabels) }}({{ join " " $more.Values }}){{ end }}
{{- end }}
{{ define "__description" }}{{ end }}
{{ define "__text_alert_list" }}
  {{- range $alert := . }}{{ range .Labels.SortedPairs }}{{ .Name }} = {{ .Value }}
{{ end }}{{ range .Annotations.SortedPairs }}{{ .Name }}: {{ .Value }}
{{ end }}{{ with .GeneratorURL }}{{ . }}
{{ end }}
{{ end }}{{ end }}
{{ define "__text_alert_list_markdown" }}{{ template "__text_alert_list" . }}{{ end }}

{{ define "springtide.text" }}
  {{- if .Alerts.Firing }}FIRING: {{ len .Alerts.Firing }}

{{ template "__text_alert_list" .Alerts.Firing }}{{ end }}
  {{- if .Alerts.Resolved }}RESOLVED: {{ len .Alerts.Resolved }}

{{ template "__text_alert_list" .Alerts.Resolved }}{{ end }}
{{- end }}
{{ define "springtide.card" }}
<div style="background:#fff;border-left:5px solid {{ if eq .Status "firing" }}#b42318{{ else }}#067647{{ end }};border-radius:6px;padding:12px 14px;margin:0 0 12px">
<div style="font-weight:600">{{ .Status | toUpper }} {{ .Labels.alertname }}</div>
{{ range .Annotations.SortedPairs }}<p style="margin:6px 0">{{ .Name }}: {{ .Value }}</p>
{{ end }}<p style="margin:6px 0;color:#667085;font-size:13px">{{ range .Labels.SortedPairs }}{{ .Name }}={{ .Value }} {{ end }}</p>
{{ if .GeneratorURL }}<p style="margin:6px 0"><a href="{{ .GeneratorURL }}">{{ .GeneratorURL }}</a></p>{{ end }}
</div>
{{ end }}

{{ define "email.default.subject" }}{{ template "__subject" . }}{{ end }}
{{ define "email.default.text" }}{{ template "springtide.text" . }}{{ end }}
{{ define "email.default.html" -}}
<!doctype html><html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>{{ template "__subject" . }}</title></head>
<body style="margin:0;padding:12px;background:#f9fafb;color:#101828;font:16px/1.45 sans-serif">
<div style="max-width:600px;margin:0 auto">
{{ range .Alerts.Firing }}{{ template "springtide.card" . }}{{ end }}
{{ range .Alerts.Resolved }}{{ template "springtide.card" . }}{{ end }}
</div></body></html>
{{- end }}
`;

/** Receivers that are not there, whose names files of others mention all the same. */
const ofOthers = [
  ...[
    'title',
    'pretext',
    'text',
    'fallback',
    'titlelink',
    'username',
    'iconemoji',
    'iconurl',
    'callbackid',
    'footer',
    'color',
  ].map((part) => `slack.default.${part}`),
  ...['description', 'client', 'clientURL', 'instances'].map((part) => `pagerduty.default.${part}`),
  ...['message', 'description', 'source'].map((part) => `opsgenie.default.${part}`),
  ...['message', 'to_user', 'to_party', 'to_tag', 'agent_id'].map((part) => `wechat.default.${part}`),
  ...['state_message', 'entity_display_name', 'monitoring_tool'].map((part) => `victorops.default.${part}`),
  ...['title', 'message', 'url'].map((part) => `pushover.default.${part}`),
  ...['subject', 'message'].map((part) => `sns.default.${part}`),
  'telegram.default.message',
  ...['title', 'message'].map((part) => `discord.default.${part}`),
  'webex.default.message',
  ...['title', 'summary', 'text'].flatMap((part) => [`msteams.default.${part}`, `msteamsv2.default.${part}`]),
  ...['summary', 'description', 'priority'].map((part) => `jira.default.${part}`),
];

const summaries =
  /(?:title|subject|fallback|summary|description|state_message|entity_display_name|opsgenie\.default\.message)$/;
const bodies = /(?:text|message|instances)$/;
const links = /(?:titlelink|clientURL|source|pushover\.default\.url)$/;

const bodyOf = (name: string): string => {
  if (summaries.test(name)) return '{{ template "__subject" . }}';
  if (links.test(name)) return '{{ template "__alertmanagerURL" . }}';
  return bodies.test(name) ? '{{ template "springtide.text" . }}' : '';
};

const others = ofOthers.map((name) => `{{ define "${name}" }}${bodyOf(name)}{{ end }}`).join('\n');

function shipped(): TemplateSet {
  const read = TemplateSet.parse([{ name: '', text: text + others }]);
  if (!read.ok) throw new Error(`the shipped templates cannot be read: ${read.message} at ${read.offset}`);
  return read.set;
}

export const defaultTemplates: TemplateSet = shipped();
