// The first tier: what every target has, wants, and why.
import type { MetricReading } from '../model/plan.ts';
import type { PodRow } from '../model/report.ts';
import { Change, Range } from './change.tsx';
import { TierTable, type RowProps, type TierProps } from './tier-table.tsx';
import { useWords } from './words.ts';

function Reading({ reading }: { reading: MetricReading }) {
  const { say, number } = useWords();
  const bad = reading.state !== 'ok';
  return (
    <li class={bad ? 'warn' : ''} title={reading.why ?? ''}>
      <span>{reading.name}</span> <b>{bad ? say(`page.metric.${reading.state}`) : number(reading.value)}</b>
      <span class="quiet"> {say('page.metric.target', { target: reading.target })}</span>
    </li>
  );
}

function Row({ row, chosen, onChoose }: RowProps<PodRow>) {
  const { say, explain, clock, number } = useWords();
  const { target } = row;
  return (
    <tr role="row" class={`${row.action}${chosen ? ' chosen' : ''}`}>
      <th role="rowheader" scope="row">
        <button type="button" aria-pressed={chosen} onClick={() => onChoose(row.key)}>
          <span class="quiet">{target.namespace}/</span>
          {target.name}
        </button>
        <span class="quiet kind">
          {target.kind}
          {row.mode === 'act' ? null : <span class={`chip mode-${row.mode}`}>{say(`page.mode.${row.mode}`)}</span>}
        </span>
      </th>
      <td role="cell" class="numbers">
        <Change from={row.current} to={row.desired} />
        <Range min={row.min} max={row.max} current={row.current} desired={row.desired} />
        {row.ready === null || row.ready === row.current ? null : (
          <span class="quiet"> {say('page.ready', { ready: number(row.ready) })}</span>
        )}
      </td>
      <td role="cell">
        <ul class="readings">
          {row.metrics.map((reading) => (
            <Reading key={reading.name} reading={reading} />
          ))}
        </ul>
      </td>
      <td role="cell" class="why">
        {explain(row.reason, row.facts, row.message)}
        <span class="quiet code">
          {[...new Set([row.reason, ...row.limitedBy])].join(' · ')}
          {row.until === null ? null : ` · ${say('page.until', { time: clock(row.until) })}`}
        </span>
      </td>
    </tr>
  );
}

export const PodsTable = (props: TierProps<PodRow>) => (
  <TierTable tier="pods" columns={['target', 'replicas', 'metrics', 'why']} row={Row} {...props} />
);
