// The first tier: what every target has, wants, and why.
import type { MetricReading } from '../model/plan.ts';
import type { PodRow } from '../model/report.ts';
import { Change, Range } from './change.tsx';
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

function Row({ row, chosen, onChoose }: { row: PodRow; chosen: boolean; onChoose: (key: string) => void }) {
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
          {[row.reason, ...row.limitedBy].join(' · ')}
          {row.until === null ? null : ` · ${say('page.until', { time: clock(row.until) })}`}
        </span>
      </td>
    </tr>
  );
}

interface Props {
  readonly rows: readonly PodRow[];
  readonly chosen: string | null;
  readonly onChoose: (key: string) => void;
}

export function PodsTable({ rows, chosen, onChoose }: Props) {
  const { say } = useWords();
  return (
    <section class="card" id="pods" aria-labelledby="pods-title">
      <h2 id="pods-title">{say('page.pods')}</h2>
      {rows.length === 0 ? <p class="quiet">{say('page.pods.none')}</p> : null}
      <table role="table" hidden={rows.length === 0}>
        <thead role="rowgroup">
          <tr role="row">
            {['target', 'replicas', 'metrics', 'why'].map((name) => (
              <th key={name} role="columnheader" scope="col">
                {say(`page.column.${name}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <Row key={row.key} row={row} chosen={row.key === chosen} onChoose={onChoose} />
          ))}
        </tbody>
      </table>
    </section>
  );
}
