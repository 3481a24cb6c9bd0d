// A mistake in the configuration as people meet it: where it is, what is wrong, how to mend it.

/** Stable: never renamed, never used again for something else. Described in docs/reference/problems.md. */
export const problemCodes = {
  ConfigUnreadable: 'the directory or a file cannot be read',
  ConfigEmpty: 'the directory holds no springtide document',
  DaemonMissing: 'no document of kind Daemon says where the world is',
  FileTooLarge: 'a file is larger than 1 MiB',
  PassedOver: 'a file of rules is not read because of its name',
  NotUtf8: 'a file is not UTF-8 text',
  YamlSyntax: 'the text is not YAML',
  DuplicateKey: 'a mapping has a key twice',
  WrongMerge: 'a merge key (`<<`) takes over what is no mapping, or what an Alertmanager would take otherwise',
  TooDeep: 'the YAML is nested deeper than any configuration needs',
  TooManyAliases: 'YAML aliases expand to far more than is written',
  NotADocument: 'a document is no mapping of keys to values',
  UnknownKind: 'the kind of a document is missing or not known',
  UnknownApiVersion: 'the apiVersion is missing or not one of this version',
  UnknownKey: 'a key that nothing reads',
  MissingKey: 'a required key is missing',
  WrongType: 'a value of another type is expected',
  WrongValue: 'a value that cannot be',
  NotSupportedYet: 'the format has it, this version does not act on it',
  DuplicateDocument: 'two documents have the same kind, namespace and name',
  DuplicateName: 'two entries of a list have the same name',
  ClaimedTwice: 'two PodPolicies scale the same target',
  GroupClaimedTwice: 'two entries own the same node group',
  CalendarMissing: 'a schedule needs a Calendar that is not there or is refused',
  UnknownWindow: 'a schedule uses a window that no Calendar has',
  AmbiguousWindow: 'a schedule uses a window that several Calendars have',
  OpenStackMissing: 'a NodePolicy needs the openstack connection of the Daemon',
  WrongQuery: 'a PromQL text cannot be read or answers with the wrong type',
  ExperimentalQuery: 'a PromQL text needs a feature flag of the Prometheus server, or its version 2',
  WrongTemplate: 'a template cannot be read',
  RecordingRule: 'a recording rule is left to Prometheus',
  WrongFormula: 'a formula cannot be read, or names a metric that is not there',
  NumberForUnknown: 'a formula decides with a made-up number where there is no answer',
  UnusedMetric: 'no formula reads a metric that is only an input',
  WrongMatcher: 'a matcher cannot be read',
  UnknownReceiver: 'a route names a receiver that is not defined',
  UnknownGateway: 'an SMS receiver names a gateway that is not defined',
  UnknownPerson: 'an SMS receiver names a person who is not defined or has no number',
  UnknownRota: 'a receiver names a rota of people on duty that is not defined',
  UnknownInterval: 'a route or a receiver names a time interval that is not defined',
  AbsentLabelsEqual: 'an inhibition takes two absent labels for equal',
  QuotesInMatcher: 'single quotes belong to the value of a matcher',
  UnusedReceiver: 'no route leads to a receiver',
  NobodyToMail: 'what an SMS does not tell at once is to be mailed, and nobody can be',
  AlertsMissing: 'without alerts.yaml nobody is told',
  SecretInPlain: 'a secret is written in the file itself',
  SecretMissing: 'an environment variable that holds a secret is not set',
  NotAllowedHere: "a ConfigMap of a tenant says something that only springtide's own namespace may say",
  ManyRemoved: 'a new version would take many policies out of force at once',
  RestartNeeded: 'a setting that a running daemon cannot change',
  ConnectionUnusable: 'a connection as it is written cannot be made',
  TargetMissing: 'a policy scales something that is not in the cluster (--live)',
  TargetUnusable: 'several policies mean one target (--live)',
  TargetsUnexpected: 'a selector finds nothing, or not as many targets as are expected (--live)',
  MetricUnanswered: 'a query has no usable answer now (--live)',
  NodeGroupMissing: 'Magnum has no such node group, or it holds the masters (--live)',
  RightMissing: 'the account lacks a right that the configuration needs (--live)',
  SourceUnreachable: 'what the Daemon connects to cannot be read (--live)',
  UnknownText: 'a sentence whose code nothing uses, or with a place that nothing fills',
} as const;
export type ProblemCode = keyof typeof problemCodes;

export interface DocumentName {
  readonly kind: string;
  readonly namespace?: string;
  readonly name?: string;
}

export type ProblemPath = readonly (string | number)[];

export interface Problem {
  /** relative to the configuration directory */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly code: ProblemCode;
  readonly severity: 'error' | 'warning';
  readonly document?: DocumentName;
  readonly path: ProblemPath;
  readonly message: string;
  readonly mend?: string;
  /** the line of the file, for the caret */
  readonly source?: string;
}

/** Of a file as a whole, or of one that is not there: no place in it is wrong. */
export const fileProblem = (
  file: string,
  code: ProblemCode,
  severity: Problem['severity'],
  message: string,
  mend: string,
): Problem => ({
  file,
  line: 1,
  column: 1,
  code,
  severity,
  path: [],
  message,
  mend,
});

/** By file, then by place; the order in which a person goes through them. */
export const sortProblems = (problems: readonly Problem[]): Problem[] =>
  problems.toSorted(
    (one, other) =>
      compareText(one.file, other.file) ||
      one.line - other.line ||
      one.column - other.column ||
      compareText(one.message, other.message),
  );

/** By code units: the same on every machine, whatever its locale. */
export const compareText = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

const widest = 120;

/** What `springtide validate` prints: the place, the sentence, the line with a caret, the advice. */
export function formatProblem(problem: Problem): string {
  const { file, line, column, severity, code, message, mend, source } = problem;
  const lines = [`${file}:${line}:${column}: ${severity} ${code}: ${message}`];
  if (source !== undefined && source.trim() !== '') {
    const start = column > widest - 20 ? column - 1 - widest / 2 : 0;
    const shown = source.slice(start, start + widest);
    const gutter = String(line).padStart(5);
    lines.push(`${gutter} | ${shown}`, `${' '.repeat(gutter.length)} | ${blank(shown.slice(0, column - 1 - start))}^`);
  }
  if (mend !== undefined) lines.push(`  mend: ${mend}`);
  return lines.join('\n');
}

/** Spaces as wide as the text: tabs stay, Chinese characters take two columns. */
const blank = (text: string): string => text.replace(/[\u1100-\uffff]/g, '  ').replace(/[^\t ]/g, ' ');
