// Does a pod fit on a node now? The first rule that says no, in the order in which people would look.
import type { FitRule } from '../../../model/reason.ts';
import type { Ask } from './ask.ts';
import { onePod } from './blocks.ts';
import type { Board } from './board.ts';
import { collides } from './image.ts';
import {
  matchesNodeAffinity,
  matchesNodeSelector,
  nodeSelectorText,
  repellingTaint,
  requiredNodes,
  selectorMatchesNode,
} from './node-rules.ts';
import type { Volumes } from './volumes.ts';

/** Why a pod does not fit on a node: `cpu 500m of 120m free`, `dedicated=db:NoSchedule`, the name of the claim. */
export interface Misfit {
  readonly rule: FitRule;
  readonly detail: string;
}

export interface World {
  readonly board: Board;
  readonly volumes: Volumes;
}

/** What labels, taints and volumes forbid for good, as long as the node is as it is. */
export function forbids(ask: Ask, slot: number, { board }: World): FitRule | null {
  const room = board.rooms[slot];
  if (room === undefined || room.closed !== undefined) return 'taint';
  const { spec } = ask.needs;
  if (room.taints.length > 0 && repellingTaint(spec, room.taints) !== null) return 'taint';
  if (!ask.anyLabels) {
    if (!matchesNodeSelector(spec, room)) return 'nodeSelector';
    if (!matchesNodeAffinity(spec, room)) return 'nodeAffinity';
  }
  const { never, reach } = ask.volumes;
  if (never !== null || (reach.length > 0 && reach.some(({ nodes }) => !selectorMatchesNode(nodes, room))))
    return 'volume';
  return null;
}

/** What depends on who else runs where. */
export function refuses(ask: Ask, slot: number, world: World): FitRule | null {
  const { board } = world;
  if (ask.ports.length > 0) {
    const taken = board.ports[slot] ?? [];
    if (ask.ports.some((port) => taken.some((other) => collides(port, other)))) return 'hostPort';
  }
  if (ask.volumes.exclusive.length > 0 && usedClaim(ask, board) !== null) return 'volume';
  if (ask.volumes.attach.length > 0 && overAttached(ask, slot, world) !== null) return 'volume';
  const { together } = ask;
  if (together !== null) {
    let here = true;
    for (const { term, counter } of together.terms) {
      if (term.namespaces === 'unknown' || (counter.place[slot] ?? -1) < 0) return 'podAffinity';
      if (counter.at(slot) === 0) here = false;
    }
    const first = together.matchesItself && together.terms.every(({ counter }) => counter.total === 0);
    if (!here && !first) return 'podAffinity';
  }
  for (const { counter } of ask.apart) if (counter.at(slot) > 0) return 'podAntiAffinity';
  for (const { counter } of board.crowd.keepersOf(ask.kin)) if (counter.at(slot) > 0) return 'podAntiAffinity';
  for (const { counter, maxSkew, minDomains, self } of ask.spreads) {
    if ((counter.topology.ofSlot[slot] ?? -1) < 0) return 'topologySpread';
    if (counter.at(slot) + self - counter.least(minDomains) > maxSkew) return 'topologySpread';
  }
  return null;
}

function usedClaim(ask: Ask, board: Board): string | null {
  for (const claim of ask.volumes.exclusive)
    for (const slot of board.slotOf.values()) if ((board.claimsOn(slot).get(claim) ?? 0) > 0) return claim;
  return null;
}

/** A volume that two pods of a node use is attached once. */
function overAttached(ask: Ask, slot: number, { board, volumes }: World): string | null {
  const name = board.rooms[slot]?.name ?? '';
  for (const { driver } of ask.volumes.attach) {
    const limit = volumes.limitOf(name, driver);
    if (limit === null) continue;
    const attached = new Set<string>();
    for (const [claim, users] of board.claimsOn(slot))
      if (users > 0 && volumes.driverOf(claim) === driver) attached.add(claim);
    for (const one of ask.volumes.attach) if (one.driver === driver) attached.add(one.claim);
    if (attached.size <= limit.most) continue;
    return limit.by === 'said'
      ? `${driver}: ${attached.size} volumes of at most ${limit.most}`
      : `${driver}: ${attached.size} volumes; the list csinodes could not be read, and no node is seen with more than ${limit.most}`;
  }
  return null;
}

const mebi = 2 ** 20 * 1000;
const amount = (name: string, milli: number): string => {
  if (name === 'cpu') return `${milli}m`;
  if (name === 'memory' || name === 'ephemeral-storage' || name.startsWith('hugepages-'))
    return `${Math.round(milli / mebi)}Mi`;
  return String(milli / 1000);
};

function shortOf(ask: Ask, slot: number, board: Board): string {
  const wanted = [['cpu', ask.cpu] as const, ['memory', ask.memory] as const, ...ask.others];
  const short = wanted.find(([name, milli]) => milli > 0 && board.free(slot, name) < milli);
  if (short === undefined) return '';
  const [name, milli] = short;
  return `${name} ${amount(name, milli)} of ${amount(name, Math.max(0, board.free(slot, name)))} free`;
}

function volumeDetail(ask: Ask, slot: number, world: World): string {
  const { never, reach } = ask.volumes;
  if (never !== null) return never;
  const room = world.board.rooms[slot];
  const far = room && reach.find(({ nodes }) => !selectorMatchesNode(nodes, room));
  if (far !== undefined) return `${far.claim} (${nodeSelectorText(far.nodes)})`;
  const used = usedClaim(ask, world.board);
  return used === null ? (overAttached(ask, slot, world) ?? '') : `${used} is in use (ReadWriteOncePod)`;
}

function togetherDetail(ask: Ask, slot: number): string {
  const terms = ask.together?.terms ?? [];
  const missing = terms.find(({ counter }) => counter.at(slot) === 0) ?? terms[0];
  return missing?.term.namespaces === 'unknown' ? 'the list namespaces could not be read' : (missing?.term.text ?? '');
}

function spreadDetail(ask: Ask, slot: number, board: Board): string {
  const labels = board.rooms[slot]?.labels ?? {};
  for (const { counter, topologyKey, maxSkew, minDomains, self } of ask.spreads) {
    const domain = labels[topologyKey];
    if (domain === undefined) return `the node has no label ${topologyKey}`;
    const least = counter.least(minDomains);
    const count = counter.at(slot);
    if (count + self - least > maxSkew)
      return `${topologyKey}: ${count} on ${domain}, ${least} where there are least, maxSkew ${maxSkew}`;
  }
  return '';
}

/** Null: it fits now. */
export function misfitOf(ask: Ask, slot: number, world: World): Misfit | null {
  const { board } = world;
  const room = board.rooms[slot];
  const lacks = (board.pods[slot] ?? 0) < onePod ? 'pods' : board.holds(ask, slot) ? null : 'resource';
  const rule = forbids(ask, slot, world) ?? lacks ?? refuses(ask, slot, world);
  if (rule === null || room === undefined) return null;
  const { spec } = ask.needs;
  const detail = (): string => {
    switch (rule) {
      case 'taint': {
        const taint = repellingTaint(spec, room.taints);
        return room.closed ?? `${taint?.key ?? ''}=${taint?.value ?? ''}:${taint?.effect ?? ''}`;
      }
      case 'nodeSelector':
        return Object.entries(spec?.nodeSelector ?? {})
          .filter(([key, value]) => room.labels[key] !== value)
          .map(([key, value]) => `${key}=${value}`)
          .join(', ');
      case 'nodeAffinity':
        return nodeSelectorText(requiredNodes(spec) ?? {});
      case 'pods':
        return `at most ${(room.capacity['pods'] ?? 0) / onePod} pods`;
      case 'resource':
        return shortOf(ask, slot, board);
      case 'hostPort':
        return ask.ports.map(({ port, protocol }) => `${protocol} ${port}`).join(', ');
      case 'volume':
        return volumeDetail(ask, slot, world);
      case 'podAffinity':
        return togetherDetail(ask, slot);
      case 'podAntiAffinity':
        return (
          [...ask.apart, ...board.crowd.keepersOf(ask.kin)].find(({ counter }) => counter.at(slot) > 0)?.term.text ?? ''
        );
      case 'topologySpread':
        return spreadDetail(ask, slot, board);
    }
  };
  return { rule, detail: detail() };
}
