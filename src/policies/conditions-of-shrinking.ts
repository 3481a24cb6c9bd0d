// What of the way down somebody should be told: nodes that stay unready, drains that nobody may go on with, and the guard over nodes.
import type { Config } from '../model/config.ts';
import { drainOf } from '../model/drain-record-on.ts';
import { minutes, rfc3339, type Instant } from '../model/units.ts';
import { aMinute, anEvent, atOnce, type Condition, type Found } from './condition.ts';
import { unreadySince } from './nodes/candidates.ts';
import { shrinkRules } from './nodes/shrink-rules.ts';

const minuteLength = 60_000;
const useTold = minutes(10);

function ofUnready(found: Found, config: Config, now: Instant): readonly Condition[] {
  const since = new Map<string, Instant>();
  for (const node of found.snapshot.kubernetes.nodes ?? []) {
    const at = unreadySince(node, now);
    if (at !== null && drainOf(node) === null) since.set(node.metadata.name, at);
  }
  if (since.size === 0) return [];
  return found.nodes.flatMap(({ nodeGroup: group, policy, kept }): readonly Condition[] => {
    const document = config.nodePolicies.find(({ metadata }) => metadata.name === policy.name);
    const rules = document?.spec.nodeGroups.find(({ name }) => name === group);
    if (document === undefined || rules === undefined) return [];
    const { after, action } = shrinkRules({ document, policy: rules }).unready;
    const late = kept.flatMap(({ node, reason, by }) => {
      const at = since.get(node);
      return at !== undefined && now - at >= after ? [{ node, at, reason, by }] : [];
    });
    if (late.length === 0) return [];
    const why = late.map(({ node, at, reason, by }) => {
      const held = action === 'alert' || reason === 'NotReady' ? '' : `, ${reason}${by === null ? '' : ` ${by}`}`;
      return `${node}: ${rfc3339(at)}${held}`;
    });
    const facts = {
      group,
      count: late.length,
      node: late.map(({ node }) => node).join(', '),
      what: `${Math.round(after / minuteLength)} min`,
      why: why.join('; '),
    };
    return [
      {
        name: 'SpringtideNodesUnready',
        severity: 'warning',
        labels: { nodegroup: group },
        facts,
        after: atOnce,
        lasts: atOnce,
      },
    ];
  });
}

/** A mode that writes nothing takes no cordon back either: somebody has to know of those that are left. */
function ofAbandoned({ snapshot }: Found, { daemon: { mode } }: Config): readonly Condition[] {
  if (mode === 'act' || mode === 'confirm') return [];
  const byGroup = new Map<string, string[]>();
  for (const node of snapshot.kubernetes.nodes ?? []) {
    const record = drainOf(node);
    if (record === null || record.step !== 'draining' || record.request !== undefined) continue;
    byGroup.set(record.nodeGroup, [...(byGroup.get(record.nodeGroup) ?? []), node.metadata.name]);
  }
  return [...byGroup].map(([group, nodes]) => ({
    name: 'SpringtideDrainsAbandoned',
    severity: 'warning',
    labels: { nodegroup: group },
    facts: { group, count: nodes.length, node: nodes.join(', '), why: `mode: ${mode}` },
    after: aMinute,
    lasts: atOnce,
  }));
}

/** That nobody could mark them is known from the memory only: no step of the plan stands for it any more. */
const ofUnmarked = ({ groups }: Found, now: Instant): readonly Condition[] =>
  Object.entries(groups).flatMap(([group, { failedDrains = {} }]) =>
    Object.entries(failedDrains).flatMap(([node, { step, at, code, message }]): readonly Condition[] =>
      step !== 'begin' || now - at >= anEvent
        ? []
        : [
            {
              name: 'SpringtideDrainFailed',
              severity: 'warning',
              labels: { nodegroup: group, node },
              facts: { group, node, why: `${code}: ${message}` },
              after: atOnce,
              lasts: atOnce,
            },
          ],
    ),
  );

/** Nodes that may leave and do not, because nobody knows what they use. One that has just come has told nothing yet. */
const ofUnknownUse = ({ nodes }: Found): readonly Condition[] =>
  nodes.flatMap(({ nodeGroup: group, kept }): readonly Condition[] => {
    const unknown = kept.filter(({ reason }) => reason === 'UsageUnknown');
    const [first] = unknown;
    if (first === undefined) return [];
    const facts = { group, count: unknown.length, node: first.node, why: first.by ?? '' };
    return [
      {
        name: 'SpringtideUsageUnknown',
        severity: 'warning',
        labels: { nodegroup: group },
        facts,
        after: useTold,
        lasts: atOnce,
      },
    ];
  });

function ofNodeGuard({ nodeGuard }: Found): readonly Condition[] {
  const tripped = nodeGuard?.tripped ?? null;
  if (tripped === null) return [];
  const { guard, count, of, allowed } = tripped;
  const what = guard === 'nodesRemoved' ? `${allowed} %` : `${allowed}`;
  const facts = { guard, count, of, what };
  return [{ name: 'SpringtideGuardTripped', severity: 'page', labels: { guard }, facts, after: atOnce, lasts: atOnce }];
}

export const ofShrinking = (found: Found, config: Config, now: Instant): readonly Condition[] => [
  ...ofUnready(found, config, now),
  ...ofAbandoned(found, config),
  ...ofUnmarked(found, now),
  ...ofUnknownUse(found),
  ...ofNodeGuard(found),
];
