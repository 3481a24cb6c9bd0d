// The second tier: the VMs of every node group, for whom they are, and why some stay.
import type { PendingPods, Refusal } from '../model/plan.ts';
import type { KeptSummary, NodeRow } from '../model/report.ts';
import { Change, Range } from './change.tsx';
import { TierTable, type RowProps, type TierProps } from './tier-table.tsx';
import { useWords, type Words } from './words.ts';

/** Whose fault it is, where the sentence itself does not say so. */
const keptText = (why: string, by: string | null, say: Words['say']): string =>
  by === null || why.includes(by) ? why : say('page.kept.by', { why, by });

function Kept({ kept }: { kept: readonly KeptSummary[] }) {
  const { say, explain } = useWords();
  if (kept.length === 0) return <span class="quiet">–</span>;
  return (
    <ul class="readings">
      {kept.slice(0, 3).map(({ reason, nodes, by }) => (
        <li key={reason}>
          <b>{say('page.kept', { nodes })}</b> {keptText(explain(reason, { by: by ?? '' }, reason), by, say)}
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

function refusalText({ nodes, nodeGroup, rule, detail, reason }: Refusal, { say }: Words): string {
  const why = rule === 'group' ? `${reason ?? ''} ${detail}`.trim() : say(`page.rule.${rule}`, { detail }).trim();
  if (nodes !== null) return say('page.waits.nodes', { nodes, why });
  return say(rule === 'group' ? 'page.waits.noNode' : 'page.waits.group', { group: nodeGroup ?? '', why });
}

const refusalsShown = 6;

function Waiting({ pods }: { pods: PendingPods }) {
  const words = useWords();
  const { say, moment } = words;
  const { owner, preempts = [], ordered, why } = pods;
  const places = preempts.map(({ node, pods: coming, victims }) => {
    const names = victims.map(({ target, pods: leaving }) => `${target.namespace}/${target.name} (${leaving})`);
    return say('page.waits.preempts', { node, pods: coming, victims: names.join(', ') || '-' });
  });
  const coming = ordered.map(({ nodeGroup, nodes, expected, latest }) =>
    expected === null || latest === null
      ? say('page.waits.orderedUnknown', { group: nodeGroup, nodes })
      : say('page.waits.ordered', { group: nodeGroup, nodes, expected: moment(expected), latest: moment(latest) }),
  );
  const lines = [...places, ...coming, ...why.slice(0, refusalsShown).map((one) => refusalText(one, words))];
  return (
    <li>
      <b>
        {owner.namespace}/{owner.name}
      </b>{' '}
      {say('page.waits.pods', { pods: pods.pods, since: moment(pods.since) })}
      <ul class="readings">
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </li>
  );
}

interface WaitingProps {
  readonly waiting?: readonly PendingPods[] | undefined;
  readonly more?: number | undefined;
}

/** Why each pod waits: below the VMs, because that is what it waits for. */
function WaitingPods({ waiting = [], more = 0 }: WaitingProps) {
  const { say } = useWords();
  if (waiting.length === 0) return null;
  return (
    <>
      <h3>{say('page.waits')}</h3>
      <ul class="readings waiting-pods">
        {waiting.map((pods) => (
          <Waiting key={`${pods.owner.namespace}/${pods.owner.kind}/${pods.owner.name}`} pods={pods} />
        ))}
      </ul>
      {more === 0 ? null : <p class="quiet bounded">{say('page.waits.more', { count: more })}</p>}
    </>
  );
}

export const NodesTable = ({ waiting, more, ...props }: TierProps<NodeRow> & WaitingProps) => (
  <TierTable
    tier="nodes"
    columns={['group', 'vms', 'kept', 'why']}
    row={Row}
    none="page.nodes.none"
    after={<WaitingPods waiting={waiting} more={more} />}
    {...props}
  />
);
