// What a stream of recordings assumes about plans whose outcomes it does not state: that they succeeded.
import type { Outcome } from '../model/outcome.ts';
import type { Plan } from '../model/plan.ts';
import { rfc3339, type Instant } from '../model/units.ts';

export function assumedOutcomes(plan: Plan, now: Instant): readonly Outcome[] {
  const at = rfc3339(now);
  const statusIn = (mode: string) => (mode === 'act' ? ('succeeded' as const) : ('dryRun' as const));
  const scales = plan.pods.flatMap((decision): Outcome[] =>
    decision.action !== 'scale' || decision.mode === 'off'
      ? []
      : [
          {
            kind: 'scale',
            at,
            status: statusIn(decision.mode),
            target: decision.target,
            from: decision.current ?? 0,
            to: decision.desired ?? 0,
          },
        ],
  );
  const resizes = plan.nodes.flatMap((decision): Outcome[] =>
    decision.resize === null || decision.mode === 'off'
      ? []
      : [
          {
            kind: 'resize',
            at,
            status: statusIn(decision.mode),
            nodeGroup: decision.nodeGroup,
            from: decision.current ?? 0,
            to: decision.resize.to,
            remove: decision.resize.remove,
          },
        ],
  );
  return [...scales, ...resizes];
}
