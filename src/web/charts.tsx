// The charts of the chosen target and node group: load and what can bear it, replicas, VMs.
import { useMemo } from 'preact/hooks';
import type { History, View } from '../model/report.ts';
import { Chart, type Line } from './chart.tsx';
import { useWords } from './words.ts';

interface Props {
  readonly history: History | null;
  readonly target: string | null;
  readonly group: string | null;
  readonly view: View;
}

const none: readonly number[] = [];

export function Charts({ history, target, group, view }: Props) {
  const { say } = useWords();
  const pods = view.pods.find((row) => row.key === target);
  const ofTarget = history?.targets[target ?? ''];
  const ofGroup = history?.groups[group ?? ''];
  const name = pods === undefined ? '' : `${pods.target.namespace}/${pods.target.name}`;
  const metric = pods?.load?.metric ?? '';

  const load = useMemo(
    (): Line[] => [
      { name: say('page.chart.load'), look: 'line-a', values: ofTarget?.load ?? none, area: true },
      { name: say('page.chart.capacity'), look: 'line-b', values: ofTarget?.capacity ?? none, step: true },
    ],
    [ofTarget, say],
  );
  const replicas = useMemo(
    (): Line[] => [
      { name: say('page.chart.current'), look: 'line-a', values: ofTarget?.current ?? none, step: true, area: true },
      { name: say('page.chart.desired'), look: 'line-b', values: ofTarget?.desired ?? none, step: true },
      { name: say('page.chart.pending'), look: 'line-c', values: history?.pendingPods ?? none, step: true },
    ],
    [ofTarget, history, say],
  );
  const vms = useMemo(
    (): Line[] => [
      { name: say('page.chart.ready'), look: 'line-a', values: ofGroup?.ready ?? none, step: true, area: true },
      { name: say('page.chart.desired'), look: 'line-b', values: ofGroup?.desired ?? none, step: true },
    ],
    [ofGroup, say],
  );
  const times = history?.times ?? none;
  const loadKnown = ofTarget?.load.some((value) => value !== null) ?? false;
  return (
    <section class="card charts" id="charts" aria-label={say('page.charts')}>
      {loadKnown ? <Chart title={say('page.chart.load.title', { name, metric })} times={times} lines={load} /> : null}
      {ofTarget === undefined ? null : (
        <Chart title={say('page.chart.replicas.title', { name })} times={times} lines={replicas} />
      )}
      {ofGroup === undefined ? null : (
        <Chart title={say('page.chart.nodes.title', { group: group ?? '' })} times={times} lines={vms} />
      )}
    </section>
  );
}
