// Every check that a person's drain or resize has to pass, by name: the rules are those of the daemon.
import { drainOf } from '../../model/drain-record-on.ts';
import type { DrainRequest } from '../../model/drain-record.ts';
import type { Pod } from '../../model/kubernetes.ts';
import { fillText, type Texts } from '../../model/texts.ts';
import type { GroupState } from '../../policies/nodes/group-state.ts';
import { statusBarrier } from '../../policies/nodes/growth-barrier.ts';
import { isControlPlane, serverIdOf } from '../../policies/nodes/membership.ts';
import { evictabilityOf, podName } from '../../policies/nodes/movable.ts';
import { actorsText } from '../../policies/nodes/other-actors.ts';
import { removalStanding } from '../../policies/nodes/removal-proof.ts';
import { windowBarrier } from '../../policies/nodes/shrink-barrier.ts';
import { Today } from '../../policies/nodes/why-pending.ts';
import { groupOf, nodeIn, rulesIn, type Scene } from './scene.ts';

export type CheckName =
  | 'node'
  | 'group'
  | 'server'
  | 'switch'
  | 'others'
  | 'pods'
  | 'budgets'
  | 'room'
  | 'window'
  | 'minimum'
  | 'maximum'
  | 'limits'
  | 'backOff'
  | 'status'
  | 'proof'
  | 'victims';

export interface Check {
  readonly name: CheckName;
  /** warn: it is done all the same, and may take longer */
  readonly state: 'ok' | 'warn' | 'refused';
  readonly what: string;
}

export const passes = (checks: readonly Check[]): boolean => checks.every(({ state }) => state !== 'refused');

const marks = { ok: 'ok', warn: '!!', refused: 'NO' } as const;

export const checkLine = ({ name, state, what }: Check, texts: Texts): string =>
  `  ${marks[state]}  ${fillText(texts, `cli.operate.check.${name}`)}: ${what}`;

const most = 5;
const listed = (names: readonly string[]): string =>
  names.length <= most ? names.join(', ') : `${names.slice(0, most).join(', ')}, … (${names.length})`;

export interface DrainWish {
  readonly then: DrainRequest['then'];
  /** drain it although its pods have no other place */
  readonly withoutRoom: boolean;
}

export interface Moving {
  readonly evict: readonly Pod[];
  /** by a rule that will not change by waiting */
  readonly blocked: readonly { readonly pod: string; readonly reason: string; readonly by: string }[];
  /** budgets that allow no disruption now */
  readonly waitsFor: readonly string[];
}

export function movingFrom(scene: Scene, group: GroupState, node: string): Moving {
  const rules = rulesIn(scene, group);
  const evict: Pod[] = [];
  const blocked: { pod: string; reason: string; by: string }[] = [];
  const waitsFor = new Set<string>();
  for (const pod of scene.podsOn.get(node) ?? []) {
    const movability = evictabilityOf(pod, rules);
    if (movability.move === 'evict') evict.push(pod);
    if (movability.move !== 'blocked') continue;
    if (movability.reason === 'BlockedByPDB') {
      waitsFor.add(movability.by);
      evict.push(pod);
    } else blocked.push({ pod: podName(pod), reason: movability.reason, by: movability.by });
  }
  return { evict, blocked, waitsFor: [...waitsFor] };
}

const finished = <Value>(course: Generator<undefined, Value>): Value => {
  for (;;) {
    const next = course.next();
    if (next.done === true) return next.value;
  }
};

/** The pods of these nodes that would find no other place, all of them leaving together. */
function homelessAfter(scene: Scene, nodes: readonly string[], pods: readonly Pod[]): readonly string[] {
  const { simulation } = finished(Today.of(scene.snapshot.kubernetes));
  for (const name of nodes) if (simulation.has(name)) simulation.removeRoom(name);
  return pods.filter((pod) => simulation.placeAnywhere(simulation.needsOf(pod)) === null).map(podName);
}

const check = (name: CheckName, state: Check['state'], what: string): Check => ({ name, state, what });

export function podChecks(scene: Scene, group: GroupState, node: string, withoutRoom: boolean): readonly Check[] {
  const { evict, blocked, waitsFor } = movingFrom(scene, group, node);
  const homeless = homelessAfter(scene, [node], evict);
  return [
    blocked.length === 0
      ? check('pods', 'ok', String(evict.length))
      : check('pods', 'refused', listed(blocked.map(({ pod, reason }) => `${pod} ${reason}`))),
    waitsFor.length === 0 ? check('budgets', 'ok', '-') : check('budgets', 'warn', listed(waitsFor)),
    homeless.length === 0
      ? check('room', 'ok', String(evict.length))
      : check('room', withoutRoom ? 'warn' : 'refused', listed(homeless)),
  ];
}

const untilText = (until: string | null): string => (until === null ? '' : ` (${until})`);

export function switchCheck(group: GroupState, way: 'grow' | 'shrink'): Check {
  const off = group.switches[way];
  return off === null
    ? check('switch', 'ok', '-')
    : check('switch', 'refused', `${off.by}: ${off.why}${untilText(off.until)}`);
}

/** What is asked of a group before servers of it are given back. */
export function removalChecks(scene: Scene, group: GroupState, victims: number): readonly Check[] {
  const { snapshot, now } = scene;
  const after = group.count - victims;
  const window = windowBarrier(group, now);
  const proof = removalStanding(group, snapshot);
  const busy = statusBarrier(group, snapshot.magnum.cluster);
  const status = busy?.by ?? (group.updating ? (group.magnum.status ?? '') : null);
  return [
    group.others.length === 0 ? check('others', 'ok', '-') : check('others', 'refused', actorsText(group.others)),
    window === null ? check('window', 'ok', '-') : check('window', 'refused', `${window.reason} ${window.by ?? ''}`),
    check('minimum', after < group.min ? 'refused' : 'ok', `${group.count} → ${after}, min ${group.min}`),
    status === null ? check('status', 'ok', group.magnum.status ?? '-') : check('status', 'warn', status),
    proof.proven ? check('proof', 'ok', proof.by) : check('proof', 'refused', proof.why),
  ];
}

export interface DrainJudgement {
  readonly checks: readonly Check[];
  /** null: there is nothing to begin with */
  readonly group: GroupState | null;
}

export function judgeDrain(scene: Scene, name: string, { then, withoutRoom }: DrainWish): DrainJudgement {
  const node = nodeIn(scene, name);
  const stop = (checks: readonly Check[]): DrainJudgement => ({ checks, group: null });
  if (node === null) return stop([check('node', 'refused', name)]);
  if (isControlPlane(node)) return stop([check('node', 'refused', `${name} (control plane)`)]);
  const record = drainOf(node);
  if (record?.step === 'removing')
    return stop([check('node', 'refused', `${name} (removing, server ${record.serverId})`)]);
  const found = check(
    'node',
    'ok',
    record === null ? name : `${name} (${record.step}, ${record.request?.by ?? 'springtide'})`,
  );
  const group = groupOf(scene, name);
  if (group === null) {
    const unread = scene.unusable.map(({ policy, reason, why }) => `${policy.name}: ${reason} ${why}`.trim());
    return stop([found, check('group', 'refused', unread.length === 0 ? '-' : listed(unread))]);
  }
  const server = serverIdOf(node);
  return {
    group,
    checks: [
      found,
      check('group', 'ok', `${group.policy.name} (${group.document.metadata.name})`),
      check('server', server === null ? (then === 'remove' ? 'refused' : 'warn') : 'ok', server ?? '-'),
      switchCheck(group, 'shrink'),
      ...podChecks(scene, group, name, withoutRoom),
      ...(then === 'remove' ? removalChecks(scene, group, 1) : []),
    ],
  };
}
