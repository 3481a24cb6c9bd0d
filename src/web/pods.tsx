// The first tier: what every target has, wants, and why.
import { useState } from 'preact/hooks';
import type { MetricReading } from '../model/plan.ts';
import type { PodRow } from '../model/report.ts';
import { Change, Range } from './change.tsx';
import { Prose } from './prose.tsx';
import { Search } from './search.tsx';
import { everything, fewRows, holderOf, soughtOf, standingOf } from './standing.ts';
import { TierTable, type RowProps, type TierProps } from './tier-table.tsx';
import { useWords } from './words.ts';

function Reading({ reading }: { reading: MetricReading }) {
  const { say, number } = useWords();
  const bad = reading.state !== 'ok';
  return (
    <li class={bad ? 'warn' : ''} title={reading.why ?? ''}>
      <span>{reading.name}</span> <b>{bad ? say(`page.metric.${reading.state}`) : number(reading.value)}</b>
      {reading.target === null ? null : (
        <span class="quiet"> {say('page.metric.target', { target: reading.target })}</span>
      )}
    </li>
  );
}

function Row({ row, chosen, onChoose }: RowProps<PodRow>) {
  const { say, explain, moment, number } = useWords();
  const { target } = row;
  const standing = standingOf(row);
  return (
    <tr role="row" class={`${row.action} is-${standing}${chosen ? ' chosen' : ''}`}>
      <th role="rowheader" scope="row">
        <button type="button" aria-pressed={chosen} onClick={() => onChoose(row.key)}>
          <span class="quiet">{target.namespace}/</span>
          {target.name}
        </button>
        <span class="quiet kind">
          {target.kind}
          {standing === 'steady' || standing === 'moving' ? null : (
            <span class={`chip is-${standing}`}>{say(`page.standing.${holderOf(row) ?? standing}`)}</span>
          )}
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
        <Prose text={explain(row.reason, row.facts, row.message)} />
        <span class="quiet code">
          {[...new Set([row.reason, ...row.limitedBy])].join(' · ')}
          {row.until === null ? null : ` · ${say('page.until', { time: moment(row.until) })}`}
        </span>
      </td>
    </tr>
  );
}

const rowsAtOnce = 20;

export function PodsTable({ rows, count, ...props }: TierProps<PodRow> & { readonly count: number }) {
  const { say, number } = useWords();
  const [sought, seek] = useState(everything);
  const [most, setMost] = useState(rowsAtOnce);
  const found = soughtOf(rows, sought);
  const left = found.rows.length - most;
  return (
    <TierTable
      tier="pods"
      columns={['target', 'replicas', 'metrics', 'why']}
      row={Row}
      rows={found.rows.slice(0, most)}
      none={rows.length === 0 ? 'page.pods.none' : 'page.search.none'}
      before={
        <>
          {rows.length <= fewRows && sought === everything ? null : (
            <Search
              sought={sought}
              counts={found.counts}
              onSeek={(next) => {
                seek(next);
                setMost(rowsAtOnce);
              }}
            />
          )}
          {count <= rows.length ? null : (
            <p class="quiet bounded">
              <Prose text={say('page.pods.bounded', { count: number(rows.length), of: number(count) })} />
            </p>
          )}
        </>
      }
      after={
        left <= 0 ? null : (
          <button type="button" class="more" onClick={() => setMost(most + rowsAtOnce)}>
            {say('page.more', { count: Math.min(left, rowsAtOnce) })}
          </button>
        )
      }
      {...props}
    />
  );
}
