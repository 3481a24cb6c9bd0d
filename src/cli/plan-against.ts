// springtide plan --against: what a new configuration would do otherwise than the old one, in the same world at the same instant.
import { documentChanges, type DocumentChange } from '../config/differences.ts';
import type { LoadResult } from '../config/load.ts';
import type { NodeDecision, Plan, PodDecision } from '../model/plan.ts';
import { targetName } from '../model/target.ts';
import { fillText, type Texts } from '../model/texts.ts';

export interface Side {
  readonly loaded: Pick<LoadResult, 'inForce'>;
  readonly plan: Plan;
}

interface Stand {
  readonly desired: number | null;
  readonly mode: string;
  readonly reason: string;
}

interface Otherwise {
  readonly name: string;
  readonly now: number | null;
  readonly from: Stand;
  readonly to: Stand;
}

interface Total {
  readonly now: number;
  readonly from: number;
  readonly to: number;
}

export interface Comparison {
  readonly same: boolean;
  readonly documents: readonly DocumentChange[];
  readonly gained: readonly string[];
  readonly lost: readonly string[];
  readonly targets: readonly Otherwise[];
  readonly nodeGroups: readonly Otherwise[];
  readonly replicas: Total;
  readonly vms: Total;
}

interface Decision extends Stand {
  readonly current: number | null;
}

const targetOf = ({ target }: PodDecision): string => `${target.kind} ${targetName(target)}`;
const groupOf = ({ nodeGroup }: NodeDecision): string => nodeGroup;

const byName = <T>(decisions: readonly T[], nameOf: (decision: T) => string): ReadonlyMap<string, T> =>
  new Map(decisions.map((decision) => [nameOf(decision), decision]));

const missing = (from: ReadonlyMap<string, unknown>, to: ReadonlyMap<string, unknown>): readonly string[] =>
  [...from.keys()].filter((name) => !to.has(name));

function otherwise(from: ReadonlyMap<string, Decision>, to: ReadonlyMap<string, Decision>): readonly Otherwise[] {
  const standOf = ({ desired, mode, reason }: Decision): Stand => ({ desired, mode, reason });
  return [...to].flatMap(([name, after]) => {
    const before = from.get(name);
    if (before === undefined) return [];
    const [one, other] = [standOf(before), standOf(after)];
    const isSame = one.desired === other.desired && one.mode === other.mode && one.reason === other.reason;
    return isSame ? [] : [{ name, now: after.current, from: one, to: other }];
  });
}

/** Of everything that either side scales; what one side leaves alone stays as it is there. */
function totalOf(from: ReadonlyMap<string, Decision>, to: ReadonlyMap<string, Decision>): Total {
  let [now, before, after] = [0, 0, 0];
  for (const name of new Set([...from.keys(), ...to.keys()])) {
    const current = (to.get(name) ?? from.get(name))?.current ?? 0;
    now += current;
    before += from.get(name)?.desired ?? current;
    after += to.get(name)?.desired ?? current;
  }
  return { now, from: before, to: after };
}

export function comparePlans(old: Side, next: Side): Comparison {
  const [oldPods, pods] = [byName(old.plan.pods, targetOf), byName(next.plan.pods, targetOf)];
  const [oldNodes, nodes] = [byName(old.plan.nodes, groupOf), byName(next.plan.nodes, groupOf)];
  const documents = documentChanges(old.loaded.inForce, next.loaded.inForce);
  const gained = [...missing(pods, oldPods), ...missing(nodes, oldNodes)];
  const lost = [...missing(oldPods, pods), ...missing(oldNodes, nodes)];
  const [targets, nodeGroups] = [otherwise(oldPods, pods), otherwise(oldNodes, nodes)];
  return {
    same: [documents, gained, lost, targets, nodeGroups].every((list) => list.length === 0),
    documents,
    gained,
    lost,
    targets,
    nodeGroups,
    replicas: totalOf(oldPods, pods),
    vms: totalOf(oldNodes, nodes),
  };
}

export function comparisonText(comparison: Comparison, texts: Texts): string {
  if (comparison.same) return `${fillText(texts, 'cli.against.same')}\n`;
  const { documents, gained, lost, targets, nodeGroups, replicas, vms } = comparison;
  const stand = ({ desired, mode, reason }: Stand): string => `${desired ?? '?'} [${mode}] ${reason}`;
  const lines = [
    ...documents.flatMap(({ document, change, differences }) => [
      `${{ added: '+', removed: '-', changed: '~' }[change]} ${document}`,
      ...differences.map(({ path, from, to }) => `    ${path}: ${from ?? '—'} → ${to ?? '—'}`),
    ]),
    ...gained.map((what) => `+ ${fillText(texts, 'cli.against.gained', { what })}`),
    ...lost.map((what) => `- ${fillText(texts, 'cli.against.lost', { what })}`),
    ...[...targets, ...nodeGroups].map(
      ({ name, now, from, to }) => `~ ${name}  ${now ?? '?'}: ${stand(from)} → ${stand(to)}`,
    ),
    fillText(texts, 'cli.against.replicas', { current: replicas.now, from: replicas.from, to: replicas.to }),
    fillText(texts, 'cli.against.vms', { current: vms.now, from: vms.from, to: vms.to }),
  ];
  return `${lines.join('\n')}\n`;
}
