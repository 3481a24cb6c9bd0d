// The second tier: the VMs of every node group, for whom they are, and why some stay.
import type { KeptSummary, NodeRow } from '../model/report.ts';
import { Change, Range } from './change.tsx';
import { useWords } from './words.ts';

function Kept({ kept }: { kept: readonly KeptSummary[] }) {
  const { say, explain } = useWords();
  if (kept.length === 0) return <span class="quiet">–</span>;
  return (
    <ul class="readings">
      {kept.slice(0, 3).map(({ reason, nodes, by }) => (
        <li key={reason}>
          <b>{say('page.kept', { nodes })}</b> {explain(reason, by === null ? {} : { by }, reason)}
        </li>
      ))}
    </ul>
  );
}

function Row({ row, chosen, onChoose }: { row: NodeRow; chosen: boolean; onChoose: (key: string) => void }) {
  const { say, explain, clock, number } = useWords();
  const notes = [
    ...(row.upcoming > 0 ? [say('page.upcoming', { count: row.upcoming })] : []),
    ...(row.draining.length > 0 ? [say('page.draining', { nodes: row.draining.join(', ') })] : []),
    ...(row.ready === null || row.ready === row.current ? [] : [say('page.ready', { ready: number(row.ready) })]),
  ];
  return (
    <tr role="row" class={`${row.action}${chosen ? ' chosen' : ''}`}>
      <th role="rowheader" scope="row">
        <button type="button" aria-pressed={chosen} onClick={() => onChoose(row.key)}>
          {row.group}
        </button>
        <span class="quiet kind">
          {say('page.policy', { policy: row.policy })}
          {row.mode === 'act' ? null : <span class={`chip mode-${row.mode}`}>{say(`page.mode.${row.mode}`)}</span>}
        </span>
      </th>
      <td role="cell" class="numbers">
        <Change from={row.current} to={row.desired} />
        <Range min={row.min} max={row.max} current={row.current} desired={row.desired} />
        {notes.length === 0 ? null : <span class="quiet"> {notes.join(' · ')}</span>}
      </td>
      <td role="cell">
        <Kept kept={row.kept} />
      </td>
      <td role="cell" class="why">
        {explain(row.reason, row.facts, row.message)}
        <span class="quiet code">
          {row.reason}
          {row.until === null ? null : ` · ${say('page.until', { time: clock(row.until) })}`}
        </span>
      </td>
    </tr>
  );
}

interface Props {
  readonly rows: readonly NodeRow[];
  readonly chosen: string | null;
  readonly onChoose: (key: string) => void;
}

export function NodesTable({ rows, chosen, onChoose }: Props) {
  const { say } = useWords();
  return (
    <section class="card" id="nodes" aria-labelledby="nodes-title">
      <h2 id="nodes-title">{say('page.nodes')}</h2>
      {rows.length === 0 ? <p class="quiet">{say('page.nodes.none')}</p> : null}
      <table role="table" hidden={rows.length === 0}>
        <thead role="rowgroup">
          <tr role="row">
            {['group', 'vms', 'kept', 'why'].map((name) => (
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
