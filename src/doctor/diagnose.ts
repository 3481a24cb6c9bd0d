// What an installation lacks, judged from one snapshot and a few answers: pure, one line a check, the texts by code.
import type { Config, NodeGroupPolicy, NodePolicyDocument } from '../model/config.ts';
import { emptyGroupMemory, type Memory } from '../model/memory.ts';
import type { Plan, PodDecision } from '../model/plan.ts';
import type { Facts } from '../model/reason.ts';
import type { Snapshot, Source } from '../model/snapshot.ts';
import { targetName } from '../model/target.ts';
import type { Instant } from '../model/units.ts';
import { decide } from '../policies/decide.ts';
import { actorsText, otherActors, unwelcome } from '../policies/nodes/other-actors.ts';
import { membershipsIn, serverIdOf, type Memberships } from '../policies/nodes/membership.ts';
import { serversWithoutNode } from '../policies/nodes/registration.ts';
import { proofOf, removalStanding, withProof } from '../policies/nodes/removal-proof.ts';
import type { Skew } from './clocks.ts';
import { missingRights, type Right } from './rights.ts';

export type CheckState = 'ok' | 'warn' | 'fail';

/** `code`: cli.doctor.CODE is the sentence; where it is no `ok`, cli.doctor.CODE.mend says what to do. */
export interface Check {
  readonly code: string;
  readonly state: CheckState;
  readonly facts: Facts;
}

/** What a snapshot does not hold. */
export interface Answers {
  readonly server: string;
  readonly rights: readonly Right[];
  readonly skews: readonly Skew[];
  /** null: no openstack section */
  readonly keystone:
    | { readonly user: string; readonly roles: readonly string[]; readonly origin: string; readonly trust: boolean }
    | { readonly failed: string; readonly origin: string }
    | null;
  /** null: this configuration has none */
  readonly lease:
    | { readonly state: 'held'; readonly holder: string }
    | { readonly state: 'stale'; readonly holder: string; readonly since: string }
    | { readonly state: 'missing' | 'free' }
    | { readonly state: 'unread'; readonly why: string }
    | null;
}

/** Asked of Prometheus only to see whether it answers. */
export const probe = 'vector(1)';

const check = (state: CheckState, code: string, facts: Facts = {}): Check => ({ code, state, facts });
const shown = (names: readonly string[], most = 5): string =>
  names.length <= most ? names.join(', ') : `${names.slice(0, most).join(', ')} … (${names.length})`;

function failuresOf(snapshot: Snapshot, source: Source): readonly string[] {
  const messages = snapshot.errors
    .filter((error) => error.source === source && error.code !== 'PartialView')
    .map(({ what, message }) => `${what}: ${message}`);
  return [...new Set(messages)];
}

function ofKubernetes(snapshot: Snapshot, { server, rights }: Answers): readonly Check[] {
  const failures = failuresOf(snapshot, 'kubernetes');
  const { nodes, pods } = snapshot.kubernetes;
  const checks =
    failures.length > 0
      ? [check('fail', 'kubernetesUnreadable', { what: server, why: shown(failures, 3) })]
      : [check('ok', 'kubernetes', { what: server, count: nodes?.length ?? 0, pods: pods?.length ?? 0 })];
  return [...checks, ...ofRights(rights)];
}

const whatOf = ({ verb, resource, namespace }: Right): string =>
  `${verb} ${resource}${namespace === null ? '' : ` in ${namespace}`}`;

/** One message a role: whoever reads it adds these lines there, and is done. */
function ofRights(rights: readonly Right[]): readonly Check[] {
  const missing = missingRights(rights).map(({ namespace, optional, rules }) =>
    check(optional ? 'warn' : 'fail', optional ? 'rightsOptional' : 'rightsMissing', {
      what: shown(
        rights
          .filter((one) => one.allowed === false && one.namespace === namespace && one.optional === optional)
          .map(whatOf),
      ),
      where: namespace === null ? 'ClusterRole' : `Role ${namespace}`,
      rules: rules.map((rule) => `\n        - ${rule}`).join(''),
    }),
  );
  const unknown = rights.filter(({ allowed }) => allowed === null);
  if (unknown.length > 0) return [...missing, check('warn', 'rightsUnknown', { what: shown(unknown.map(whatOf)) })];
  const isComplete = rights.every(({ allowed, optional }) => allowed === true || optional);
  return isComplete && rights.length > 0 ? [check('ok', 'rights', { count: rights.length }), ...missing] : missing;
}

function ofLease({ lease }: Answers): readonly Check[] {
  if (lease === null) return [];
  switch (lease.state) {
    case 'held':
      return [check('ok', 'lease', { by: lease.holder })];
    case 'stale':
      return [check('fail', 'leaseStale', { by: lease.holder, since: lease.since })];
    case 'missing':
    case 'free':
      return [check('warn', 'leaseFree')];
    case 'unread':
      return [check('fail', 'leaseUnread', { why: lease.why })];
  }
}

function ofPrometheus(snapshot: Snapshot, config: Config): Check {
  const what = config.daemon.prometheus.url;
  const answer = snapshot.prometheus.queries?.[probe];
  if (answer?.status === 'success') return check('ok', 'prometheus', { what });
  const why = snapshot.errors.find((error) => error.source === 'prometheus')?.message ?? answer?.error ?? '';
  return check('fail', 'prometheusUnreachable', { what, why });
}

function ofKeystone({ keystone }: Answers): readonly Check[] {
  if (keystone === null) return [];
  if ('failed' in keystone) return [check('fail', 'keystoneRefused', { what: keystone.origin, why: keystone.failed })];
  const { user, roles, origin, trust } = keystone;
  const checks = [check('ok', 'keystone', { what: origin, by: user, name: roles.join(', ') || '-' })];
  if (trust) checks.push(check('warn', 'trustUser', { what: origin }));
  return checks;
}

const minorOf = (version: string): number => Number(version.split('.')[1] ?? 0);

function ofMagnum(snapshot: Snapshot, config: Config): readonly Check[] {
  const { versions, cluster } = snapshot.magnum;
  const failures = failuresOf(snapshot, 'magnum');
  const name = config.daemon.openstack?.cluster ?? config.daemon.cluster;
  const used = versions?.used;
  const checks: Check[] = [];
  if (used === undefined) checks.push(check('fail', 'magnumUnreachable', { why: shown(failures, 2) }));
  else if (minorOf(used) < 9) checks.push(check('fail', 'magnumTooOld', { what: used }));
  else if (minorOf(used) < 10) checks.push(check('warn', 'magnumNoZero', { what: used }));
  else checks.push(check('ok', 'magnum', { what: used, max: versions?.max ?? used }));
  if (cluster === undefined) checks.push(check('fail', 'clusterMissing', { name, why: shown(failures, 2) }));
  else {
    const { status = '' } = cluster;
    const facts = { name: cluster.name ?? name, what: status, why: cluster.status_reason ?? '' };
    checks.push(
      check(
        status.endsWith('_FAILED') ? 'warn' : 'ok',
        status.endsWith('_FAILED') ? 'clusterFailed' : 'cluster',
        facts,
      ),
    );
  }
  return checks;
}

function ofNova(snapshot: Snapshot): readonly Check[] {
  const { limits, servers } = snapshot.nova;
  const why = failuresOf(snapshot, 'nova').join('; ');
  const servings =
    servers === undefined ? check('warn', 'novaAbsent', { why }) : check('ok', 'nova', { count: servers.length });
  if (limits === undefined) return [servings, check('warn', 'quotaUnknown', { why })];
  const part = (used = 0, most = -1): string => `${used}/${most < 0 ? '∞' : most}`;
  return [
    servings,
    check('ok', 'quota', {
      what: part(limits.totalInstancesUsed, limits.maxTotalInstances),
      count: part(limits.totalCoresUsed, limits.maxTotalCores),
      limit: part(limits.totalRAMUsed, limits.maxTotalRAMSize),
    }),
  ];
}

function ofGroup(
  document: NodePolicyDocument,
  policy: NodeGroupPolicy,
  memberships: Memberships,
  snapshot: Snapshot,
  memory: Memory,
  now: Instant,
): readonly Check[] {
  const group = policy.name;
  const groups = snapshot.magnum.nodegroups;
  if (groups === undefined) return [];
  const magnum = groups.find(({ name, uuid }) => name === group || uuid === group);
  if (magnum === undefined)
    return [check('fail', 'groupMissing', { group, what: shown(groups.map(({ name }) => name)) })];
  if (magnum.role === 'master') return [check('fail', 'groupIsMaster', { group })];
  const nodes = memberships.members.get(magnum.uuid) ?? [];
  const { node_count: count } = magnum;
  const signs = [...new Set(nodes.map((node) => memberships.of.get(node)?.by ?? 'nothing'))];
  const facts = { group, count: nodes.length, of: count, by: signs.join(', ') };
  const checks: Check[] = [];
  if (nodes.length > count) checks.push(check('warn', 'groupTooMany', facts));
  else if (nodes.length === count) checks.push(check('ok', 'group', facts));
  else {
    const { servers, why } = serversWithoutNode({ magnum, nodes }, snapshot);
    const what = servers === null ? (why ?? '') : shown(servers.map(({ id, name }) => `${name ?? ''} ${id}`.trim()));
    checks.push(check('warn', 'unregistered', { ...facts, what }));
  }
  const nameless = nodes.filter((node) => serverIdOf(node) === null).map(({ metadata }) => metadata.name);
  if (nameless.length > 0) checks.push(check('fail', 'serverUnknown', { group, what: shown(nameless) }));
  const learned = withProof(memory.groups[group] ?? emptyGroupMemory, proofOf(memory, snapshot), group);
  const standing = removalStanding({ nodes, memory: learned, document, policy }, snapshot);
  if (standing.proven) checks.push(check('ok', `removal.${standing.by}`, { group }));
  else if (standing.why !== 'forbidden')
    checks.push(check(standing.why === 'refuted' ? 'fail' : 'warn', `removal.${standing.why}`, { group }));
  const actors = otherActors({ group: magnum, nodes, snapshot, memory: learned, now });
  const others = unwelcome(actors, document.spec.coexist);
  if (others.length > 0) checks.push(check('fail', 'otherActors', { group, by: actorsText(others) }));
  return checks;
}

/** Every worker is somebody's: one that belongs to no group is never given back, and nobody says why. */
function ofMembers(memberships: Memberships): readonly Check[] {
  const ambiguous: string[] = [];
  const nobodys: string[] = [];
  for (const [node, { group, by, ambiguous: several }] of memberships.of) {
    const { name } = node.metadata;
    if (several.length > 0) ambiguous.push(`${name} (${several.join(', ')})`);
    else if (group === null && by !== 'controlPlane') nobodys.push(name);
  }
  return [
    ...(ambiguous.length > 0 ? [check('fail', 'ambiguous', { what: shown(ambiguous) })] : []),
    ...(nobodys.length > 0 ? [check('warn', 'nobodys', { what: shown(nobodys) })] : []),
  ];
}

/** Beyond this a token may be refused as too old, and ages of samples are wrong. */
const muchSkew = 30;
const someSkew = 5;

function ofClocks({ skews }: Answers): readonly Check[] {
  const known = skews.filter((skew) => skew.seconds !== null);
  const off = known.filter(({ seconds }) => Math.abs(seconds ?? 0) >= someSkew);
  if (off.length === 0)
    return known.length === 0 ? [] : [check('ok', 'clocks', { what: shown(known.map(({ what }) => what)) })];
  return off.map(({ what, seconds }) =>
    check(Math.abs(seconds ?? 0) >= muchSkew ? 'fail' : 'warn', 'clockSkew', { what, seconds: seconds ?? 0 }),
  );
}

/** Each metric of each target as a tick would read it now. */
function ofMetrics(pods: readonly PodDecision[]): readonly Check[] {
  const readings = pods.flatMap(({ target, metrics }) =>
    metrics.map((reading) => ({ ...reading, what: `${targetName(target)} ${reading.name}` })),
  );
  const unusable = readings.filter(({ state }) => state !== 'ok');
  const oldest = Math.max(0, ...readings.map(({ ageSeconds }) => ageSeconds ?? 0));
  return [
    ...unusable.slice(0, mostMetrics).map(({ what, state, why, ageSeconds }) =>
      check('warn', state === 'stale' ? 'metricStale' : 'metricUnknown', {
        what,
        why: why ?? state,
        seconds: ageSeconds ?? 0,
      }),
    ),
    ...(unusable.length > mostMetrics ? [check('warn', 'metricsMore', { count: unusable.length - mostMetrics })] : []),
    ...(readings.length > unusable.length
      ? [check('ok', 'metrics', { count: readings.length - unusable.length, seconds: Math.round(oldest) })]
      : []),
  ];
}

const mostMetrics = 10;

export function diagnose(
  snapshot: Snapshot,
  config: Config,
  memory: Memory,
  answers: Answers,
  now: Instant,
  plan: Pick<Plan, 'pods'> = decide(snapshot, config, memory, now).plan,
): readonly Check[] {
  const checks = [
    ...ofKubernetes(snapshot, answers),
    ...ofLease(answers),
    ofPrometheus(snapshot, config),
    ...ofClocks(answers),
    ...ofMetrics(plan.pods),
  ];
  if (config.nodePolicies.length === 0) return [...checks, check('ok', 'noNodePolicies')];
  if (config.daemon.openstack === undefined) return [...checks, check('fail', 'noOpenStack')];
  const memberships = membershipsIn(snapshot, config.nodePolicies);
  const readable = snapshot.kubernetes.nodes !== undefined && snapshot.magnum.nodegroups !== undefined;
  return [
    ...checks,
    ...ofKeystone(answers),
    ...ofMagnum(snapshot, config),
    ...ofNova(snapshot),
    ...config.nodePolicies.flatMap((document) =>
      document.spec.nodeGroups.flatMap((policy) => ofGroup(document, policy, memberships, snapshot, memory, now)),
    ),
    ...(readable ? ofMembers(memberships) : []),
  ];
}

export const worst = (checks: readonly Check[]): CheckState =>
  checks.some(({ state }) => state === 'fail') ? 'fail' : checks.some(({ state }) => state === 'warn') ? 'warn' : 'ok';
