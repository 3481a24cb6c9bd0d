// Documents judged beside each other: each name, each target and each node group belongs to one.
import type { Accepted, DocumentRole } from './judge.ts';
import type { Problem } from './problem.ts';
import { readCalendars, resolveNodeWindows, resolveSchedule } from './schedules.ts';
import { problemAt, type Finding, type Source } from './source.ts';

/** A document of the directory with its place; `accepted` is null where it was refused. */
export interface Entry {
  readonly key: string | null;
  readonly source: Source;
  readonly accepted: Accepted | null;
}

const rulesKey = 'Rules/';

/** Kind, namespace and name, or the file of rules: what a last good version is kept under. */
export function keyOf(source: Source, role: DocumentRole): string | null {
  if (role === 'alerts') return 'Alerts';
  if (role === 'rules') return `${rulesKey}${source.file}`;
  const { kind, namespace = '', name } = source.name ?? { kind: undefined };
  if (kind === undefined) return null;
  // there is one Daemon, whatever its name
  if (kind === 'Daemon') return kind;
  return name === undefined ? null : `${kind}/${namespace}/${name}`;
}

interface Claim {
  readonly what: string;
  readonly finding: (other: string) => Finding;
}

const place = ({ source }: Entry): string => source.file;
const nameOf = ({ source }: Entry): string =>
  [source.name?.namespace, source.name?.name].filter((part) => part !== undefined).join('/') || 'the first one';

function claimsOf({ accepted }: Entry): readonly Claim[] {
  switch (accepted?.kind) {
    case 'PodPolicy': {
      const { target } = accepted.value.spec;
      if (target === undefined) return [];
      const name = `${accepted.value.metadata.namespace}/${target.kind}/${target.name}`;
      return [
        {
          what: `target ${name}`,
          finding: (other) => ({
            code: 'ClaimedTwice',
            path: ['spec', 'target', 'name'],
            message: `${target.kind} ${accepted.value.metadata.namespace}/${target.name} is scaled by PodPolicy ${other} already`,
            mend: 'put the metrics of both into one policy',
          }),
        },
      ];
    }
    case 'NodePolicy':
      return accepted.value.spec.nodeGroups.map((group, index) => ({
        what: `group ${group.name}`,
        finding: (other) => ({
          code: 'GroupClaimedTwice',
          path: ['spec', 'nodeGroups', index, 'name'],
          message: `the node group "${group.name}" belongs to NodePolicy ${other} already`,
          mend: 'keep it in one of them',
        }),
      }));
    default:
      return [];
  }
}

function duplicate(entry: Entry, first: Entry): Finding {
  if (entry.key?.startsWith(rulesKey) === true)
    return {
      code: 'DuplicateDocument',
      path: [],
      message: 'a rule file is one document, this is a second one: a Prometheus passes over it without a word',
      mend: 'put its groups into the first one, or into a file of its own',
    };
  if (entry.key === 'Alerts' && entry.source.file === first.source.file)
    return {
      code: 'DuplicateDocument',
      path: [],
      message: `${entry.source.file} is one document, this is a second one: an Alertmanager passes over it without a word`,
      mend: 'put what is meant into the first one, and take the rest out from the line --- on',
    };
  const single = entry.key === 'Alerts' || entry.key === 'Daemon';
  const { kind = 'Alerts' } = entry.source.name ?? {};
  return {
    code: 'DuplicateDocument',
    path: entry.key === 'Alerts' ? [] : single ? ['kind'] : ['metadata', 'name'],
    message: single
      ? `there is a second document ${kind}, the first one is in ${place(first)}`
      : `${kind} ${nameOf(entry)} is here twice, first in ${place(first)}`,
    mend: single ? 'take one of them out' : 'give it another name, or take one of them out',
  };
}

interface Settled {
  readonly entries: readonly Entry[];
  readonly problems: readonly Problem[];
}

/** Policies with the calendars of the same directory filled into their schedules, or refused where one is lacking. */
function withSchedules(given: readonly Entry[]): Settled {
  const documents = given.flatMap(({ accepted }) => (accepted?.kind === 'Calendar' ? [accepted.value] : []));
  const refused = given.flatMap(({ accepted, source }) =>
    accepted === null && source.name?.kind === 'Calendar' ? [source.name.name ?? source.file] : [],
  );
  const calendars = readCalendars(documents, refused);
  const problems: Problem[] = [];
  const entries = given.map((entry): Entry => {
    const { accepted, source } = entry;
    const settle = (findings: readonly Finding[], filled: Accepted): Entry => {
      problems.push(...findings.map((finding) => problemAt(source, finding)));
      return { ...entry, accepted: findings.length > 0 ? null : filled };
    };
    switch (accepted?.kind) {
      case 'PodPolicy': {
        const { windows, findings } = resolveSchedule(accepted.value.spec.schedule, calendars);
        return settle(findings, { ...accepted, schedule: windows });
      }
      case 'NodePolicy': {
        const { findings, ...windows } = resolveNodeWindows(accepted.value, calendars);
        return settle(findings, { ...accepted, windows });
      }
      default:
        return entry;
    }
  });
  return { entries, problems };
}

/**
 * Refuses whatever comes second. What is in force already comes first, so that a new document never takes a target away
 * from one that works; then the order of the files.
 */
export function settleConflicts(given: readonly Entry[], inForce: ReadonlySet<string>): Settled {
  const { entries, problems: calendarProblems } = withSchedules(given);
  const problems = [...calendarProblems];
  const refused = new Set<Entry>();
  const byKey = new Map<string, Entry>();
  const byClaim = new Map<string, Entry>();
  const refuse = (entry: Entry, finding: Finding): void => {
    refused.add(entry);
    problems.push(problemAt(entry.source, finding));
  };
  for (const entry of entries) {
    if (entry.key === null || entry.accepted === null) continue;
    const first = byKey.get(entry.key);
    if (first === undefined) byKey.set(entry.key, entry);
    else refuse(entry, duplicate(entry, first));
  }
  const rank = ({ key }: Entry): number => (key !== null && inForce.has(key) ? 0 : 1);
  for (const entry of entries.toSorted((one, other) => rank(one) - rank(other))) {
    if (refused.has(entry)) continue;
    for (const { what, finding } of claimsOf(entry)) {
      const holder = byClaim.get(what);
      if (holder === undefined) byClaim.set(what, entry);
      else refuse(entry, finding(nameOf(holder)));
    }
  }
  const withConnection = needsOpenStack(entries, refused, problems);
  return { entries: withConnection, problems };
}

function needsOpenStack(entries: readonly Entry[], refused: ReadonlySet<Entry>, problems: Problem[]): readonly Entry[] {
  const daemon = entries.find((entry) => entry.accepted?.kind === 'Daemon' && !refused.has(entry))?.accepted;
  const lacking = daemon?.kind === 'Daemon' && daemon.value.spec.openstack === undefined;
  return entries.map((entry) => {
    const { accepted, source } = entry;
    if (lacking && accepted?.kind === 'NodePolicy') {
      const message = 'the Daemon has no openstack: connection, so no VM can be ordered or returned';
      problems.push(
        problemAt(source, {
          code: 'OpenStackMissing',
          path: ['kind'],
          message,
          mend: 'add openstack: {cloud: NAME} to the Daemon; {} takes the OS_* variables',
        }),
      );
      return { ...entry, accepted: null };
    }
    return refused.has(entry) ? { ...entry, accepted: null } : entry;
  });
}

/** The claims of documents that are in force, against which a kept old version is held. */
export const claimNames = (entry: Entry): string[] => claimsOf(entry).map(({ what }) => what);
