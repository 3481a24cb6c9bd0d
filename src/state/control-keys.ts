// What the keys of `springtide-control` mean: a person types them with kubectl in a hurry, so a slip stops too much rather than nothing.
import type { ControlFacts, SwitchWay } from '../model/snapshot.ts';
import { instantOf } from '../model/units.ts';
import { parseApprovals } from './approvals.ts';
import { switchWays, type ControlReading } from './control.ts';
import { parseProofs } from './removal-proofs.ts';

type Data = Readonly<Record<string, string>>;

const isWay = (key: string): key is SwitchWay => switchWays.some((way) => way === key);
const words = ['until', 'by', 'why', 'releasedAt'] as const;
const kept = ['removalProofs', 'approvals'] as const;
const isNamed = (key: string): boolean =>
  key === 'all' || isWay(key) || [...words, ...kept].some((name) => name === key);

const plain = (value: string): string =>
  value
    .trim()
    .replace(/^(["'])(.*)\1$/, '$2')
    .toLowerCase();
const isOff = (value: string): boolean => plain(value) === 'off';
const isOn = (value: string): boolean => ['on', ''].includes(plain(value));

/** Which ways somebody may have meant by a key. */
function meantBy(key: string): readonly SwitchWay[] {
  const name = key.toLowerCase();
  const ofTier = name.startsWith('pod')
    ? switchWays.filter((way) => way.startsWith('pods.'))
    : name.startsWith('node')
      ? switchWays.filter((way) => way.startsWith('nodes.'))
      : switchWays;
  return isWay(key) ? [key] : ofTier;
}

/** Keys that switch something, or were meant to. */
export const switches = (key: string, value: string): boolean =>
  key === 'all' || isWay(key) || words.some((name) => name === key) || (!isNamed(key) && isOff(value));

function offIn(data: Data, damage: string[]): readonly SwitchWay[] {
  const off = new Set<SwitchWay>();
  for (const [key, value] of Object.entries(data)) {
    if (key === 'all' || isWay(key)) {
      if (isOn(value)) continue;
      if (!isOff(value)) damage.push(`${key} is "${value.slice(0, 40)}", neither "off" nor "on": it counts as off`);
    } else if (isNamed(key)) continue;
    else if (!isOff(value)) continue;
    else damage.push(`${key} is no way of scaling: write ${switchWays.join(', ')} or all`);
    for (const way of key === 'all' ? switchWays : meantBy(key)) off.add(way);
  }
  return switchWays.filter((way) => off.has(way));
}

function instantIn(data: Data, key: 'until' | 'releasedAt', damage: string[]): string | null {
  const text = data[key]?.trim() ?? '';
  if (text === '') return null;
  // Without a zone it would mean another hour in every place.
  if (instantOf(text) !== null && /(?:z|[+-]\d{2}:?\d{2})$/i.test(text)) return text;
  const so = key === 'until' ? 'it is off until it is released' : 'no guard is released';
  damage.push(`${key} is "${text.slice(0, 40)}", no instant: write 2026-11-20T08:00:00Z; ${so}`);
  return null;
}

function listIn<Kept>(
  data: Data,
  key: (typeof kept)[number],
  read: (text: string) => readonly Kept[],
  damage: string[],
) {
  const text = data[key];
  if (text === undefined) return [];
  try {
    return read(text);
  } catch {
    damage.push(`${key} is not what springtide writes there`);
    return [];
  }
}

/** Never throws. Nothing of ours in it: nobody has ever switched anything. */
export function controlOf(data: Data): ControlReading {
  const damage: string[] = [];
  const off = offIn(data, damage);
  const until = instantIn(data, 'until', damage);
  const releasedAt = instantIn(data, 'releasedAt', damage);
  const removalProofs = listIn(data, 'removalProofs', parseProofs, damage);
  const approvals = listIn(data, 'approvals', parseApprovals, damage);
  const control: ControlFacts = {
    off,
    until,
    by: data['by'] ?? '',
    why: data['why'] ?? '',
    releasedAt,
    ...(removalProofs.length > 0 && { removalProofs }),
    ...(approvals.length > 0 && { approvals }),
  };
  const isUntouched = Object.entries(data).every(([key, value]) => !isNamed(key) && !switches(key, value));
  return { control: isUntouched ? null : control, damage: damage.length === 0 ? null : damage.join('; ') };
}

/** As kubectl shows it, and as a person would have typed it. */
export function controlData({ off, until, by, why, releasedAt }: ControlFacts): Data {
  const isAll = switchWays.every((way) => off.includes(way));
  return {
    ...(isAll ? { all: 'off' } : Object.fromEntries(off.map((way) => [way, 'off']))),
    ...(until !== null && { until }),
    ...(by !== '' && { by }),
    ...(why !== '' && { why }),
    ...(releasedAt !== null && { releasedAt }),
  };
}
