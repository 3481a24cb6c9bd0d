// The way back: PodPolicies as objects of other autoscalers, and what of each has no place there.
import type { Metric, PodPolicy } from '../model/config.ts';
import type { Facts } from '../model/reason.ts';
import type { TargetRef } from '../model/target.ts';
import { exportHpa } from './export-hpa.ts';
import { exportScaledObject } from './export-keda.ts';
import type { Effect } from './note.ts';
import type { SourceKind } from './convert.ts';

/** Each code with its one effect; the sentences are `cli.export.note.CODE` in config/messages.*.yaml. */
const exportEffects = {
  Carried: 'carried',

  BoundsAtOnce: 'changed',
  EmptyIsError: 'changed',
  FallbackRounded: 'changed',
  WrittenAsV2: 'changed',
  ZeroOfWindow: 'changed',

  AdapterNeeded: 'check',
  FeatureGate: 'check',
  OneAtATime: 'check',

  FieldLeft: 'left',
  MetricLeft: 'left',
  WindowLeft: 'left',
  ManyTargets: 'left',
  NothingDecides: 'left',
} as const satisfies Record<string, Effect>;
export type ExportCode = keyof typeof exportEffects;

export interface ExportNote {
  /** namespace/name; null: about all of them */
  readonly policy: string | null;
  readonly effect: Effect;
  readonly code: ExportCode;
  readonly facts: Facts;
}

export type Write = (code: ExportCode, facts?: Facts) => void;

export interface ExportOptions {
  /** the Prometheus that KEDA is to ask */
  readonly server: string;
  /** autoscaling/v1 where it has words for all of it */
  readonly v1: boolean;
}

export interface Exported {
  readonly objects: readonly object[];
  readonly notes: readonly ExportNote[];
}

/** What a policy says, with one target. */
export interface Exporting {
  readonly policy: PodPolicy;
  readonly target: TargetRef;
  readonly write: Write;
}

/** The query with the target's names filled in; null: it is one for many targets. */
export function queryOf(metric: Metric, { namespace, name }: TargetRef): string | null {
  if (metric.source.kind !== 'query') return null;
  const text = metric.source.question.single;
  return text === null ? null : text.replaceAll('{{namespace}}', namespace).replaceAll('{{name}}', name);
}

/** Of both kinds the same stays behind. */
function noteLeft({ spec }: PodPolicy, write: Write): void {
  if (spec.flapBudget !== undefined) write('FieldLeft', { field: 'flapBudget' });
  if (spec.mode.up !== spec.mode.down)
    write('FieldLeft', { field: `mode: {up: ${spec.mode.up}, down: ${spec.mode.down}}` });
  if (spec.advanced.cpuInitializationPeriod !== 300_000)
    write('FieldLeft', { field: 'advanced.cpuInitializationPeriod' });
  if (spec.advanced.initialReadinessDelay !== 30_000) write('FieldLeft', { field: 'advanced.initialReadinessDelay' });
  for (const { name, coverage, maxAge } of spec.metrics) {
    if (coverage !== null) write('FieldLeft', { field: `metrics.${name}.coverage` });
    if (maxAge !== 120_000) write('FieldLeft', { field: `metrics.${name}.maxAge` });
  }
  if (spec.behavior.scaleDown.bounds === 'gradual') write('BoundsAtOnce');
}

export function exportPolicies(policies: readonly PodPolicy[], to: SourceKind, options: ExportOptions): Exported {
  const objects: object[] = [];
  const notes: ExportNote[] = [];
  for (const policy of policies) {
    const name = `${policy.metadata.namespace}/${policy.metadata.name}`;
    const write: Write = (code, facts = {}) => {
      notes.push({ policy: name, effect: exportEffects[code], code, facts });
    };
    if (policy.aim.kind === 'many') {
      write('ManyTargets', { what: policy.aim.targetKind });
      continue;
    }
    const exporting: Exporting = { policy, target: policy.aim.target, write };
    const object = to === 'hpa' ? exportHpa(exporting, options) : exportScaledObject(exporting, options);
    if (object === null) {
      write('NothingDecides');
      continue;
    }
    noteLeft(policy, write);
    write('Carried', { what: `${policy.aim.target.kind} ${policy.aim.target.name}` });
    objects.push(object);
  }
  if (objects.length > 0) notes.push({ policy: null, effect: 'check', code: 'OneAtATime', facts: {} });
  return { objects, notes };
}
