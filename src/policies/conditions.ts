// springtide's own conditions: what a tick found that somebody should be told, from the plan and the memory alone.
import type { Config } from '../model/config.ts';
import type { ConditionMemory, GroupMemory } from '../model/memory.ts';
import type { PlanAlert } from '../model/plan.ts';
import type { AlertName, Facts } from '../model/reason.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { fillText } from '../model/texts.ts';
import { minutes, rfc3339, type Instant } from '../model/units.ts';
import { aMinute, anEvent, atOnce, awaitingApproval, type Condition, type Found } from './condition.ts';
import { ofOrders } from './conditions-of-orders.ts';
import { ofPods } from './conditions-of-pods.ts';
import { ofShrinking } from './conditions-of-shrinking.ts';
import { ofSchedules } from './peaks.ts';
import { isChangeOfMind } from './nodes/change-of-mind.ts';
import type { UndescribedNodes } from './nodes/group-decision.ts';

/** A resolved alert is sent again for this long: whoever missed it the first time hears it. */
const resolvedFor = minutes(15);

/** A rotation of certificates or an upgrade takes its time. */
const foreignUpdateTold = minutes(30);

const quotaCodes = new Set(['QuotaExceeded']);

function ofGroup(decision: UndescribedNodes, memory: GroupMemory | undefined, now: Instant): readonly Condition[] {
  const group = decision.nodeGroup;
  const labels = { nodegroup: group };
  const { facts } = decision;
  const base: Facts = { group, current: decision.current ?? 0, desired: decision.desired ?? 0 };
  const conditions: Condition[] = [];
  const add = (name: AlertName, severity: Condition['severity'], more: Facts, lasts = atOnce): void => {
    conditions.push({ name, severity, labels, facts: { ...base, ...more }, after: atOnce, lasts });
  };
  if (decision.reason === 'PoolAtMaximum' || decision.reason === 'LimitReached')
    add('SpringtidePoolAtMaximum', 'page', {
      max: facts['max'] ?? '',
      count: facts['pods'] ?? 0,
      why: facts['limit'] ?? '',
    });
  // As long as nobody has looked: a group that stops giving back without a word is forgotten for months.
  if (memory?.removal === 'refuted')
    add('SpringtideWrongServerLeft', 'page', { what: memory.drainFailure?.message ?? '' });
  if (decision.asked !== undefined && decision.reason === 'AwaitingApproval')
    conditions.push(
      awaitingApproval(
        decision.asked,
        { ...labels, policy: decision.policy.name },
        {
          ...base,
          ...facts,
          target: group,
          policy: decision.policy.name,
          what: `${decision.current ?? 0} → ${decision.asked.to}${facts['node'] === '' ? '' : `: ${facts['node'] ?? ''}`}`,
        },
      ),
    );
  if (decision.reason === 'AnotherAutoscaler')
    add('SpringtideAnotherAutoscaler', 'warning', { by: facts['by'] ?? '', why: facts['by'] ?? '' });
  const failure = memory?.lastFailure ?? null;
  const backedOff = memory?.backOff !== null && memory?.backOff !== undefined && now < memory.backOff.until;
  if (decision.reason === 'QuotaExceeded')
    add('SpringtideQuotaExceeded', 'page', {
      what: facts['what'] ?? '',
      why: facts['limit'] ?? '',
      count: facts['pods'] ?? 0,
    });
  else if (failure !== null && backedOff && quotaCodes.has(failure.code))
    add('SpringtideQuotaExceeded', 'page', { what: 'Magnum was refused', why: failure.message, count: 0 });
  else if (failure !== null && backedOff && failure.code !== 'NeverReady')
    add('SpringtideResizeFailed', 'page', { why: `${failure.code}: ${failure.message}` });
  else if (memory?.removalFailure !== undefined && now - memory.removalFailure.at < anEvent)
    add('SpringtideResizeFailed', 'page', { why: `${memory.removalFailure.code}: ${memory.removalFailure.message}` });
  const others = facts['others'];
  if (others !== undefined)
    conditions.push({
      name: 'SpringtideUpdateByOthers',
      severity: 'warning',
      labels,
      facts: { ...base, what: others },
      after: foreignUpdateTold,
      lasts: atOnce,
    });
  if (decision.reason === 'SaturationUnknown')
    conditions.push({
      name: 'SpringtideSaturationUnknown',
      severity: 'warning',
      labels,
      facts: { ...base, what: facts['by'] ?? '', why: facts['what'] ?? '' },
      after: aMinute,
      lasts: atOnce,
    });
  const ordering = decision.action === 'grow' && decision.mode === 'act';
  if (ordering || decision.upcoming > 0)
    add('SpringtideNodesOrdered', 'info', {
      count: ordering ? Number(facts['count'] ?? 0) + decision.upcoming : decision.upcoming,
      current: (decision.current ?? 0) - decision.upcoming,
      why: decision.reason === 'AwaitingApproval' ? '' : (facts['by'] ?? ''),
    });
  const sent = memory?.sent ?? null;
  const returning = decision.action === 'shrink' && decision.mode === 'act' && decision.resize !== null;
  if (returning || (sent !== null && sent.remove.length > 0)) {
    const victims = decision.resize?.remove ?? sent?.remove ?? [];
    add(
      'SpringtideNodesReturned',
      'info',
      {
        count: victims.length,
        why: victims.map((one) => one.node).join(', '),
        ...(returning || sent === null ? {} : { current: sent.from, desired: sent.to }),
      },
      anEvent,
    );
  }
  for (const step of decision.drains)
    if (step.step === 'rollBack' && !isChangeOfMind(step.reason) && step.reason !== 'WrongServerLeft')
      conditions.push({
        name: 'SpringtideDrainFailed',
        severity: 'warning',
        labels: { ...labels, node: step.node },
        facts: { ...base, node: step.node, why: step.by === null ? step.reason : `${step.reason}: ${step.by}` },
        after: atOnce,
        lasts: anEvent,
      });
  return conditions;
}

function ofSources(snapshot: Snapshot): readonly Condition[] {
  // A cloud without Nova and a view of some namespaces only are ways to live; a PromQL that fails is told by its target.
  const chosen = new Set(['NotInCatalog', 'PartialView']);
  const failures = snapshot.errors.filter((error) => error.source !== 'prometheus' && !chosen.has(error.code));
  const sources = new Map<string, string[]>();
  for (const error of failures)
    sources.set(error.source, [...(sources.get(error.source) ?? []), `${error.what}: ${error.code} ${error.message}`]);
  return [...sources].map(([source, what]) => ({
    name: 'SpringtideCollectorFailed' as const,
    severity: 'page' as const,
    labels: { source },
    facts: { what: source, why: what.slice(0, 3).join('; ') },
    after: aMinute,
    lasts: atOnce,
  }));
}

function ofLoop(snapshot: Snapshot): readonly Condition[] {
  const { loop } = snapshot;
  if (loop === undefined) return [];
  const conditions: Condition[] = loop.refused.map(({ document, why }) => ({
    name: 'SpringtideConfigRefused',
    severity: 'warning',
    labels: { document },
    facts: { count: 1, what: document, why },
    after: atOnce,
    lasts: atOnce,
  }));
  const { auditTrouble } = loop;
  if (auditTrouble !== undefined)
    conditions.push({
      name: 'SpringtideAuditUnwritable',
      severity: 'page',
      labels: {},
      facts: { count: auditTrouble.lines, since: auditTrouble.since },
      after: atOnce,
      lasts: atOnce,
    });
  for (const { group, count, why } of loop.failingRules ?? [])
    conditions.push({
      name: 'SpringtideRuleFailing',
      severity: 'page',
      labels: { rulegroup: group },
      facts: { count, what: group, why },
      after: atOnce,
      lasts: atOnce,
    });
  for (const { group, alert, count } of loop.seriesLeftOut ?? [])
    conditions.push({
      name: 'SpringtideSeriesLeftOut',
      severity: 'warning',
      labels: { rulegroup: group, rule: alert },
      facts: { count, what: alert },
      after: aMinute,
      lasts: aMinute,
    });
  for (const { name, since, withinSeconds } of loop.missingWatchdogs ?? [])
    conditions.push({
      name: 'SpringtideWatchdogMissing',
      severity: 'page',
      labels: { watchdog: name },
      facts: { what: name, start: since, max: withinSeconds },
      after: atOnce,
      lasts: atOnce,
    });
  const { alertsLeftOut } = loop;
  if (alertsLeftOut !== undefined)
    conditions.push({
      name: 'SpringtideAlertsLeftOut',
      severity: 'page',
      labels: {},
      facts: { count: alertsLeftOut.count, max: alertsLeftOut.limit, what: alertsLeftOut.names.join(', ') },
      after: atOnce,
      lasts: atOnce,
    });
  const { alertsTooLarge } = loop;
  if (alertsTooLarge !== undefined)
    conditions.push({
      name: 'SpringtideAlertsTooLarge',
      severity: 'page',
      labels: {},
      facts: { count: alertsTooLarge.count, max: alertsTooLarge.limitMiB, what: alertsTooLarge.senders.join(', ') },
      after: atOnce,
      lasts: atOnce,
    });
  for (const { receiver, channel, count, since, why } of loop.tellingFails ?? [])
    conditions.push({
      name: 'SpringtideTellingFails',
      severity: 'page',
      labels: { receiver, channel },
      facts: { what: receiver, name: channel, count, start: since, why },
      after: atOnce,
      lasts: aMinute,
    });
  if (loop.stateTooNew !== undefined)
    conditions.push({
      name: 'SpringtideStateTooNew',
      severity: 'page',
      labels: {},
      facts: { why: loop.stateTooNew },
      after: atOnce,
      lasts: atOnce,
    });
  for (const { check, of, what, mend } of loop.failedChecks ?? [])
    conditions.push({
      name: 'SpringtideCheckFailed',
      severity: 'warning',
      labels: { check, ...(of !== '' && { of }) },
      facts: { name: check, what, why: mend },
      after: atOnce,
      lasts: atOnce,
    });
  if (loop.lostLeader !== undefined)
    conditions.push({
      name: 'SpringtideLeaderLost',
      severity: 'warning',
      labels: {},
      facts: { what: loop.lostLeader },
      after: atOnce,
      lasts: anEvent,
    });
  if (loop.latenessSeconds > loop.intervalSeconds)
    conditions.push({
      name: 'SpringtideTickLate',
      severity: 'warning',
      labels: {},
      facts: {
        why: `It began ${Math.round(loop.latenessSeconds)} s late; one is due every ${loop.intervalSeconds} s.`,
      },
      after: atOnce,
      lasts: anEvent,
    });
  return conditions;
}

const keyOf = (condition: Condition): string =>
  [condition.name, ...Object.entries(condition.labels).map(([name, value]) => `${name}=${value}`)].join(',');

export interface Told {
  readonly alerts: readonly PlanAlert[];
  readonly conditions: Readonly<Record<string, ConditionMemory>>;
}

/** Three sentences each. */
const conditionsAStep = 64;

/** Conditions of this tick against those remembered: what begins, what lasts, what has ended. */
export function* alertsOf(
  found: Found,
  before: Readonly<Record<string, ConditionMemory>>,
  config: Config,
  now: Instant,
): Generator<undefined, Told> {
  const active = [
    ...(yield* ofPods(found, now)),
    ...found.nodes.flatMap((decision) => ofGroup(decision, found.groups[decision.nodeGroup], now)),
    ...ofOrders(found, config, now),
    ...ofShrinking(found, config, now),
    ...ofSources(found.snapshot),
    ...ofLoop(found.snapshot),
    ...ofSchedules(found.peaks, config, now),
  ];
  const conditions: Record<string, ConditionMemory> = {};
  for (const [index, condition] of active.entries()) {
    if (index % conditionsAStep === 0) yield;
    const key = keyOf(condition);
    const known = before[key];
    const began = known === undefined || known.ended !== null ? now : known.since;
    const sentence = (part: string): string =>
      fillText(config.texts, `alert.${condition.name}.${part}`, {
        cluster: config.daemon.cluster,
        since: rfc3339(began),
        ...condition.facts,
      });
    conditions[key] = {
      since: began,
      lastSeen: now,
      fired: now - began >= condition.after,
      ended: null,
      lasts: condition.lasts,
      labels: {
        alertname: condition.name,
        severity: condition.severity,
        cluster: config.daemon.cluster,
        ...condition.labels,
      },
      annotations: { summary: sentence('summary'), description: sentence('description'), sms: sentence('sms') },
    };
  }
  const isChecked = found.snapshot.loop?.failedChecks !== undefined;
  for (const [key, known] of Object.entries(before)) {
    if (conditions[key] !== undefined) continue;
    // Whoever begins to lead does not know yet: it is not over because somebody else looks.
    const isOpen = !isChecked && known.labels['alertname'] === 'SpringtideCheckFailed';
    if (known.ended === null && (isOpen || now - known.lastSeen < known.lasts)) conditions[key] = known;
    else if (known.fired && now - (known.ended ?? now) <= resolvedFor)
      conditions[key] = { ...known, ended: known.ended ?? now };
  }
  const alerts = Object.values(conditions)
    .filter((condition) => condition.fired)
    .map((condition): PlanAlert => ({
      labels: condition.labels,
      annotations: condition.annotations,
      state: condition.ended === null ? 'firing' : 'resolved',
      since: rfc3339(condition.ended ?? condition.since),
    }));
  return { alerts, conditions };
}
