// A plan for people: one line a decision, the steps below it where a number was changed on the way.
import type { NodeDecision, Plan, PodDecision } from '../model/plan.ts';
import type { ControlFacts } from '../model/snapshot.ts';
import { targetName } from '../model/target.ts';
import { fillText, type Texts } from '../model/texts.ts';
import { waitingLine } from './pending-text.ts';
import { switchText } from './switch.ts';

const signs = { scale: '~', grow: '+', shrink: '-', hold: '=', none: ' ', refused: '!' } as const;

function podLines(decision: PodDecision, texts: Texts): string[] {
  const { action, target, current, desired, message, mode, steps, metrics, until } = decision;
  const change = current === desired ? `${current ?? '?'}` : `${current ?? '?'} → ${desired ?? '?'}`;
  const limits = decision.limitedBy.filter((reason) => reason !== decision.reason);
  return [
    `${signs[action]} ${target.kind} ${targetName(target)}  ${change}  [${mode}] ${message}`,
    ...(steps.length > 1
      ? [`    ${steps.map((step) => `${step.step} ${step.from}→${step.to} (${step.by})`).join(', ')}`]
      : []),
    ...limits.map((reason) => `    ${fillText(texts, `reason.${reason}`, decision.facts)}`),
    ...metrics
      .filter((metric) => metric.state !== 'ok')
      .map((metric) => `    ${metric.name}: ${metric.state}: ${metric.why ?? ''}`),
    ...(until === null ? [] : [`    ${fillText(texts, 'cli.until', { until })}`]),
  ];
}

function nodeLines(decision: NodeDecision, texts: Texts): string[] {
  const { action, nodeGroup, current, desired, message, mode, kept, drains, facts } = decision;
  const change = current === desired ? `${current ?? '?'}` : `${current ?? '?'} → ${desired ?? '?'}`;
  return [
    `${signs[action]} ${fillText(texts, 'cli.nodeGroup')} ${nodeGroup}  ${change}  [${mode}] ${message}`,
    ...drains.map((step) => `    ${step.step} ${step.node}`),
    ...kept.map((node) => {
      const why = fillText(texts, `reason.${node.reason}`, { ...facts, by: node.by ?? '', node: node.node });
      const until = node.until === null ? '' : ` (${fillText(texts, 'cli.until', { until: node.until })})`;
      return `    ${node.node}: ${why}${until}`;
    }),
  ];
}

/** `control`: the switch that holds something; null: nothing is off. */
export function planText(plan: Plan, texts: Texts, control: ControlFacts | null): string {
  const lines = [
    fillText(texts, 'cli.plan', { time: plan.time, hash: plan.configHash }),
    ...(control === null ? [] : [`! ${switchText(control, texts)}`]),
    ...plan.pods.flatMap((decision) => podLines(decision, texts)),
    ...plan.nodes.flatMap((decision) => nodeLines(decision, texts)),
    ...(plan.pending ?? []).map((one) => waitingLine(one, texts)),
    ...(plan.pendingLeftOut === undefined ? [] : [fillText(texts, 'cli.waiting.more', { count: plan.pendingLeftOut })]),
    ...plan.alerts.map(
      (alert) => `! ${alert.annotations['summary'] ?? alert.labels['alertname'] ?? ''} [${alert.state}]`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}
