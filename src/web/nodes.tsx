// The second tier: the VMs of every node group, for whom they are, and why some stay.
import type { KeptSummary, NodeRow } from '../model/report.ts';
import { Change, Range } from './change.tsx';
import { TierTable, type RowProps, type TierProps } from './tier-table.tsx';
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

function Row({ row, chosen, onChoose }: RowProps<NodeRow>) {
  const { say, explain, moment, number } = useWords();
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
          {row.until === null ? null : ` · ${say('page.until', { time: moment(row.until) })}`}
        </span>
      </td>
    </tr>
  );
}

export const NodesTable = (props: TierProps<NodeRow>) => (
  <TierTable tier="nodes" columns={['group', 'vms', 'kept', 'why']} row={Row} none="page.nodes.none" {...props} />
);
